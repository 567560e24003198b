"""Scores of predicted probabilities: point values, confidence intervals, curves, slices.

Rank measures follow their textbook definitions (ties count one half for ROC-AUC; PR-AUC is average
precision, the step-wise area) and are tested against scikit-learn. They are written for many bootstrap
weightings at once, which scikit-learn's functions are not.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

CALIBRATION_BINS = 10
_CELLS = 4_000_000  # resamples x rows handled in one go
_CURVE_POINTS = 200


@dataclass(frozen=True)
class Interval:
    """A value and its 95 % interval."""

    value: float
    low: float
    high: float


def roc_auc(y: "np.ndarray", p: "np.ndarray") -> float:
    """Area under the ROC curve; 0.5 when only one class is there."""
    import numpy as np

    return float(_Ranked(y, p).roc_auc(np.ones((1, len(y))))[0])


def point_scores(y: "np.ndarray", p: "np.ndarray", threshold: float = 0.5) -> dict[str, float]:
    """Accuracy, precision, recall, F1, ROC-AUC, PR-AUC, Brier score, log loss and calibration error."""
    import numpy as np

    tp, fp, fn, tn = confusion(y, p, threshold).values()
    ones = np.ones((1, len(y)))
    ranked = _Ranked(y, p)
    safe = np.clip(p, 1e-15, 1 - 1e-15)
    return {
        "accuracy": (tp + tn) / len(y),
        "precision": tp / (tp + fp) if tp + fp else 0.0,
        "recall": tp / (tp + fn) if tp + fn else 0.0,
        "f1": 2 * tp / (2 * tp + fp + fn) if tp + fp + fn else 0.0,
        "roc_auc": float(ranked.roc_auc(ones)[0]),
        "pr_auc": float(ranked.average_precision(ones)[0]),
        "brier": float(np.mean((p - y) ** 2)),
        "log_loss": float(-np.mean(np.where(y == 1, np.log(safe), np.log1p(-safe)))),
        "calibration_error": calibration_error(y, p),
    }


def intervals(
    y: "np.ndarray", p: "np.ndarray", resamples: int = 300, seed: int = 0, threshold: float = 0.5
) -> dict[str, Interval]:
    """The point scores with bootstrap percentile intervals (rows drawn with replacement)."""
    import numpy as np

    points = point_scores(y, p, threshold)
    drawn: dict[str, list[np.ndarray]] = {name: [] for name in points}
    ranked, rows = _Ranked(y, p), _RowScores(y, p, threshold)
    for weights in bootstrap_weights(len(y), resamples, seed):
        for name, values in (rows.all(weights) | ranked.both(weights)).items():
            drawn[name].append(values)
    result = {}
    for name, parts in drawn.items():
        values = np.concatenate(parts)
        if name == "calibration_error":  # sums absolute gaps, so a resample's noise only ever adds to it
            values = np.maximum(values - values.mean() + points[name], 0.0)
        low, high = np.quantile(values, [0.025, 0.975])
        result[name] = Interval(points[name], float(low), float(high))
    return result


def paired_differences(
    y: "np.ndarray", candidate: "np.ndarray", champion: "np.ndarray", resamples: int, seed: int
) -> "np.ndarray":
    """ROC-AUC(candidate) - ROC-AUC(champion) in each paired resample of the same rows."""
    import numpy as np

    a, b = _Ranked(y, candidate), _Ranked(y, champion)
    parts = [a.roc_auc(w) - b.roc_auc(w) for w in bootstrap_weights(len(y), resamples, seed)]
    return np.concatenate(parts)


def bootstrap_weights(rows: int, resamples: int, seed: int) -> "Any":
    """How often each row is drawn, resamples x rows, in blocks that fit in memory."""
    import numpy as np

    rng = np.random.default_rng(seed)
    block = max(1, min(resamples, _CELLS // rows))
    for start in range(0, resamples, block):
        count = min(block, resamples - start)
        drawn = rng.integers(0, rows, size=(count, rows)) + np.arange(count)[:, None] * rows
        yield np.bincount(drawn.ravel(), minlength=count * rows).reshape(count, rows).astype(float)


def confusion(y: "np.ndarray", p: "np.ndarray", threshold: float = 0.5) -> dict[str, int]:
    """Counts of true and false positives and negatives."""
    said = p >= threshold
    return {
        "true_positive": int((said & (y == 1)).sum()),
        "false_positive": int((said & (y == 0)).sum()),
        "false_negative": int((~said & (y == 1)).sum()),
        "true_negative": int((~said & (y == 0)).sum()),
    }


def calibration_bins(
    y: "np.ndarray", p: "np.ndarray", bins: int = CALIBRATION_BINS
) -> list[dict[str, float]]:
    """Mean prediction, observed rate and rows of each quantile bin of the predictions."""
    import numpy as np

    parts = [part for part in np.array_split(np.argsort(p, kind="stable"), bins) if len(part)]
    return [
        {"predicted": float(p[part].mean()), "observed": float(y[part].mean()), "rows": len(part)}
        for part in parts
    ]


def calibration_error(y: "np.ndarray", p: "np.ndarray", bins: int = CALIBRATION_BINS) -> float:
    """Expected calibration error over quantile bins: the row-weighted mean of |predicted - observed|."""
    parts = calibration_bins(y, p, bins)
    return sum(b["rows"] * abs(b["predicted"] - b["observed"]) for b in parts) / len(y)


def calibration_noise(p: "np.ndarray", resamples: int = 200, seed: int = 0) -> float:
    """The calibration error that a perfectly calibrated model stays below 19 times out of 20 on as many rows.

    Few rows in a bin make the measured error large by chance alone; answers drawn from the predictions
    themselves show how large.
    """
    import numpy as np

    rng = np.random.default_rng(seed)
    return float(np.quantile([calibration_error(rng.random(len(p)) < p, p) for _ in range(resamples)], 0.95))


def roc_curve(y: "np.ndarray", p: "np.ndarray") -> list[dict[str, float]]:
    """Points of the ROC curve (false and true positive rate, threshold), at most 200."""
    ranked = _Ranked(y, p)
    return _thinned(ranked.curve(lambda tp, fp, pos, neg: {"fpr": fp / neg, "tpr": tp / pos}))


def pr_curve(y: "np.ndarray", p: "np.ndarray") -> list[dict[str, float]]:
    """Points of the precision-recall curve, at most 200."""
    ranked = _Ranked(y, p)
    points = ranked.curve(lambda tp, fp, pos, neg: {"recall": tp / pos, "precision": tp / max(1.0, tp + fp)})
    return _thinned(points[1:])


def slices(
    frame: "pd.DataFrame", y: "np.ndarray", p: "np.ndarray", columns: list[str], min_rows: int
) -> list[dict[str, Any]]:
    """Rows, ROC-AUC with its interval, mean prediction and observed rate of every value of the columns.

    ROC-AUC intervals use the Hanley-McNeil standard error (Radiology 1982); values with fewer than
    ``min_rows`` rows, or fewer than 10 of a class, have no ROC-AUC.
    """
    found = []
    for column in columns:
        for value, place in sorted(
            frame.groupby(column, observed=True).indices.items(), key=lambda i: str(i[0])
        ):
            ys, ps = y[place], p[place]
            judged = len(place) >= min_rows and 10 <= ys.sum() <= len(ys) - 10
            auc = roc_auc(ys, ps) if judged else None
            spread = (
                1.96 * hanley_mcneil(auc, int(ys.sum()), int(len(ys) - ys.sum())) if auc is not None else None
            )
            found.append(
                {
                    "column": column,
                    "value": str(int(value))
                    if isinstance(value, float) and value.is_integer()
                    else str(value),
                    "rows": len(place),
                    "roc_auc": auc,
                    "low": None if auc is None or spread is None else max(0.0, auc - spread),
                    "high": None if auc is None or spread is None else min(1.0, auc + spread),
                    "predicted": float(ps.mean()),
                    "observed": float(ys.mean()),
                }
            )
    return found


def hanley_mcneil(auc: float, positives: int, negatives: int) -> float:
    """Standard error of a ROC-AUC (Hanley and McNeil, Radiology 1982, 143:29)."""
    q1, q2 = auc / (2 - auc), 2 * auc**2 / (1 + auc)
    variance = auc * (1 - auc) + (positives - 1) * (q1 - auc**2) + (negatives - 1) * (q2 - auc**2)
    return float((max(0.0, variance) / (positives * negatives)) ** 0.5)


class _Ranked:
    """Predictions in ascending order with their ties, ready for many weightings."""

    def __init__(self, y: "np.ndarray", p: "np.ndarray") -> None:
        import numpy as np

        self._order = np.argsort(p, kind="stable")
        self._p = np.asarray(p)[self._order]
        self._y = np.asarray(y, dtype=float)[self._order]
        self._starts = (
            np.flatnonzero(np.r_[True, np.diff(self._p) != 0]) if len(self._p) else np.array([], int)
        )

    def _ties(self, weights: "np.ndarray") -> tuple["np.ndarray", "np.ndarray"]:
        import numpy as np

        ordered = weights[:, self._order]
        positive = np.add.reduceat(ordered * self._y, self._starts, axis=1)
        return positive, np.add.reduceat(ordered, self._starts, axis=1) - positive

    def roc_auc(self, weights: "np.ndarray") -> "np.ndarray":
        import numpy as np

        positive, negative = self._ties(weights)
        below = np.cumsum(negative, axis=1) - negative
        pairs = positive.sum(axis=1) * negative.sum(axis=1)
        wins = (positive * (below + negative / 2)).sum(axis=1)
        return np.where(pairs > 0, wins / np.maximum(pairs, 1), 0.5)

    def average_precision(self, weights: "np.ndarray") -> "np.ndarray":
        import numpy as np

        positive, negative = (part[:, ::-1] for part in self._ties(weights))
        hits = np.cumsum(positive, axis=1)
        precision = hits / np.maximum(hits + np.cumsum(negative, axis=1), 1e-12)
        total = np.maximum(positive.sum(axis=1), 1e-12)
        return (positive * precision).sum(axis=1) / total

    def both(self, weights: "np.ndarray") -> dict[str, "np.ndarray"]:
        return {"roc_auc": self.roc_auc(weights), "pr_auc": self.average_precision(weights)}

    def curve(self, point: "Any") -> list[dict[str, float]]:
        import numpy as np

        positive, negative = (part[0, ::-1] for part in self._ties(np.ones((1, len(self._y)))))
        tp, fp = np.r_[0.0, np.cumsum(positive)], np.r_[0.0, np.cumsum(negative)]
        cut = np.r_[1.0, self._p[self._starts][::-1]]
        pos, neg = max(1.0, tp[-1]), max(1.0, fp[-1])
        rows = zip(tp.tolist(), fp.tolist(), cut.tolist(), strict=True)
        return [point(t, f, pos, neg) | {"threshold": c} for t, f, c in rows]


class _RowScores:
    """Scores that are means over rows, under many weightings."""

    def __init__(self, y: "np.ndarray", p: "np.ndarray", threshold: float) -> None:
        import numpy as np

        said = (p >= threshold).astype(float)
        safe = np.clip(p, 1e-15, 1 - 1e-15)
        self._means = {
            "accuracy": (said == y).astype(float),
            "brier": (p - y) ** 2,
            "log_loss": -np.where(y == 1, np.log(safe), np.log1p(-safe)),
        }
        self._tp, self._said, self._y = said * y, said, np.asarray(y, dtype=float)
        self._bins = np.array_split(np.argsort(p, kind="stable"), CALIBRATION_BINS)
        self._gap = p - y

    def all(self, weights: "np.ndarray") -> dict[str, "np.ndarray"]:
        import numpy as np

        total = weights.sum(axis=1)
        scores = {name: weights @ row / total for name, row in self._means.items()}
        tp, said, actual = weights @ self._tp, weights @ self._said, weights @ self._y
        scores["precision"] = tp / np.maximum(said, 1e-12)
        scores["recall"] = tp / np.maximum(actual, 1e-12)
        scores["f1"] = 2 * tp / np.maximum(said + actual, 1e-12)
        gaps = [np.abs(weights[:, part] @ self._gap[part]) for part in self._bins if len(part)]
        scores["calibration_error"] = sum(gaps) / total
        return scores


def _thinned(points: list[dict[str, float]]) -> list[dict[str, float]]:
    if len(points) <= _CURVE_POINTS:
        return points
    step = (len(points) - 1) / (_CURVE_POINTS - 1)
    return [points[round(index * step)] for index in range(_CURVE_POINTS)]
