"""Distances and tests between two samples of one column, on counts or on numbers."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

_SMOOTHING = 0.5  # added to every cell, so that an empty one neither divides by zero nor dominates
_MIN_EXPECTED = 5.0  # Cochran's rule: below this expected count the chi-squared law does not hold


def shares(counts: "np.ndarray") -> "np.ndarray":
    """Smoothed shares of a vector of counts; they are positive and sum to 1."""
    smoothed = counts + _SMOOTHING
    return smoothed / smoothed.sum()


def psi(reference: "np.ndarray", current: "np.ndarray") -> float:
    """Population stability index of two vectors of counts over the same cells; 0 means equal.

    Sum of (q - p) * ln(q / p) over the cells; 0.1 and 0.2 are the usual warning and alert limits.
    """
    import numpy as np

    p, q = shares(reference), shares(current)
    return float(np.sum((q - p) * np.log(q / p)))


def jensen_shannon(reference: "np.ndarray", current: "np.ndarray") -> float:
    """Jensen-Shannon distance (base 2) of two vectors of counts, between 0 and 1."""
    from scipy.spatial.distance import jensenshannon

    return float(jensenshannon(reference / reference.sum(), current / current.sum(), base=2))


def wasserstein(reference: "np.ndarray", current: "np.ndarray") -> float:
    """Earth mover's distance of two numeric samples in standard deviations of the reference.

    A constant reference has no scale: then 0.0 when the samples agree, else infinity.
    """
    from scipy.stats import wasserstein_distance

    distance = float(wasserstein_distance(reference, current))
    scale = float(reference.std())
    if scale > 0:
        return distance / scale
    return 0.0 if distance == 0 else float("inf")


def kolmogorov_smirnov(reference: "np.ndarray", current: "np.ndarray") -> tuple[float, float]:
    """Statistic and p-value of the two-sample test on numbers; ties make it cautious."""
    from scipy.stats import ks_2samp

    result: Any = ks_2samp(reference, current, method="asymp")
    return float(result.statistic), float(result.pvalue)


def chi_squared(reference: "np.ndarray", current: "np.ndarray") -> tuple[float, float]:
    """Statistic and p-value of homogeneity for two vectors of counts over the same categories.

    Categories too rare for the test are pooled first; a single remaining one gives (0.0, 1.0).
    """
    from scipy.stats import chi2_contingency

    table = _pool_rare(reference, current)
    if table.shape[1] < 2:
        return 0.0, 1.0
    result: Any = chi2_contingency(table)
    return float(result.statistic), float(result.pvalue)


def _pool_rare(reference: "np.ndarray", current: "np.ndarray") -> "np.ndarray":
    """The 2 x k table without categories whose expected count in the smaller sample is below five."""
    import numpy as np

    table = np.vstack([reference, current]).astype(float)
    table = table[:, table.sum(axis=0) > 0]
    smaller = min(table[0].sum(), table[1].sum()) / table.sum()
    rare = table.sum(axis=0) * smaller < _MIN_EXPECTED
    if not rare.any():
        return table
    pooled = np.hstack([table[:, ~rare], table[:, rare].sum(axis=1, keepdims=True)])
    if pooled.shape[1] > 1 and pooled[:, -1].sum() * smaller < _MIN_EXPECTED:
        smallest = int(np.argmin(pooled[:, :-1].sum(axis=0)))
        pooled[:, smallest] += pooled[:, -1]
        pooled = pooled[:, :-1]
    return pooled
