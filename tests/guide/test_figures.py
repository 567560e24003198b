"""Each number the guide says is checked against the app here, or the text says that it was measured elsewhere."""

import json
import re

import pytest

from core.config import settings
from core.guide import load_guide
from core.ui.sql_ai.examples import get_example
from core.weights import EMBEDDING_MODEL, verified_weights

GUIDE = load_guide()
ELSEWHERE = "before this app was built"
NUMBER = re.compile(r"(?<![\w.:#])\d[\d,]*(?:\.\d+)?(?![\w:])")
# Numbers that are names or part of an example, with the words around them.
NAMES = re.compile(
    r"version \d|LIMIT \d+|SHA-256|\[1\]|in 1998|BM25|code G4|Grain 64|PYTHON 3|better by 0\.01|champion's AUC by 0\.01"
    r"|into 0 instead|22-million|135-million|Python 3\.\d+|from 0 to 1"
)
CHECKED = {
    "500": lambda: settings().rag.chunk_characters,
    "384": lambda: json.loads((verified_weights(EMBEDDING_MODEL).parent / "config.json").read_text())[
        "hidden_size"
    ],
}
IN_A_SCRIPT = {
    "sentiment": ("640", "398"),
    "search": ("398",),
}  # examples of the SQL page; see the last tests


# An amount in words is a figure as well: "a hundred times", "half a second", "some fifty thousand chunks".
IN_WORDS = re.compile(
    r"\b(?:two|three|four|five|six|ten|twenty|thirty|fifty|a hundred|hundreds of|a third|half an?|several|many"
    r"|a factor of)\b[^.;:]{0,20}?\b(?:seconds?|milliseconds|minutes?|times|gigabytes|megabytes|texts|chunks|passages"
    r"|cores|objects|twice|thousand|percent)\b|\ba (?:second|minute|gigabyte)\b"
)
MEASURED = {"bench", "doc", "setting", "test", "page"}


def told() -> list:
    """Every text that is spoken, with where it stands."""
    texts = [(question.key, question.answer) for question in GUIDE.questions]
    for chapter in GUIDE.chapters:
        texts += [(f"{chapter.key} pitch", chapter.pitch), (f"{chapter.key} walk", chapter.walk)]
        texts += [
            (
                f"{chapter.key}: {story.title}",
                f"{story.situation} {story.action} {story.result} {story.lesson}",
            )
            for story in chapter.stories
        ]
    return [pytest.param(text, id=where) for where, text in texts]


@pytest.mark.parametrize("text", told())
def test_a_number_in_an_answer_is_checked_or_said_to_be_measured_elsewhere(text):
    if ELSEWHERE in text:
        return
    for number in NUMBER.findall(NAMES.sub("", text)):
        assert number in CHECKED, f"{number}: check it, link its measurement instead, or say where it is from"
        assert number.replace(",", "") == str(CHECKED[number]())


@pytest.mark.parametrize(
    "entry",
    [
        *GUIDE.questions,
        *(story for chapter in GUIDE.chapters for story in chapter.stories),
    ],
    ids=lambda entry: getattr(entry, "key", "") or entry.title,
)
def test_an_amount_in_words_has_its_evidence_or_its_source(entry):
    text = getattr(entry, "answer", "") or f"{entry.situation} {entry.action} {entry.result} {entry.lesson}"
    amounts = IN_WORDS.findall(text)
    if amounts and ELSEWHERE not in text:
        assert {reference.kind for reference in entry.show} & MEASURED, amounts


def test_the_words_of_an_amount_are_seen():
    assert IN_WORDS.search("A small Word file takes two gigabytes")
    assert IN_WORDS.search("it took about a hundred times as long")
    assert not IN_WORDS.search("one reference is swapped, and the old model keeps serving")


def test_a_number_in_a_script_is_checked_in_this_file():
    for script in GUIDE.scripts.values():
        for step in script.steps:
            known = IN_A_SCRIPT.get(dict(step.query).get("example", ""), ())
            assert set(NUMBER.findall(NAMES.sub("", step.say))) <= set(known), step.title


def test_the_calls_and_inputs_of_the_first_step_are_those_of_its_query():
    from core.sql_ai import open_session

    session = open_session(
        overrides={"AI_SENTIMENT": lambda texts: ["neutral"] * len(texts)}
    )  # only counted here
    meter = session.execute(get_example("sentiment").sql).meter
    assert (str(meter.calls), str(meter.model_inputs)) == IN_A_SCRIPT["sentiment"]


def test_the_pairs_of_the_second_step_are_the_distinct_reviews():
    from core.sql_ai import open_session

    distinct = open_session().execute("SELECT COUNT(DISTINCT review_text) FROM product_reviews").rows[0][0]
    assert (str(distinct),) == IN_A_SCRIPT["search"]
