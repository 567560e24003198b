"""The figures that `python -m core.sql_ai evaluate forecast` prints."""

import json
import re

import numpy as np
import pandas as pd
import pytest

from core.config import ROOT
from core.errors import BadInput
from core.sql_ai.ml.evaluation import (
    REPORT,
    TUNING,
    Outcome,
    by_series,
    cuts,
    folder_series,
    half_of,
    main,
    outcomes,
    real_series,
    run,
    series_ratio,
    summary,
)


def _months(count=60, seed=0):
    months = np.arange(count)
    noise = np.random.default_rng(seed).normal(0, 1, count)
    values = 100 + 20 * np.sin(2 * np.pi * months / 12) + noise
    return pd.Series(values, pd.date_range("2015-01-01", periods=count, freq="MS"))


def test_the_real_series_are_regular_complete_and_long_enough_for_three_cuts():
    found = dict(real_series())
    assert len(found) >= 9
    for name, values in found.items():
        assert values.index.freq is not None, name
        assert np.isfinite(values.to_numpy()).all(), name
        assert len(cuts(len(values), 13)) == 3, name
    assert {values.index.freqstr for values in found.values()} == {"MS", "W-SAT", "YS-JAN", "QS-JAN"}


def test_cuts_leave_the_horizon_to_be_held_against_and_enough_to_learn_from():
    assert cuts(200, 12) == [188, 160, 120]
    assert cuts(40, 12) == [28, 24]
    assert cuts(30, 12) == []


def test_an_outcome_compares_with_what_came_and_uses_nothing_of_it():
    values = _months()
    short, long = outcomes("made", values, 48)
    assert (short.horizon, long.horizon) == (6, 12)
    truth = values.to_numpy()[48:]
    assert long.seasonal_naive == pytest.approx(np.abs(values.to_numpy()[36:48] - truth).mean())
    assert long.ratio == long.error / min(long.seasonal_naive, long.exponential_smoothing)
    assert long.average <= (long.seasonal_naive + long.exponential_smoothing) / 2
    assert long.relative == pytest.approx(long.error / np.abs(truth).mean())
    change = np.abs(values.to_numpy()[12:48] - values.to_numpy()[:36]).mean()
    assert long.scaled == pytest.approx(long.error / change)
    assert long.error < 2.5
    changed = values.copy()
    changed.iloc[48:] += 1000
    assert outcomes("made", changed, 48)[1].error == pytest.approx(1000, abs=3)


def test_series_of_one_family_are_in_one_half_and_both_halves_have_some():
    names = [name for name, _ in real_series()]
    assert {half_of(name) for name in names} == {TUNING, REPORT}
    assert half_of("CO2 at Mauna Loa") == half_of("CO2 at Mauna Loa, weekly")
    assert half_of("shop--north") == half_of("shop--south") == half_of("shop")


def test_a_folder_of_files_is_measured_series_by_series_and_a_half_alone_if_asked(tmp_path):
    for name in ("rain", "snow"):
        _months(40).rename_axis("t").to_csv(tmp_path / f"{name}.csv")
    assert [name for name, _ in folder_series(tmp_path)] == ["rain", "snow"]
    half = half_of("rain")
    found = run(tmp_path, half)
    assert {item.series for item in found} == {name for name in ("rain", "snow") if half_of(name) == half}
    assert {item.half for item in found} == {half}


def test_a_folder_without_series_and_a_series_with_gaps_are_refused(tmp_path, capsys):
    with pytest.raises(BadInput, match=r"no \.csv"):
        next(folder_series(tmp_path))
    _months(40).drop(pd.Timestamp("2016-03-01")).to_csv(tmp_path / "gap.csv")
    with pytest.raises(BadInput, match=r"gap\.csv has gaps"):
        next(folder_series(tmp_path))
    assert main(["forecast", "--series", str(tmp_path)]) == 2
    assert "gap.csv has gaps" in capsys.readouterr().err
    assert main(["forecast", "--series", str(tmp_path), "--json"]) == 2
    assert "gap.csv has gaps" in json.loads(capsys.readouterr().out)["error"]["message"]


