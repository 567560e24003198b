"""The figures that `python -m core.sql_ai evaluate forecast` prints."""

import numpy as np
import pandas as pd
import pytest

from core.sql_ai.ml.evaluation import Outcome, outcome, real_series, summary


def test_the_real_series_are_regular_complete_and_long_enough_for_two_cuts():
    found = dict(real_series())
    assert len(found) >= 9
    for name, values in found.items():
        assert values.index.freq is not None, name
        assert np.isfinite(values.to_numpy()).all(), name
        assert len(values) >= 90, name
    assert {values.index.freqstr for values in found.values()} == {"MS", "W-SAT", "YS-JAN", "QS-JAN"}


def test_an_outcome_compares_with_what_came_and_uses_nothing_of_it():
    months = np.arange(60)
    season = 20 * np.sin(2 * np.pi * months / 12)
    noise = np.random.default_rng(0).normal(0, 1, 60)
    values = pd.Series(100 + season + noise, pd.date_range("2015-01-01", periods=60, freq="MS"))
    found = outcome("made", values, 48)
    truth = values.to_numpy()[48:]
    assert found.seasonal_naive == pytest.approx(np.abs(values.to_numpy()[36:48] - truth).mean())
    assert found.ratio == found.error / min(found.seasonal_naive, found.exponential_smoothing)
    assert found.error < 2.5
    changed = values.copy()
    changed.iloc[48:] += 1000
    assert outcome("made", changed, 48).error == pytest.approx(1000, abs=3)


def test_the_summary_is_the_geometric_mean_of_the_ratios():
    def made(error, naive, smoothing):
        return Outcome("x", "MS", 48, 12, error, naive, smoothing, error / min(naive, smoothing), 1.0, 0.5)

    text = summary([made(1.0, 2.0, 4.0), made(2.0, 1.0, 4.0)])
    assert "2 stretches: error by the better of the two 1.000" in text
    assert "by exponential smoothing 0.354" in text
    assert "worst 2.00" in text
    with pytest.raises(ValueError, match="no stretch"):
        summary([])
