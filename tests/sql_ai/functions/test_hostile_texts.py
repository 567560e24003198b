"""Texts made to keep a pattern busy: each is looked through in time that grows with its length, not with its square.

Nothing can stop a pattern of `re` while it tries: a thousand blanks in one cell once kept every visitor waiting.
"""

import pytest

from core.sql_ai.functions import answering, claims, lexicon, text
from core.sql_ai.functions.redact_names import name_spans
from core.sql_ai.functions.redact_patterns import FINDERS, emails
from tests.support.processor import takes_less_than

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
MOST_S = 2.0  # seconds; the slowest takes 0.1, the patterns that were quadratic took minutes, cubic ones days


def hostile(run: str, length: int = LENGTH) -> str:
    return "The food was good" + (run * length)[:length] + "and the staff bad."


def read_at_once(look, value: str) -> None:
    look("The food was good and the staff bad.")  # what a look loads at its first use is not the text's
    with takes_less_than(MOST_S):
        look(value)


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
    read_at_once(LOOKS[name], hostile(run))


@pytest.mark.parametrize("run", RUNS)
def test_every_kind_of_answer_is_looked_for_at_once(run: str) -> None:
    for kind in answering._KINDS:
        read_at_once(kind.find, hostile(run))


@pytest.mark.parametrize("run", RUNS)
def test_personal_data_is_looked_for_at_once_in_the_longest_text_that_is_redacted(run: str) -> None:
    for find in FINDERS:
        read_at_once(lambda value, find=find: list(find(value)), hostile(run, 8_000))


def test_gaps_are_closed_and_line_breaks_kept() -> None:
    assert text.without_gaps("a  b   c\n\n\n\nd \n  e") == "a  b c\n\nd\ne"
    assert text.clauses("good   ,   but     bad") == text.clauses("good , but bad") == ["good", "bad"]
