"""Uncertainty of measured shares and means, and of the difference between two settings."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

_Z = 1.959963984540054  # 95 % of a normal distribution
_RESAMPLES = 2_000
_SEED = 20_260_101


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean over `count` questions with its 95 % interval; 0 with the interval 0 to 1 when there are none."""

    value: float
    low: float
    high: float
    count: int


@dataclass(frozen=True, slots=True)
class Difference:
    """The second setting minus the first on the same questions, with a 95 % paired bootstrap interval."""

    value: float
    low: float
    high: float
    count: int

    @property
    def decided(self) -> bool:
        """Whether the interval leaves out 0."""
        return self.count > 0 and (self.low > 0.0 or self.high < 0.0)


def share(outcomes: Sequence[bool | float]) -> Estimate:
    """A share of yes among yes/no outcomes with Wilson's score interval (Wilson 1927)."""
    count = len(outcomes)
    if not count:
        return Estimate(0.0, 0.0, 1.0, 0)
    p = float(sum(outcomes)) / count
    middle = (p + _Z**2 / (2 * count)) / (1 + _Z**2 / count)
    half = _Z * math.sqrt(p * (1 - p) / count + _Z**2 / (4 * count**2)) / (1 + _Z**2 / count)
    return Estimate(p, min(p, max(0.0, middle - half)), max(p, min(1.0, middle + half)), count)


def mean(values: Sequence[float]) -> Estimate:
    """A mean with its percentile bootstrap interval; the same values always give the same interval."""
    if not values:
        return Estimate(0.0, 0.0, 1.0, 0)
    low, high = _interval(np.asarray(values, dtype=float))
    return Estimate(float(np.mean(values)), low, high, len(values))


def paired_difference(first: Sequence[float], second: Sequence[float]) -> Difference:
    """Mean of second minus first, question by question, resampled over questions."""
    if not first:
        return Difference(0.0, 0.0, 0.0, 0)
    deltas = np.asarray(second, dtype=float) - np.asarray(first, dtype=float)
    low, high = _interval(deltas)
    return Difference(float(deltas.mean()), low, high, len(deltas))


def _interval(values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> tuple[float, float]:
    rows = np.random.default_rng(_SEED).integers(0, len(values), size=(_RESAMPLES, len(values)))
    low, high = np.percentile(values[rows].mean(axis=1), [2.5, 97.5])
    return float(low), float(high)
