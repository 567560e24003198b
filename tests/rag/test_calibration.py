"""The refusal calibration: what is stored, how it is fitted, and that each feature means what it says."""

import random
from dataclasses import replace

import numpy as np
import pytest

from core.errors import BadInput, StoreError
from core.rag import calibration as module
from core.rag import fitting
from core.rag.calibration import DEFAULT, SHARED, load_calibration
from core.rag.evaluation_answers import read_squad
from core.rag.evaluation_builtin import load_questions
from core.rag.evidence import (
    FEATURES,
    REFERENCE_CHUNKS,
    UNIT,
    evidence_for,
    measure,
    read_passages,
    size_correction,
)
from core.rag.fitting import (
    BUILT_IN,
    FOLDER,
    SQUAD_FILES,
    TARGET_WRONG_REFUSALS,
    Example,
    calibrate,
    fit,
    read_distractors,
    read_examples,
    save,
    write_examples,
)
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


def _examples(count=200, source="a file"):
    """Questions of two read sentences, of which the second carries the answer of the answerable ones."""
    rng = random.Random(3)
    for number in range(count):
        kind = ("answerable", "impossible", "removed", "off_topic")[number % 4]
        levels = (0.3, 0.8) if kind == "answerable" else (0.35, 0.3)
        sentences = tuple({name: rng.gauss(level, 0.15) for name in FEATURES} for level in levels)
        yield Example(sentences, kind, source, f"question {number}", 100)


def test_a_fit_separates_what_can_be_separated_at_the_stated_price():
    fitted = fit(list(_examples()), "model")
    refused = fitted.provenance["refused_on_tuning_data"]
    assert refused["a file: answerable"] <= TARGET_WRONG_REFUSALS + 0.01
    assert refused["a file: off_topic"] >= 0.95
    assert fitted.embedder == "model"
    assert fitted.provenance["data"]["a file"]["questions"] == dict.fromkeys(
        ("answerable", "impossible", "removed", "off_topic"), 50
    )


def test_the_sentence_with_the_most_evidence_carries_the_answer():
    fitted = fit(list(_examples()), "model")
    weak, strong = dict.fromkeys(FEATURES, 0.2), dict.fromkeys(FEATURES, 0.9)
    assert fitted.carrier([weak, strong]) == (1, fitted.confidence(strong))
    assert fitted.carrier([]) == (0, 0.0)


def test_the_default_threshold_holds_for_all_files_together_and_not_for_the_built_in_ones():
    easy = list(_examples())
    hard = [
        replace(
            e, source="hard", sentences=tuple({n: v - 0.1 for n, v in row.items()} for row in e.sentences)
        )
        for e in _examples()
    ]
    fitted = fit([*easy, *hard, *_examples(source="built-in tuning")], "model")
    refused = fitted.provenance["refused_on_tuning_data"]
    together = (refused["a file: answerable"] + refused["hard: answerable"]) / 2
    assert together == pytest.approx(TARGET_WRONG_REFUSALS, abs=0.015)
    assert refused["a file: answerable"] < refused["hard: answerable"]


def test_the_threshold_of_the_shared_corpus_parts_its_own_questions_as_well_as_any_other():
    built_in = [*_examples(source="built-in tuning"), *_examples(40, source="built-in development")]
    fitted = fit([*_examples(), *built_in], "model")

    def gain(threshold):
        refused = {True: [], False: []}
        for example in built_in:
            confidence = fitted.carrier(example.sentences)[1]
            refused[example.kind == "answerable"].append(confidence < threshold)
        return np.mean(refused[False]) - np.mean(refused[True])

    best = gain(fitted.threshold(SHARED))
    assert best > 0.9
    assert all(gain(other) <= best for other in np.linspace(0, 1, 500))


def test_the_shipped_calibration_is_what_its_stored_evidence_gives():
    shipped = load_calibration()
    again = fit(read_examples(), shipped.embedder)
    assert again.intercept == pytest.approx(shipped.intercept, abs=0.02)
    for name, weight in shipped.weights.items():
        assert again.weights[name] == pytest.approx(weight, abs=0.02), name
    for corpus, threshold in shipped.thresholds.items():
        assert again.threshold(corpus) == pytest.approx(threshold, abs=0.005), corpus
    assert again.provenance["data"] == shipped.provenance["data"]


def test_stored_evidence_covers_every_question_it_names():
    stored = {(example.source, example.question) for example in read_examples()}
    for half in BUILT_IN:
        assert {(f"built-in {half}", question.text) for question in load_questions(half)} <= stored
    for name in SQUAD_FILES:
        assert {(name, question.text) for question in read_squad(FOLDER / name).questions} <= stored
    assert len(read_distractors()) >= 500


