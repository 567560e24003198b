"""What carries a sentence of a model: figures and names where the passage says it, not anywhere in it."""

import random
import re
from itertools import pairwise

import pytest

from core.rag.documents import Passage
from core.rag.grounding import check_sentences, sources_of
from core.rag.words import words_of

LEAVE = (
    "Full-time employees have 27 days of paid annual leave in Ghent, 25 days in Porto and 26 days in Maribor. "
    "One further day is added for every five years of service, up to three. "
    "Up to five unused days may be carried over into the next year and must be taken by 31 March."
)
QUESTION = "How many days of leave do I have?"
_FIGURE = re.compile(r"(?<![\w.:-])\d+(?:[.,]\d+)?(?![\w:-])")
_PASSAGE = 1_000


def sources(text):
    return sources_of([Passage(text, "leave.md", "leave.md#0", 1.0, {}, {}, 0, len(text))])


def verdict(sentence, embedder):
    return check_sentences([sentence], sources(LEAVE), QUESTION, embedder)[0]


@pytest.mark.parametrize(
    ("sentence", "figure"),
    [
        ("Full-time employees have 31 days of paid annual leave in Porto.", "31"),
        ("Up to 27 unused days may be carried over into the next year.", "27"),
        ("Unused days must be taken by 26 March.", "26"),
    ],
)
def test_a_figure_that_the_passage_gives_for_something_else_carries_nothing(sentence, figure, embedder):
    found = verdict(sentence, embedder)
    assert found.reasons == (f"the number {figure} does not stand where the passage says this",)
    assert not found.passed


@pytest.mark.parametrize(
    ("sentence", "name"),
    [
        ("Unused days must be taken by 31 March in Maribor.", "Maribor"),
        ("Up to five unused days may be carried over in Ghent.", "Ghent"),
    ],
)
def test_a_name_that_the_passage_gives_for_something_else_carries_nothing(sentence, name, embedder):
    found = verdict(sentence, embedder)
    assert found.reasons == (f"the name {name} does not stand where the passage says this",)


def test_a_name_may_stand_in_the_sentence_before(embedder):
    text = "The academy is led by Luca Ferraro. He signs every certificate within ten days of the exam."
    said = "Every certificate is signed by Luca Ferraro within ten days of the exam."
    assert check_sentences([said], sources(text), QUESTION, embedder)[0].passed


@pytest.mark.parametrize(
    "sentence",
    [
        "Full-time employees in Porto have 25 days of paid annual leave.",
        "Employees have 25 days of annual leave in Porto, and unused days must be taken by 31 March.",
        "Unused days must be taken by 31 March, and full-time employees have 27 days of leave in Ghent.",
    ],
)
def test_figures_of_several_sentences_are_carried_each_by_its_own(sentence, embedder):
    assert verdict(sentence, embedder).passed


def test_of_real_documents_swapped_facts_fall_and_joined_sentences_stand(corpus):
    """Verbatim sentences with a figure or name from elsewhere in their passage, and neighbours in one sentence."""
    choose = random.Random(7)
    passed = {"figures": [], "names": [], "joined": []}
    for info in corpus.documents():
        read = sources(corpus.document(info.id).text[:_PASSAGE])
        made = {
            "figures": list(_swapped(read, _figures, choose)),
            "names": list(_swapped(read, _names, choose)),
            "joined": list(_joined(read)),
        }
        for kind, sentences in made.items():
            passed[kind] += [v.passed for v in check_sentences(sentences, read, QUESTION, corpus.embedder)]
    assert all(len(verdicts) > 40 for verdicts in passed.values())
    share = {kind: sum(verdicts) / len(verdicts) for kind, verdicts in passed.items()}
    assert share["figures"] <= 0.05
    assert share["names"] <= 0.25
    assert share["joined"] >= 0.85


def _figures(text):
    return [match.span() for match in _FIGURE.finditer(text)]


def _names(text):
    return [(word.start, word.end) for word in words_of(text) if word.is_name and word.number is None]


def _swapped(read, facts, choose):
    for source in read:
        own = [(start, end) for start, end in facts(source.text)]
        said = {source.text[start:end] for start, end in own}
        foreign = sorted({other.text[a:b] for other in read for a, b in facts(other.text)} - said)
        if own and foreign:
            start, end = choose.choice(own)
            yield source.text[:start] + choose.choice(foreign) + source.text[end:]


def _joined(read):
    for first, second in pairwise(read):
        if all(_FIGURE.search(source.text) for source in (first, second)):
            yield f"{first.text.rstrip('.')}, and {second.text[0].lower()}{second.text[1:]}"
