"""Texts made to keep a pattern busy: each is looked through in time that grows with its length, not with its square.

Nothing can stop a pattern of `re` while it tries: a thousand blanks in one cell once kept every visitor waiting.
"""

import time

import pytest

from core.sql_ai.functions import answering, claims, lexicon, text
from core.sql_ai.functions.redact_names import name_spans
from core.sql_ai.functions.redact_patterns import FINDERS, emails

pytestmark = pytest.mark.timeout(60)
RUNS = (
    " ",
    "\n",
    "\t",
    " \n",
    "a",
    "ab",
    "a ",
    "A ",
    "1",
    "1,",
    "1.",
    "a.",
    "@a.",
    ", ",
    "! ",
    "May ",
    "From A ",
)
LENGTH = 30_000
MOST_S = 2.0  # seconds, on a busy machine; the patterns that were quadratic took minutes, cubic ones days


def hostile(run: str, length: int = LENGTH) -> str:
    return "The food was good" + (run * length)[:length] + "and the staff bad."


def seconds(look, value: str) -> float:
    started = time.perf_counter()
    look(value)
    return time.perf_counter() - started


LOOKS = {
    "clauses": text.clauses,
    "turn": text.turn,
    "sentences": text.sentences,
    "words": text.words,
    "claim": claims.parse,
    "lexicon": lexicon.lexicon_features,
    "drawn out": lambda value: lexicon.tidied(value, frozenset()),
    "names": lambda value: list(name_spans(value)),
    "emails": lambda value: list(emails(value)),
}


@pytest.mark.parametrize("run", RUNS)
@pytest.mark.parametrize("name", LOOKS)
def test_a_long_run_is_looked_through_at_once(name: str, run: str) -> None:
    assert seconds(LOOKS[name], hostile(run)) < MOST_S


@pytest.mark.parametrize("run", RUNS)
def test_every_kind_of_answer_is_looked_for_at_once(run: str) -> None:
    for kind in answering._KINDS:
        assert seconds(kind.find, hostile(run)) < MOST_S, kind.name


@pytest.mark.parametrize("run", RUNS)
def test_personal_data_is_looked_for_at_once_in_the_longest_text_that_is_redacted(run: str) -> None:
    for find in FINDERS:
        assert seconds(lambda value, find=find: list(find(value)), hostile(run, 8_000)) < MOST_S


def test_gaps_are_closed_and_line_breaks_kept() -> None:
    assert text.without_gaps("a  b   c\n\n\n\nd \n  e") == "a  b c\n\nd\ne"
    assert text.clauses("good   ,   but     bad") == text.clauses("good , but bad") == ["good", "bad"]
