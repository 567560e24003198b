"""The refusal calibration: what is stored, how it is fitted, and that each feature means what it says."""

import random

import pytest

from core.errors import BadInput, StoreError
from core.rag import calibration as module
from core.rag.calibration import DEFAULT, SHARED, load_calibration
from core.rag.evidence import FEATURES, REFERENCE_CHUNKS, UNIT, measure, read_passages, size_correction
from core.rag.fitting import Example, fit, save
from core.rag.matching import weights_of, words_in_context
from core.rag.questions import read_question
from core.weights import EMBEDDING_MODEL


def test_the_shipped_calibration_says_for_what_it_holds():
    shipped = load_calibration()
    assert set(shipped.weights) == set(FEATURES)
    assert shipped.embedder == EMBEDDING_MODEL.name
    assert (shipped.unit, shipped.reference_chunks) == (UNIT, REFERENCE_CHUNKS)
    assert 0 < shipped.threshold(SHARED) < 1
    assert shipped.threshold("unheard of") == shipped.threshold(DEFAULT)
    assert all(weight >= 0 for weight in shipped.weights.values())  # every feature speaks for an answer


def _examples(count=200):
    rng = random.Random(3)
    for number in range(count):
        kind = ("answerable", "impossible", "removed", "off_topic")[number % 4]
        level = 0.8 if kind == "answerable" else 0.3
        yield Example({name: rng.gauss(level, 0.15) for name in FEATURES}, kind, "a file")


def test_a_fit_separates_what_can_be_separated_at_the_stated_price():
    fitted = fit(list(_examples()), "model")
    refused = fitted.provenance["refused_on_tuning_data"]
    assert refused["a file: answerable"] <= 0.05
    assert refused["a file: off_topic"] >= 0.95
    assert fitted.embedder == "model"


def test_questions_of_one_kind_cannot_be_fitted():
    with pytest.raises(BadInput):
        fit([example for example in _examples() if example.kind == "answerable"], "model")


def test_a_saved_calibration_is_read_again_and_a_damaged_one_is_named(tmp_path, monkeypatch):
    from dataclasses import asdict

    path = tmp_path / "calibration.json"
    monkeypatch.setattr(module, "CALIBRATION_FILE", path)
    save(asdict(fit(list(_examples()), "model")), path)
    load_calibration.cache_clear()
    assert load_calibration().embedder == "model"
    path.write_text("{}")
    load_calibration.cache_clear()
    with pytest.raises(StoreError):
        load_calibration()
    load_calibration.cache_clear()


def test_a_small_corpus_needs_less_similarity_than_a_large_one():
    assert size_correction(25) < size_correction(REFERENCE_CHUNKS) == 0 < size_correction(10_000)


def _evidence(base, question):
    passages = base.search(question, k=4)
    reading = read_passages(
        base, read_question(question), passages, weights_of(base), words_in_context(base.embedder)
    )
    return measure(reading, base.corpus_size)


@pytest.mark.parametrize(
    ("asked", "changed", "feature"),
    [
        ("When did the bridge at Orrin open?", "When did the bridge at Lisbon open?", "names"),
        ("What did the bridge of 1884 cost?", "What did the bridge of 1899 cost?", "codes"),
        ("Who designed the longest bridge?", "Who designed the shortest bridge?", "agreement"),
        ("Which material is used for the deck?", "Which material is not used for the deck?", "agreement"),
        ("Who designed the longest bridge?", "Who sold the longest bridge?", "words"),
    ],
)
def test_a_changed_entity_number_opposite_or_negation_lowers_its_feature(embedder, asked, changed, feature):
    from core.rag import open_knowledge_base

    base = open_knowledge_base(None)
    base.add_text(
        "The bridge at Orrin opened in May 1884. The bridge of 1884 cost 40,000 pounds. "
        "Mary Hale designed the longest bridge. Oak is the material that the deck uses.",
        name="bridges",
    )
    assert _evidence(base, changed)[feature] < _evidence(base, asked)[feature]
