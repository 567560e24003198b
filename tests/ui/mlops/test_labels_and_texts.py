"""What columns, steps and decisions are called, and which cells leave the page harmless."""

import pytest

from core.mlops.decisions import Decision
from core.mlops.training import TrainingEvent
from core.ui.address import Partly
from core.ui.mlops import decide, labels, predict, runs, watch
from core.ui.mlops.compare import _best, _cell, _ordered


def test_labels_tell_parameters_tags_and_parts_of_a_metric_apart():
    names = ["metrics.roc_auc", "metrics.cv_roc_auc", "metrics.train_roc_auc", "metrics.roc_auc_low"]
    names += ["params.dataset", "tags.dataset", "start_time", "params.max_depth"]
    shown = [labels.label(name) for name in names]
    assert len(set(shown)) == len(names)
    assert shown[:2] == ["ROC-AUC", "ROC-AUC (CV)"]


@pytest.mark.parametrize(
    ("event", "line"),
    [
        (
            TrainingEvent("random_forest", "search", 3, 10, 0.84123),
            "random forest: searching, fit 3 of at most 10",
        ),
        (TrainingEvent("knn", "evaluate", 1, 1, 0.8), "knn: judging on the hold-out, ROC-AUC 0.8000"),
        (TrainingEvent("mlp", "skipped", 0, 0), "mlp: left out, the time is spent"),
    ],
)
def test_every_step_of_a_training_is_told_in_words(event, line):
    assert labels.progress(event).startswith(line)


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("=1+1", "'=1+1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("+49 30", "'+49 30"),
        ("-5.2", "-5.2"),
        ("+7", "+7"),
        (3.5, 3.5),
        ("plain", "plain"),
        ("", ""),
    ],
)
def test_a_downloaded_cell_cannot_run_as_a_formula(cell, expected):
    assert predict._harmless(cell) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Contract:25", ("Contract", 25)),
        ("a:b:-12", ("a:b", -10)),
        ("Contract:", None),
        ("Contract:-5", None),
        ("Nope:25", None),
        ("Contract:99999", None),
        ("", None),
    ],
)
def test_a_shift_in_the_address_is_read_or_ignored(text, expected):
    import pandas as pd

    reference = pd.DataFrame({"Contract": ["One year", "Two year"] * 30, "a:b": [n / 7 for n in range(60)]})
    assert watch._asked(text, reference) == expected


def test_runs_are_named_in_the_address_by_rank_or_by_the_beginning_of_their_id():
    import pandas as pd

    frame = pd.DataFrame({"run_id": ["aaaa1111", "bbbb2222", "cccc3333"]})
    assert runs._asked(frame, "top2") == ["aaaa1111", "bbbb2222"]
    assert runs._asked(frame, "cccc,aaaa1") == Partly(["aaaa1111", "cccc3333"], [])
    assert runs._asked(frame, "cccc,dddd,a") == Partly(["cccc3333"], ["dddd", "a"])
    assert runs._asked(frame, "") == Partly([], [])
    assert runs._asked(frame, "top") == Partly([], ["top"])
    assert len(runs._asked(frame, "top99999")) == 3


def test_the_comparison_puts_parameters_first_and_scores_with_their_interval():
    import pandas as pd

    frame = pd.DataFrame(
        {
            "metrics.fit_seconds": [1.0, 2.0],
            "metrics.roc_auc": [0.8, 0.9],
            "metrics.roc_auc_low": [0.75, 0.85],
            "metrics.roc_auc_high": [0.85, 0.95],
            "params.C": ["1", "2"],
        }
    )
    names = _ordered(list(frame.columns))
    assert names == ["params.C", "metrics.roc_auc", "metrics.fit_seconds"]
    assert _cell(frame.iloc[0], "metrics.roc_auc") == "0.8000 (0.750 to 0.850)"
    assert _best(frame, names, ["first", "second"]) == ["", "second", "first"]


@pytest.mark.parametrize(
    ("completed", "recovered", "end"),
    [
        (True, False, "no stage to Staging"),
        (True, True, "(finished after a crash)"),
        (False, False, "(not carried out)"),
    ],
)
def test_a_decision_that_was_never_carried_out_is_not_told_as_done(completed, recovered, end):
    decision = Decision(
        1,
        "",
        "ada",
        "promote",
        2,
        None,
        "None",
        "Staging",
        "r",
        False,
        True,
        (),
        {},
        {},
        completed,
        recovered,
        "",
    )
    assert decide.told(decision).endswith(end)


def test_each_action_has_a_title_and_a_last_word():
    assert set(decide._TITLES) == set(decide._DONE)
    assert all("{version}" in text for action, text in decide._TITLES.items() if action != "reset")
