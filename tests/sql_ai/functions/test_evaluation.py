import json
import re
import tomllib

import pytest

from core.config import ROOT
from core.sql_ai.functions import evaluation
from core.sql_ai.functions.text import DATA


@pytest.fixture(scope="module")
def measures():
    return evaluation.run()


def test_every_function_is_measured_with_its_count_and_interval(measures):
    assert {measure.function for measure in measures} == {
        "AI_SENTIMENT", "AI_CLASSIFY", "AI_FILTER", "AI_EXTRACT", "AI_REDACT", "AI_SIMILARITY", "AI_SUMMARIZE",
    }  # fmt: skip
    for measure in measures:
        assert measure.count >= 15
        assert measure.low <= measure.value <= measure.high
        assert measure.value == pytest.approx(measure.right / measure.count, abs=1e-4)


@pytest.mark.parametrize(
    ("function", "least"),
    [
        ("AI_SENTIMENT", 0.85),
        ("AI_CLASSIFY", 0.8),
        ("AI_FILTER", 0.85),
        ("AI_EXTRACT", 0.75),
        ("AI_REDACT", 0.85),
        ("AI_SIMILARITY", 0.85),
        ("AI_SUMMARIZE", 1.0),
    ],
)
def test_no_function_is_worse_than_when_it_was_tuned(measures, function, least):
    own = [m for m in measures if m.function == function and "alone" not in m.measure]
    assert own
    assert min(measure.value for measure in own) >= least


def test_every_measure_beats_its_baseline_by_more_than_luck(measures):
    for measure in measures:
        if measure.baseline is not None and "alone" not in measure.measure:
            assert measure.low > measure.baseline, measure


def test_the_documented_figures_are_those_that_are_measured(measures):
    """Another processor may decide a borderline text otherwise: the documented share lies in today's interval."""
    page = (ROOT / "docs" / "sql-accuracy.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (AI_\w+) \| (.+?) \| (\d+) of (\d+) \| ([\d.]+) \(", page, re.MULTILINE)
    assert len(rows) >= 11
    found = {(measure.function, measure.measure): measure for measure in measures}
    for function, name, right, count, share in rows:
        measure = found[function, name]
        assert (int(count), float(share)) == (measure.count, round(int(right) / int(count), 3))
        assert measure.low <= float(share) <= measure.high, (function, name)


def test_the_command_prints_one_json_document(measures, monkeypatch, capsys):
    monkeypatch.setattr(evaluation, "run", lambda: measures)
    assert evaluation.main(["--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert [entry["measure"] for entry in printed] == [measure.measure for measure in measures]
    assert evaluation.main([]) == 0
    assert "TextBlob" in capsys.readouterr().out


def test_wilsons_interval_has_its_known_values():
    low, high = evaluation.interval(8, 10)
    assert (low, high) == (pytest.approx(0.4902, abs=1e-4), pytest.approx(0.9433, abs=1e-4))
    assert evaluation.interval(0, 0) == (0.0, 1.0)
    assert evaluation.interval(5, 5)[1] == 1.0


def test_no_test_text_of_classification_stands_in_its_tuning_file():
    def texts(path):
        with path.open("rb") as file:
            return {row[0] for group in tomllib.load(file)["group"] for row in group["items"]}

    assert not texts(DATA / "classify_tuning.toml") & texts(evaluation.FOLDER / "classify.toml")


def test_marked_spans_are_read_without_their_marks():
    texts, spans = evaluation._marked("redact.txt")
    place = next(index for index, text in enumerate(texts) if "Teresa" in text)
    assert texts[place] == "Hello, I am Teresa Nowak and my order has not come."
    assert spans[place] == {("NAME", 12, 24)}
