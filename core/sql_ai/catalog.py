"""The catalogue of AI functions: one table drives calls, help, completion, documentation and tests."""

from dataclasses import dataclass
from functools import cache
from typing import Literal

OnError = Literal["null", "raise", "own", "redact"]
Family = Literal["AI function", "legacy", "helper", "vector", "first example", "not emulated"]
FAMILY_NOTES: dict[Family, str] = {
    "legacy": (
        "Snowflake is retiring these functions for the AI_ ones. Once its change bundle 2026_08 is enabled, they "
        "fail in accounts that used none of them between 9 July and 6 October 2026, and nothing redirects the call: "
        "write new SQL with the AI_ names. "
        "Source: <https://docs.snowflake.com/en/release-notes/bcr-bundles/2026_08/bcr-2432>"
    )
}
"""What holds for all functions of a family, as Markdown."""


@dataclass(frozen=True)
class Parameter:
    """A parameter: ``accepts`` names what may stand there, which decides where a positional argument goes."""

    name: str
    accepts: str  # words of: text object array number boolean vector any
    required: bool = False
    meaning: str = ""


@dataclass(frozen=True)
class FunctionSpec:
    """Everything that is known about one function.

    ``on_error`` says what a failing row becomes: NULL, a failing query, a field of the answer ("own"), or
    AI_REDACT's rule (a failing query unless the session parameter says otherwise). ``provider`` is the key
    under which the model behind it is found and replaced in tests.
    """

    name: str
    family: Family
    summary: str
    signatures: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    returns: str
    null_rule: str
    errors: str
    on_error: OnError
    model: str
    example: str
    url: str
    databricks: str = "-"
    bigquery: str = "-"
    aliases: tuple[str, ...] = ()
    provider: str = ""
    aggregate: bool = False
    strict_placeholders: bool = False  # rejects NULL for a skipped optional argument

    @property
    def sql_name(self) -> str:
        """The name as SQL writes it."""
        return self.name.replace("CORTEX.", "SNOWFLAKE.CORTEX.")

    @property
    def uses_model(self) -> bool:
        """Whether a call can send something to a model."""
        return bool(self.provider)


@cache
def all_functions() -> tuple[FunctionSpec, ...]:
    """Every function of the catalogue, in the order of the help panel."""
    from core.sql_ai.catalog_data import FUNCTIONS

    return FUNCTIONS


@cache
def _index() -> dict[str, FunctionSpec]:
    index: dict[str, FunctionSpec] = {}
    for spec in all_functions():
        for name in (spec.name, *spec.aliases):
            index[name] = spec
    return index


def find(name: str) -> FunctionSpec | None:
    """The function called ``name`` (upper case; legacy ones ``CORTEX.NAME``), or None."""
    return _index().get(name)


def names() -> list[str]:
    """Every name, aliases included."""
    return list(_index())


def is_ai_call(name: str) -> bool:
    """Whether a call of that bare name may ask a model."""
    upper = name.upper()
    for candidate in (upper, f"CORTEX.{upper}"):
        spec = find(candidate)
        if spec is not None and spec.uses_model:
            return True
    return False


def is_aggregate(name: str) -> bool:
    """Whether ``name`` is an AI aggregate."""
    spec = find(name.upper())
    return spec is not None and spec.aggregate
