"""Has the data moved away from what the model was trained on? One report over all columns.

Two signals stand side by side for every column: the population stability index (how much) and a test
whose p-value is corrected for the number of columns (whether chance explains it). The correction is a
weighted Bonferroni: important columns receive a larger part of the allowed false-alarm rate, so the report
as a whole keeps that rate and yet sees shifts sooner where they hurt.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from core.config_serving import DriftSettings
from core.errors import BadInput
from core.mlops import drift_measures as measures
from core.mlops.drift_quality import QualityIssue, check_quality
from core.mlops.drift_samples import Kind, Sample, as_sample, column_kind, unusable

if TYPE_CHECKING:
    import pandas as pd

PREDICTION = "prediction"  # the name under which prediction drift is reported
_EVEN_PART = 0.5  # part of the error budget that is spread evenly; the rest follows importance

Status = Literal["stable", "watch", "warn", "alert", "unknown"]
Verdict = Literal["not_enough_data", "stable", "warning", "drift"]
Confidence = Literal["none", "preliminary", "full"]


@dataclass(frozen=True)
class ColumnDrift:
    """How far one column has moved; distances are None where they do not apply."""

    name: str
    kind: Kind
    status: Status
    psi: float | None
    jensen_shannon: float | None
    wasserstein: float | None
    test: Literal["Kolmogorov-Smirnov", "chi-squared", "none"]
    statistic: float | None
    p_value: float | None
    p_adjusted: float | None
    significant: bool
    importance: float
    why: str
    cells: tuple[str, ...]
    reference_shares: tuple[float, ...]
    current_shares: tuple[float, ...]

    @property
    def drifted(self) -> bool:
        """True when chance does not explain the shift, or when it is an alert by size."""
        return self.significant or self.status == "alert"


@dataclass(frozen=True)
class DriftReport:
    """Every column's drift, data quality, and one verdict weighted by importance."""

    verdict: Verdict
    confidence: Confidence
    why: str
    impact: float  # share of the model's importance that lies in drifted columns, 0..1
    rows_reference: int
    rows_current: int
    columns: tuple[ColumnDrift, ...]
    prediction: ColumnDrift | None
    quality: tuple[QualityIssue, ...]
    skipped: tuple[tuple[str, str], ...]  # (column, reason)
    alpha: float

    @property
    def drifted(self) -> bool:
        """True when the verdict is drift."""
        return self.verdict == "drift"

    @property
    def drifted_columns(self) -> tuple[str, ...]:
        """Names of the columns that have drifted, most important first."""
        return tuple(column.name for column in self.columns if column.drifted)

    @property
    def quality_ok(self) -> bool:
        """True when no data quality issue is an alert."""
        return not any(issue.severity == "alert" for issue in self.quality)


def compare(
    reference: "pd.DataFrame",
    current: "pd.DataFrame",
    *,
    importance: Mapping[str, float] | None = None,
    reference_predictions: "Sequence[float] | None" = None,
    current_predictions: "Sequence[float] | None" = None,
    quality_of: "pd.DataFrame | None" = None,
    settings: DriftSettings | None = None,
) -> DriftReport:
    """The drift of ``current`` against ``reference``, column by column and as one verdict.

    ``importance`` maps columns to non-negative weights (any scale; equal when absent). Predictions are
    probabilities; those of the reference belong to rows the model was NOT trained on, or an overfitted model
    alarms for ever. ``quality_of`` is the current data as it arrived, when ``current`` has been cleaned.
    Raises BadInput when a frame is empty or no column is shared.
    """
    limits = settings or DriftSettings()
    skipped = {name: why for name in map(str, reference.columns) if (why := unusable(reference[name]))}
    names = [name for name in map(str, reference.columns) if name in current.columns and name not in skipped]
    if not len(reference) or not len(current) or not names:
        _refuse(reference, current)
    weights = _normalised(names, importance)
    enough = min(len(reference), len(current)) >= limits.min_rows
    with_predictions = reference_predictions is not None and current_predictions is not None
    budget = _budget(weights, with_predictions)
    samples = {name: _pair(reference[name], current[name], limits) for name in names}
    columns = [_judge(n, samples[n], weights[n], budget[n], limits, enough) for n in names]
    columns.sort(key=lambda column: -column.importance)
    prediction = None
    if reference_predictions is not None and current_predictions is not None:
        pair = _prediction_pair(reference_predictions, current_predictions, limits)
        prediction = _judge(PREDICTION, pair, 0.0, budget[PREDICTION], limits, enough)
    impact = sum(column.importance for column in columns if column.drifted)
    verdict, why = _verdict(columns, prediction, impact, min(len(reference), len(current)), limits)
    return DriftReport(
        verdict=verdict,
        confidence=_confidence(min(len(reference), len(current)), limits),
        why=why,
        impact=impact,
        rows_reference=len(reference),
        rows_current=len(current),
        columns=tuple(columns),
        prediction=prediction,
        quality=tuple(check_quality(reference, current if quality_of is None else quality_of, limits)),
        skipped=tuple(skipped.items()),
        alpha=limits.alpha,
    )


def _refuse(reference: "pd.DataFrame", current: "pd.DataFrame") -> None:
    if not len(reference):
        raise BadInput(
            "The reference data has no rows", "Train a model first: its training rows are the reference."
        )
    if not len(current):
        raise BadInput("The current data has no rows", "Send the records that are to be compared.")
    wanted = ", ".join(map(str, list(reference.columns)[:6]))
    raise BadInput(
        f"None of the {len(current.columns)} columns can be compared with the reference",
        f"Expected columns such as: {wanted}.",
    )


