import numpy as np
import pandas as pd
import pytest

from core.errors import BadInput
from core.sql_ai.ml.insights import COLUMNS, get_drivers


def _sales():
    frame = pd.DataFrame(
        {
            "COUNTRY": np.repeat(["usa", "canada", "france"], 80),
            "VERTICAL": np.tile(["auto", "tech"], 120),
            "METRIC": 1.0,
            "LABEL": np.tile([True, True, False, False], 60),
        }
    )
    grown = (frame["COUNTRY"] == "usa") & (frame["VERTICAL"] == "tech") & frame["LABEL"]
    frame.loc[grown, "METRIC"] = 10
    return frame


@pytest.fixture(scope="module")
def drivers():
    return get_drivers(_sales(), "LABEL", "METRIC")


def test_the_first_row_is_the_whole(drivers):
    assert tuple(drivers.columns) == COLUMNS
    first = drivers.iloc[0]
    assert first["CONTRIBUTOR"] == ["Overall"]
    assert (first["METRIC_CONTROL"], first["METRIC_TEST"]) == (120, 300)
    assert (first["CONTRIBUTION"], first["RELATIVE_CONTRIBUTION"]) == (180, 1)
    assert first["GROWTH_RATE"] == pytest.approx(1.5)


def test_the_segment_that_grew_leads_and_contributions_fall(drivers):
    named = [tuple(row) for row in drivers["CONTRIBUTOR"]]
    assert ("COUNTRY = usa",) in named[:4]
    assert any(set(row) == {"COUNTRY = usa", "VERTICAL = tech"} for row in named)
    assert drivers["CONTRIBUTION"].is_monotonic_decreasing
    assert any(part.startswith("not ") for row in named for part in row)


def test_each_row_adds_up(drivers):
    assert (drivers["METRIC_TEST"] - drivers["METRIC_CONTROL"]).tolist() == drivers["CONTRIBUTION"].tolist()
    share = drivers["CONTRIBUTION"] / 180
    assert drivers["RELATIVE_CONTRIBUTION"].tolist() == pytest.approx(share.tolist())


def test_numbers_are_grouped_into_ranges():
    frame = _sales().assign(PRICE=np.arange(240) % 40)
    named = {part for row in get_drivers(frame, "LABEL", "METRIC")["CONTRIBUTOR"] for part in row}
    assert any("PRICE" in part and part != "PRICE" for part in named)


@pytest.mark.parametrize("label", [True, False])
def test_a_group_without_rows_is_refused(label):
    with pytest.raises(BadInput, match="LABEL"):
        get_drivers(_sales().assign(LABEL=label), "LABEL", "METRIC")


def test_columns_that_are_missing_or_no_numbers_are_refused():
    with pytest.raises(BadInput, match="PROFIT"):
        get_drivers(_sales(), "LABEL", "PROFIT")
    with pytest.raises(BadInput, match="not a number"):
        get_drivers(_sales().assign(METRIC="many"), "LABEL", "METRIC")
