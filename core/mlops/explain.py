"""Why one record got its score, and what would change it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from core.errors import BadInput
from core.mlops.preprocessing import source_columns
from core.mlops.schema import InputColumn, InputSchema
from core.mlops.training import positive_probability

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

_ROUNDS = 64  # orders in which columns are revealed, each with a reference record of its own
_CURVE_POINTS = 25


@dataclass(frozen=True)
class Contribution:
    """How much one column moves this record's log-odds away from the average record's."""

    column: str
    value: float | str | None
    log_odds: float


@dataclass(frozen=True)
class Explanation:
    """``base + sum of contributions = log-odds of the probability``, exactly; largest effect first."""

    method: Literal["exact linear", "interventional Shapley"]
    probability: float
    base: float
    contributions: tuple[Contribution, ...]

    @property
    def base_probability(self) -> float:
        """The probability that belongs to the base."""
        import math

        return 1 / (1 + math.exp(-self.base))


@dataclass(frozen=True)
class WhatIf:
    """The probability of a record as one column takes other values."""

    column: str
    values: tuple[float | str, ...]
    probabilities: tuple[float, ...]
    actual: float | str | None


def explain(
    model: Any, record: "pd.DataFrame", reference: "pd.DataFrame", *, rounds: int = _ROUNDS, seed: int = 0
) -> Explanation:
    """Contributions of the columns to one record's score, against reference records (the training rows).

    For a logistic regression they are coefficient x (value - mean), summed over the indicators or curve
    pieces of a column: exact. Otherwise columns are switched from a drawn reference record to this one in
    random order (Strumbelj and Kononenko 2014; the interventional Shapley value, sampled).
    """
    if len(record) != 1:
        raise BadInput(f"{len(record)} records were given", "An explanation is for exactly one.")
    if _is_linear(model):
        return _linear(model, record, reference)
    return _shapley(model, record, reference, rounds, seed)


def what_if(model: Any, record: "pd.DataFrame", schema: InputSchema, column: str) -> WhatIf:
    """How the probability moves when one column takes each of its values and all others stay."""
    import pandas as pd

    values = _values(schema.column(column))
    varied = pd.concat([record] * len(values), ignore_index=True)
    varied[column] = values
    actual = record[column].iloc[0]
    return WhatIf(column, tuple(values), tuple(positive_probability(model, varied).tolist()), _plain(actual))


def _is_linear(model: Any) -> bool:
    from sklearn.linear_model import LogisticRegression

    steps = getattr(model, "named_steps", {})
    return "prepare" in steps and isinstance(steps.get("classify"), LogisticRegression)


def _linear(model: Any, record: "pd.DataFrame", reference: "pd.DataFrame") -> Explanation:
    prepare, classify = model.named_steps["prepare"], model.named_steps["classify"]
    mean = prepare.transform(reference).mean(axis=0)
    effects = classify.coef_[0] * (prepare.transform(record)[0] - mean)
    summed: dict[str, float] = dict.fromkeys(map(str, record.columns), 0.0)
    for source, effect in zip(source_columns(prepare), effects, strict=True):
        summed[source] += float(effect)
    base = float(classify.intercept_[0] + classify.coef_[0] @ mean)
    return _explanation("exact linear", model, record, base, summed)


def _shapley(
    model: Any, record: "pd.DataFrame", reference: "pd.DataFrame", rounds: int, seed: int
) -> Explanation:
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(seed)
    width = len(record.columns)
    drawn = reference.iloc[rng.integers(0, len(reference), rounds)].reset_index(drop=True)
    orders = np.array([rng.permutation(width) for _ in range(rounds)])
    rank = np.argsort(orders, axis=1)  # when a column is switched, per round
    steps = np.arange(width + 1)
    switched = rank[:, None, :] < steps[None, :, None]  # rounds x steps x columns
    columns = {}
    for index, name in enumerate(record.columns):
        own, others = record[name].iloc[0], drawn[name].to_numpy()
        columns[name] = np.where(switched[:, :, index], own, others[:, None]).reshape(-1)
    mixed = pd.DataFrame(columns).astype(record.dtypes.to_dict())
    scores = _log_odds(positive_probability(model, mixed)).reshape(rounds, width + 1)
    moves = np.diff(scores, axis=1)
    effects = np.zeros(width)
    np.add.at(effects, orders, moves)
    summed = {str(name): float(value / rounds) for name, value in zip(record.columns, effects, strict=True)}
    return _explanation("interventional Shapley", model, record, float(scores[:, 0].mean()), summed)


def _explanation(
    method: Literal["exact linear", "interventional Shapley"],
    model: Any,
    record: "pd.DataFrame",
    base: float,
    summed: dict[str, float],
) -> Explanation:
    parts = [Contribution(name, _plain(record[name].iloc[0]), effect) for name, effect in summed.items()]
    parts.sort(key=lambda part: -abs(part.log_odds))
    return Explanation(method, float(positive_probability(model, record)[0]), base, tuple(parts))


def _log_odds(p: "np.ndarray") -> "np.ndarray":
    import numpy as np

    safe = np.clip(p, 1e-9, 1 - 1e-9)
    return np.log(safe / (1 - safe))


def _values(column: InputColumn) -> list[float] | list[str]:
    import numpy as np

    if column.kind == "category":
        return list(column.categories)
    low, high = column.low or 0.0, column.high or 0.0
    if column.boolean:
        return [low, high]
    grid = np.linspace(low, high, _CURVE_POINTS)
    return sorted({float(round(v)) for v in grid}) if column.integer else grid.tolist()


def _plain(value: Any) -> float | str | None:
    if isinstance(value, str):
        return value
    return None if value is None or value != value else float(value)
