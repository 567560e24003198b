"""Behavioural tests of a model: what must not matter, what must lower the risk, what must be seen as risky.

The three kinds follow Ribeiro et al., "Beyond Accuracy" (ACL 2020): invariance, directional expectation,
minimum functionality.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.config_mlops import BehaviourRule
from core.mlops.schema import InputSchema
from core.mlops.training import positive_probability

if TYPE_CHECKING:
    import pandas as pd

_ROWS = 200


@dataclass(frozen=True)
class BehaviourResult:
    """One expectation with what the model did."""

    name: str
    passed: bool
    value: float
    why: str


def check_behaviour(
    model: Any, frame: "pd.DataFrame", schema: InputSchema, rules: tuple[BehaviourRule, ...]
) -> list[BehaviourResult]:
    """Results of the general tests and of every rule whose columns and values the model knows."""
    sample = frame.iloc[:_ROWS].reset_index(drop=True)
    results = [_batch_invariance(model, sample), _unknown_category(model, sample, schema)]
    return results + [_apply(rule, model, sample, schema) for rule in rules if _fits(rule, schema)]


def _batch_invariance(model: Any, sample: "pd.DataFrame") -> BehaviourResult:
    import numpy as np

    together = positive_probability(model, sample)
    backwards = positive_probability(model, sample.iloc[::-1])[::-1]
    alone = positive_probability(model, sample.iloc[[0]])[0]
    worst = float(max(np.abs(together - backwards).max(), abs(alone - together[0])))
    return BehaviourResult(
        "neither the order of rows nor the rows beside them matter",
        worst < 1e-9,
        worst,
        f"probabilities differ by {worst:.1e}" if worst else "the same probabilities, to the last digit",
    )


def _unknown_category(model: Any, sample: "pd.DataFrame", schema: InputSchema) -> BehaviourResult:
    import numpy as np

    strange = sample.copy()
    for column in schema.columns:
        if column.kind == "category":
            strange[column.name] = "a value never seen"
        else:
            strange[column.name] = np.nan
    p = positive_probability(model, strange)
    sound = bool(np.isfinite(p).all() and ((p >= 0) & (p <= 1)).all())
    return BehaviourResult(
        "unknown categories and blanks cause no error",
        sound,
        float(p[0]),
        f"answers {p[0]:.3f} for an unknown record",
    )


def _fits(rule: BehaviourRule, schema: InputSchema) -> bool:
    columns = {column.name: column for column in schema.columns}
    for name, value in {**rule.base, **rule.changes}.items():
        column = columns.get(name)
        if column is None or (column.kind == "category" and value not in column.categories):
            return False
    return True


def _apply(rule: BehaviourRule, model: Any, sample: "pd.DataFrame", schema: InputSchema) -> BehaviourResult:
    import numpy as np

    before = positive_probability(model, _with(sample, rule.base, schema))
    after = positive_probability(model, _with(sample, {**rule.base, **rule.changes}, schema))
    changed = ", ".join(f"{name} = {value}" for name, value in rule.changes.items())
    if rule.kind == "minimum":
        mean = float(after.mean())
        return BehaviourResult(
            f"{changed} is risky", mean >= rule.above, mean, f"mean {mean:.3f}, at least {rule.above}"
        )
    move = float((after - before).mean())
    if rule.kind == "invariance":
        size = float(np.abs(after - before).mean())
        why = f"mean move {size:.3f}, at most {rule.tolerance}"
        return BehaviourResult(f"{changed} matters little", size <= rule.tolerance, size, why)
    right = move <= rule.tolerance if rule.effect == "lower" else move >= -rule.tolerance
    return BehaviourResult(f"{changed} makes the score {rule.effect}", right, move, f"mean move {move:+.3f}")


def _with(sample: "pd.DataFrame", values: dict[str, str], schema: InputSchema) -> "pd.DataFrame":
    changed = sample.copy()
    for name, value in values.items():
        changed[name] = value if schema.column(name).kind == "category" else float(value)
    return changed
