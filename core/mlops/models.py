"""Reading stored models back: facts first, then checks, and only then the pickle-free file itself."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import StoreError
from core.lean import import_skops
from core.mlops.schema import InputSchema
from core.mlops.trust import TRUSTED_TYPES, require_trusted
from core.mlops.versions import VersionCheck, check

if TYPE_CHECKING:
    import pandas as pd

_FILE = "model.skops"


@dataclass(frozen=True)
class ModelFacts:
    """What an MLmodel file says, read without loading the model."""

    model_id: str
    run_id: str
    sklearn_version: str
    python_version: str
    trusted_types: tuple[str, ...]
    serialization_format: str
    signature: dict[str, Any]
    schema: InputSchema  # the model's inputs and answers
    metadata: dict[str, Any]

    def check_versions(self) -> VersionCheck:
        """Whether this process may use the model."""
        return check(self.sklearn_version, self.python_version)


def read_facts(folder: Path) -> ModelFacts:
    """The facts in a model folder; raises StoreError when the file is missing or no MLmodel."""
    import yaml

    path = folder / "MLmodel"
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        flavor = content["flavors"]["sklearn"]
        return ModelFacts(
            model_id=str(content.get("model_id", "")),
            run_id=str(content.get("run_id", "")),
            sklearn_version=str(flavor["sklearn_version"]),
            python_version=str(content["flavors"]["python_function"]["python_version"]),
            trusted_types=tuple(flavor.get("skops_trusted_types") or ()),
            serialization_format=str(flavor["serialization_format"]),
            signature=dict(content.get("signature") or {}),
            schema=InputSchema.from_dict(content["metadata"]["input_schema"]),
            metadata=dict(content.get("metadata") or {}),
        )
    except (OSError, yaml.YAMLError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise StoreError(
            f"The model description {path.parent.name}/MLmodel cannot be read ({type(error).__name__})",
            "The model was not loaded. Register a complete run, or roll back to another version.",
        ) from None


def load_pipeline(folder: Path, facts: ModelFacts) -> Any:
    """The fitted pipeline, after the format, the allow-list and the versions have been checked.

    Raises StoreError and loads nothing when a check fails; skops is given our list, not the file's.
    """
    if facts.serialization_format != "skops":
        raise StoreError(
            f"The model is stored as '{facts.serialization_format}', which can run code when it is loaded",
            "Only skops files are loaded. Train the model again here.",
        )
    require_trusted(facts.trusted_types, "The model description")
    verdict = facts.check_versions()
    if not verdict.usable:
        raise StoreError(
            "The model does not fit this process: " + "; ".join(verdict.reasons), "Train it again."
        )
    return _load_file(folder / _FILE)


def read_example(folder: Path, schema: InputSchema) -> "pd.DataFrame":
    """The input example stored with a model, in the model's shape."""
    import json

    from core.mlops.schema import conform

    try:
        records = json.loads((folder / "input_example.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise StoreError("The model's input example cannot be read", type(error).__name__) from None
    return conform(records, schema).frame


def _load_file(path: Path) -> Any:
    import warnings

    from sklearn.exceptions import InconsistentVersionWarning

    skops = import_skops()
    if not path.is_file():
        raise StoreError(f"The model file {path.name} is gone", "Roll back to another version.")
    try:
        require_trusted(skops.get_untrusted_types(file=path), "The model file")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", InconsistentVersionWarning)  # versions were judged before
            return skops.load(path, trusted=list(TRUSTED_TYPES))
    except StoreError:
        raise
    except Exception as error:
        raise StoreError(
            f"The model file {path.name} is damaged ({type(error).__name__})", "Roll back to another version."
        ) from error