def test_a_series_with_an_unknown_step_is_refused(tmp_path):
    values = pd.Series(range(60), pd.date_range("2015-01-01", periods=60, freq="36h"))
    values.to_csv(tmp_path / "odd.csv")
    with pytest.raises(BadInput, match="36h"):
        run(tmp_path)


def _made(error, naive, smoothing, series="x", change=1.0):
    both = (naive + smoothing) / 2
    scaled, ratio = error / change, error / min(naive, smoothing)
    return Outcome(
        series,
        TUNING,
        "MS",
        48,
        12,
        error,
        naive,
        smoothing,
        both,
        both,
        change,
        scaled,
        0.1,
        ratio,
        1.0,
        0.5,
    )


def test_a_series_is_held_against_the_rival_that_is_better_on_all_its_stretches():
    # Naive wins one stretch and smoothing the other; over both smoothing is ahead, 6 to 7.
    first, second = _made(3.0, 1.0, 4.0), _made(3.0, 6.0, 2.0)
    assert series_ratio([first, second]) == pytest.approx(6 / 6)
    assert series_ratio([first, second], "seasonal_naive") == pytest.approx(7 / 6)
    # The same stretch in units a thousand times as large counts no more.
    large = _made(3000.0, 6000.0, 2000.0, change=1000.0)
    assert series_ratio([first, large]) == pytest.approx(6 / 6)


def test_the_summary_tells_stretches_and_series_apart():
    text = summary([_made(3.0, 1.0, 4.0), _made(3.0, 6.0, 2.0), _made(1.0, 2.0, 2.0, series="y")])
    by_stretch, by_series = (line for line in text.splitlines() if line.strip().startswith("FORECAST "))
    assert "worst 3.00" in by_stretch
    assert "2 series" in text
    assert "worst 1.00" in by_series
    assert "above 1.2:  0.0%" in by_series


def test_the_summary_gives_median_mean_tail_and_worst_of_the_ratios():
    text = summary([_made(1.0, 2.0, 4.0), _made(2.0, 1.0, 4.0), _made(1.3, 1.0, 4.0)])
    ours = next(line for line in text.splitlines() if line.strip().startswith("FORECAST"))
    assert "3 stretches" in text
    assert "median 1.300" in ours
    assert f"geometric mean {(0.5 * 2.0 * 1.3) ** (1 / 3):.3f}" in ours
    assert "above 1.2: 66.7%" in ours
    assert "above 1.5: 33.3%" in ours
    assert "worst 2.00" in ours
    averages = next(line for line in text.splitlines() if line.strip().startswith("average of the two  "))
    assert "median 2.500" in averages
    with pytest.raises(ValueError, match="no stretch"):
        summary([])


@pytest.mark.soak
def test_the_documented_forecast_figures_are_measured_and_no_real_series_is_lost_by_much():
    """Another processor rounds Prophet's fits otherwise, so a figure may differ by a little."""
    found = run()
    series = by_series(found)
    page = (ROOT / "docs" / "sql-accuracy.md").read_text(encoding="utf-8")
    rows = re.findall(
        r"^\| ([\w ]+?) \| ([\d.]+) \| \d+% \| ([\d.]+) \| \d+% \| ([\d.]+) \|$", page, re.MULTILINE
    )
    fields = {
        "FORECAST": "error",
        "exponential smoothing": "exponential_smoothing",
        "seasonal naive": "seasonal_naive",
        "plain average of the two": "average",
        "plain average of the two and Prophet": "average_with_prophet",
    }
    assert [name for name, *_ in rows] == list(fields)
    for name, stretch, whole, worst in rows:
        stretches = np.array([getattr(item, fields[name]) / item.better for item in found])
        ratios = np.array([series_ratio(own, fields[name]) for own in series.values()])
        measured = (np.exp(np.log(stretches).mean()), np.exp(np.log(ratios).mean()), ratios.max())
        assert [float(stretch), float(whole), float(worst)] == pytest.approx(measured, rel=0.05), name
    assert max(series_ratio(own) for own in series.values()) < 1.2
