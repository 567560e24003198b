import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.embedder import get_embedder
from core.errors import BadInput
from core.sql_ai.functions import opinion, opinion_fit

SENTENCES = [
    (2.5, "the zoom is wonderful and the pictures are sharp."),
    (-2.1, "the battery died after a week, what a waste of money."),
    (1.2, "i am happy with this player."),
    (-1.4, "support was rude and never called back."),
    (0.1, "it comes with a cable."),
    (3.0, "best camera i have ever owned!"),
    (-0.9, "the buttons feel cheap."),
    (0.8, "the menu is easy to use."),
    (-3.1, "terrible, terrible product."),
    (-0.6, "it froze twice on the first day."),
]


@pytest.fixture
def folder(tmp_path):
    """A folder as the source distribution unpacks it, with a few sentences of our own."""
    for file in opinion_fit.SETS.values():
        lines = [f"{place}_1\t{rating}\t{text}" for place, (rating, text) in enumerate(SENTENCES)]
        (tmp_path / file).write_text("\n".join(lines), "latin-1")
    return tmp_path


def _shipped():
    return json.loads(opinion.RATED_FILE.read_text("utf-8"))


def test_the_shipped_coefficients_were_fitted_on_the_present_lexicon_and_training_file():
    assert _shipped()["own_files"] == opinion.own_files_digest(), "run the command of the file with --write"


def test_the_shipped_coefficients_name_their_source_and_are_small():
    shipped = _shipped()
    assert "vaderSentiment" in shipped["source"]
    assert shipped["licence"].startswith("MIT")
    assert all(count > 1_000 for count in shipped["sentences"].values())
    assert opinion.RATED_FILE.stat().st_size < 20_000


def test_there_is_one_slope_for_each_feature_of_the_packaged_model():
    assert len(_shipped()["slopes"]) == opinion.features(["fine"]).shape[1]
    assert opinion._rated(get_embedder().model_id) is not None


def test_with_another_embedding_model_our_own_sentences_decide_alone(monkeypatch):
    texts = ["A fine film.", "It broke at once."]
    rows = opinion.features(texts)
    assert opinion._rated("another") is None
    monkeypatch.setattr(opinion, "_rated", lambda _model_id: None)
    for view, lean in zip(opinion.opinions(texts), opinion.own_lean(rows), strict=True):
        assert math.log(view.positive / view.negative) == pytest.approx(lean, abs=1e-6)


def test_the_shipped_coefficients_decide_between_positive_and_negative():
    texts = ["A fine film.", "It broke at once."]
    rated = opinion._rated(get_embedder().model_id)
    for view, lean in zip(
        opinion.opinions(texts), opinion.features(texts) @ rated.slopes + rated.base, strict=True
    ):
        assert math.log(view.positive / view.negative) == pytest.approx(lean, abs=1e-6)


def test_the_shipped_coefficients_split_only_what_is_not_neutral(monkeypatch):
    texts = ["A fine film.", "It broke at once.", "The box holds two cables."]
    with_rated = opinion.opinions(texts)
    monkeypatch.setattr(opinion, "_rated", lambda _model_id: None)
    alone = opinion.opinions(texts)
    assert [view.neutral for view in with_rated] == pytest.approx([view.neutral for view in alone])
    assert [view.positive for view in with_rated] != pytest.approx([view.positive for view in alone])


def test_probabilities_lie_between_0_and_1_and_sum_to_1_however_extreme_the_text():
    for view in opinion.opinions(["", "great " * 200, "awful! " * 200, "the " * 300]):
        assert min(view.negative, view.neutral, view.positive) >= 0
        assert view.negative + view.neutral + view.positive == pytest.approx(1)


def test_sentences_the_raters_found_neutral_are_left_out(folder):
    texts, ratings = opinion_fit.read_rated(folder / opinion_fit.SETS["shop"])
    assert "it comes with a cable." not in texts
    assert len(texts) == len(SENTENCES) - 1
    assert min(map(abs, ratings)) >= opinion_fit.POLAR_FROM


@pytest.mark.parametrize("content", [None, "no tabs here"])
def test_a_folder_without_rated_sentences_is_refused_with_what_to_name(tmp_path, content):
    path = tmp_path / "x.txt"
    if content is not None:
        path.write_text(content)
    with pytest.raises(BadInput) as caught:
        opinion_fit.read_rated(path)
    assert caught.value.hint


@given(st.text())
def test_a_sentence_always_lies_in_the_same_half(text):
    assert opinion_fit.is_held_out(text) == opinion_fit.is_held_out(str(text))


def test_about_half_of_all_sentences_are_held_out():
    assert 430 < sum(opinion_fit.is_held_out(f"sentence {number}") for number in range(1_000)) < 570


def test_fitting_learns_the_side_and_gives_the_same_numbers_again(folder):
    sets = opinion_fit.load(folder)
    (slopes, base), (again, base_again) = opinion_fit.fit(sets), opinion_fit.fit(sets)
    rated = sets["shop"]
    assert (slopes == again).all()
    assert base == base_again
    assert ((rated.rows @ slopes + base > 0) == rated.positive).mean() >= 0.8


def test_held_out_sentences_do_not_move_the_fit_of_the_other_half(folder):
    rated = opinion_fit.load(folder)["shop"]
    turned = opinion_fit.Rated(rated.rows, rated.positive ^ rated.held_out, rated.ratings, rated.held_out)
    first, second = (opinion_fit.fit({"shop": part.fitted_half()}) for part in (rated, turned))
    assert np.array_equal(first[0], second[0])


def test_what_is_written_can_be_read_as_the_shipped_file(folder, tmp_path, monkeypatch):
    sets = opinion_fit.load(folder)
    path = tmp_path / "rated.json"
    opinion_fit.write(sets, sets["shop"], path)
    monkeypatch.setattr(opinion, "RATED_FILE", path)
    read = opinion._rated.__wrapped__(get_embedder().model_id)
    slopes, base = opinion_fit.fit({**sets, opinion_fit.OWN: sets["shop"]})
    assert read.slopes == pytest.approx(slopes, rel=1e-5)
    assert read.base == pytest.approx(base, rel=1e-5)
    assert not any(text in path.read_text("utf-8") for _, text in SENTENCES)