def _normalised(names: Sequence[str], importance: Mapping[str, float] | None) -> dict[str, float]:
    raw = {name: max(float((importance or {}).get(name, 0.0)), 0.0) for name in names}
    total = sum(raw.values())
    if total <= 0:
        return dict.fromkeys(names, 1.0 / len(names))
    return {name: value / total for name, value in raw.items()}


def _budget(weights: Mapping[str, float], with_predictions: bool) -> dict[str, float]:
    """Each test's part of the error budget; the parts sum to 1, which keeps the family-wise rate."""
    tests = len(weights) + int(with_predictions)
    columns_part = len(weights) / tests
    even = _EVEN_PART / len(weights)
    parts = {name: columns_part * (even + (1 - _EVEN_PART) * weight) for name, weight in weights.items()}
    return parts | ({PREDICTION: 1.0 / tests} if with_predictions else {})


def _pair(reference: "pd.Series", current: "pd.Series", limits: DriftSettings) -> Sample:
    kind = column_kind(reference)
    return as_sample(kind, reference, current, bins=limits.bins, max_categories=limits.max_categories)


def _prediction_pair(reference: Sequence[float], current: Sequence[float], limits: DriftSettings) -> Sample:
    import pandas as pd

    frames = pd.Series(list(reference), dtype=float), pd.Series(list(current), dtype=float)
    return as_sample("numeric", *frames, bins=limits.bins, max_categories=limits.max_categories)


def _judge(
    name: str, sample: Sample, importance: float, budget: float, limits: DriftSettings, enough: bool
) -> ColumnDrift:
    counts = sample.reference_counts, sample.current_counts
    index = measures.psi(*counts)
    test, (statistic, p_value) = _test(sample)
    p_adjusted = min(1.0, p_value / budget)
    significant = enough and p_adjusted < limits.alpha
    status = _status(index, significant, limits) if enough else "unknown"
    return ColumnDrift(
        name=name,
        kind=sample.kind,
        status=status,
        psi=index,
        jensen_shannon=measures.jensen_shannon(*counts),
        wasserstein=measures.wasserstein(*sample.numbers) if sample.numbers else None,
        test=test,
        statistic=statistic,
        p_value=p_value,
        p_adjusted=p_adjusted,
        significant=significant,
        importance=importance,
        why=_column_why(status, index, p_adjusted, limits),
        cells=sample.cells,
        reference_shares=tuple(float(x) for x in counts[0] / counts[0].sum()),
        current_shares=tuple(float(x) for x in counts[1] / counts[1].sum()),
    )


def _test(sample: Sample) -> tuple[Literal["Kolmogorov-Smirnov", "chi-squared"], tuple[float, float]]:
    if sample.numbers:
        return "Kolmogorov-Smirnov", measures.kolmogorov_smirnov(*sample.numbers)
    return "chi-squared", measures.chi_squared(sample.reference_counts, sample.current_counts)


def _status(index: float, significant: bool, limits: DriftSettings) -> Status:
    if index >= limits.psi_alert:
        return "alert"
    if index >= limits.psi_warn:
        return "warn"
    return "watch" if significant else "stable"


def _column_why(status: Status, index: float, p_adjusted: float, limits: DriftSettings) -> str:
    if status == "unknown":
        return f"fewer than {limits.min_rows} rows, no verdict"
    size = f"PSI {index:.3f}"
    if status == "alert":
        return f"{size} is at or above the alert limit {limits.psi_alert:g}"
    if status == "warn":
        return f"{size} is at or above the warning limit {limits.psi_warn:g}"
    if status == "watch":
        return f"{size} is small, but beyond chance: corrected p = {p_adjusted:.2g}"
    return f"{size}, corrected p = {p_adjusted:.2g}"


def _confidence(rows: int, limits: DriftSettings) -> Confidence:
    if rows < limits.min_rows:
        return "none"
    return "full" if rows >= limits.full_rows else "preliminary"


def _verdict(
    columns: Sequence[ColumnDrift],
    prediction: ColumnDrift | None,
    impact: float,
    rows: int,
    limits: DriftSettings,
) -> tuple[Verdict, str]:
    if rows < limits.min_rows:
        return "not_enough_data", f"{rows} rows; a verdict needs at least {limits.min_rows}."
    drifted = [column.name for column in columns if column.drifted]
    named = ", ".join(drifted[:3]) + (f" and {len(drifted) - 3} more" if len(drifted) > 3 else "")
    loud = [column.name for column in columns[: limits.top_features] if column.status == "alert"]
    carry = "carries" if len(drifted) == 1 else "carry"
    if prediction is not None and prediction.drifted:
        cause = f" {named} moved, too, and {carry} {impact:.0%} of the model's importance." if drifted else ""
        return "drift", f"The predictions themselves have moved: {prediction.why}.{cause}"
    if impact >= limits.impact_limit:
        return "drift", f"{named} moved and {carry} {impact:.0%} of the model's importance."
    if loud:
        return "drift", f"{', '.join(loud[:3])} passed the alert limit {limits.psi_alert:g}."
    if drifted:
        return "warning", f"{named} moved, but {carry} only {impact:.0%} of the model's importance."
    warned = [column.name for column in columns if column.status == "warn"]
    # PSI grows with noise as 9/rows on ten bins: alone, without the test, it would cry wolf on small windows.
    aside = f" (PSI of {', '.join(warned[:3])} is high for its size, yet within chance)" if warned else ""
    return (
        "stable",
        f"No column moved by more than chance explains, at {limits.alpha:.0%} false alarms{aside}.",
    )