def test_no_held_out_question_is_calibrated_on():
    asked = {example.question for example in read_examples()}
    assert not asked & {question.text for question in load_questions("test")}
    assert not asked & {question.text for question in read_squad(FOLDER / "encyclopedia_test.json").questions}


def test_stored_evidence_is_what_the_product_measures(corpus):
    """Every eleventh built-in tuning question; the soak test measures all of them. Of two sentences with nearly one
    score either may be the third that is read: processors round differently.
    """
    stored = [example for example in read_examples() if example.source == "built-in tuning"][::11]
    assert len(stored) >= 7
    confidence = load_calibration().carrier
    for example in stored:
        measured = evidence_for(corpus, example.question)
        assert len(measured) == len(example.sentences), example.question
        known = [pytest.approx(expected, abs=0.03) for expected in example.sentences]
        assert sum(row not in known for row in measured) <= 1, example.question
        sure, expected = confidence(measured)[1], confidence(example.sentences)[1]
        assert sure == pytest.approx(expected, abs=0.03), example.question


@pytest.mark.soak
def test_measuring_all_evidence_anew_gives_the_shipped_calibration(corpus):
    shipped = load_calibration()
    again, examples = calibrate(corpus, tell=lambda message: None)
    assert len(examples) == len(read_examples())
    for name, weight in shipped.weights.items():
        assert again.weights[name] == pytest.approx(weight, abs=0.25), name
    for name, threshold in shipped.thresholds.items():
        assert again.threshold(name) == pytest.approx(threshold, abs=0.03), name


def test_a_named_file_that_is_missing_is_told_before_anything_is_measured(corpus, tmp_path, monkeypatch):
    monkeypatch.setattr(fitting, "shipped_examples", lambda *arguments: pytest.fail("it was measured"))
    with pytest.raises(BadInput, match="cannot be read"):
        calibrate(corpus, files=[tmp_path / "absent.json"], tell=lambda message: None)
    with pytest.raises(BadInput, match="cannot be read"):
        calibrate(corpus, off_topic=tmp_path / "absent.txt", tell=lambda message: None)


def test_damaged_evidence_is_named_with_the_remedy(tmp_path):
    path = tmp_path / "examples.jsonl"
    path.write_text('{"source": "x"}\n')
    with pytest.raises(StoreError, match=r"examples\.jsonl") as caught:
        read_examples(path)
    assert "calibrate" in caught.value.hint
    write_examples(_examples(4), path)
    assert read_examples(path) == list(_examples(4))


def test_questions_of_one_kind_cannot_be_fitted():
    with pytest.raises(BadInput):
        fit([example for example in _examples() if example.kind == "answerable"], "model")


def test_a_saved_calibration_is_read_again_and_a_damaged_one_is_named(tmp_path, monkeypatch):
    path = tmp_path / "calibration.json"
    monkeypatch.setattr(module, "CALIBRATION_FILE", path)
    save(fit(list(_examples()), "model"), path)
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
    before, after = _evidence(base, asked), _evidence(base, changed)
    assert after[0][feature] < before[0][feature]
    assert load_calibration().carrier(after)[1] < load_calibration().carrier(before)[1]


def test_a_name_in_another_spelling_is_met_and_another_name_is_not(embedder):
    from core.rag import open_knowledge_base

    base = open_knowledge_base(None)
    base.add_text("Céloron crossed the lake for the Royal Navy Board in 1749.", name="history")
    for name, met in (("Celeron", True), ("RNB", True), ("Bougainville", False)):
        evidence = _evidence(base, f"When did {name} cross the lake?")[0]
        assert (evidence["known"] == evidence["names"] == 1.0) is met, name


def test_words_of_a_questions_form_hardly_count(embedder):
    from core.rag import open_knowledge_base

    base = open_knowledge_base(None)
    base.add_text("The deck of the bridge is painted by two men. The toll is low.", name="bridge")
    formal, other = (
        _evidence(base, f"Who {word} paints the deck of the bridge?")[0]["words"]
        for word in ("typically", "secretly")
    )
    assert formal > other + 0.15


def test_a_word_of_the_same_sense_meets_a_word_of_the_question(embedder):
    from core.rag import open_knowledge_base

    base = open_knowledge_base(None)
    base.add_text("The association was established in 1903. It has 40 members.", name="history")
    same, other = (
        _evidence(base, f"When was the association {word}?")[0]["words"] for word in ("founded", "painted")
    )
    assert same > 0.85 > other
