"""Does a sentence say the opposite of what a question asks? Opposites, negation, other counts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from core.rag.matching import read_text
from core.rag.questions import Question
from core.rag.synonyms import has_synonym
from core.rag.words import Word, are_opposites, negated_stems, ordinal_value, words_of

_NEGATION = re.compile(
    r"\b(?:not(?! only\b)|never|neither|nor|cannot|without|except|no(?!-| longer\b))\b|n['’]t\b",
    re.IGNORECASE,
)
_DENIAL = re.compile(
    r"\b(?:not(?! only\b)|never|neither|nor|cannot|without|no(?!-)|none|nobody|nothing|hardly|rarely)\b|n['’]t\b",
    re.IGNORECASE,
)
_DENYING_WORD = re.compile(
    r"\b(?:unable|fail\w*|refus\w*|lack\w*|exclu\w*|except|prohibit\w*|forbid\w*|un(?!i)\w+(?:ed|ly))\b",
    re.IGNORECASE,
)
_BORDER = re.compile(
    r"[,;:.()]|\b(?:but|although|except|until|because|and|if|when|that|which|who|since)\b", re.IGNORECASE
)
_CLAUSE = r"(?:that|which|who|whom|whose|what|where|when|how|why|if|because)\b"
_SUBJECT = r"(?:i|we|you|he|she|it|they)\b"
_OBJECT_ASKED_FOR = rf"(?:(?!{_CLAUSE}|{_SUBJECT})[\w'’-]+\s+){{0,6}}?"
_SUBJECT_ASKED_ABOUT = rf"(?:(?!{_CLAUSE})[\w'’-]+\s+){{0,6}}?"
_AUXILIARY = "is|are|was|were|do|does|did|has|have|had|can|could|should|must|will|would|may|might"
_ASKS_WHAT_IS_NOT = re.compile(
    rf"(?:[^?]*,)?\W*(?:\w+\s+)?\b(?:who|whom|whose|what|which|where|when|why|how)\b\s+{_OBJECT_ASKED_FOR}"
    rf"(?:(?:(?:{_AUXILIARY}|ca|wo)n['’]t|cannot|never)\b"
    rf"|(?:{_AUXILIARY})\s+{_SUBJECT_ASKED_ABOUT}(?:not(?! only\b)|never|neither)\b)",
    re.IGNORECASE,
)
_COVERED_WORDS = 4
_AFFIRMED_WORDS = 2


def opposed_words(question: Question, sentence: str) -> tuple[str, ...]:
    """The question's words that `sentence` says the opposite of; empty when the two agree.

    Opposed are: a word whose opposite is said instead ("first", "last"); one that only the sentence negates,
    or only the question ("What is not covered?" and "... is covered"); one that is counted otherwise
    ("the third invasion", "the second invasion").
    """
    said = read_text(sentence).stems
    opposites = [
        word
        for word in question.keywords
        if word.stem not in said and any(are_opposites(word.stem, stem) for stem in said)
    ]
    found = [*opposites, *_denied(question, sentence, said), *_miscounted(question, sentence)]
    return tuple(dict.fromkeys(word.text for word in found))


def _denied(question: Question, sentence: str, said: frozenset[str]) -> Sequence[Word]:
    """What only one of the two negates. A negation in a clause of the question ("who cannot come") is part
    of what is asked about, and counts when the sentence affirms the two words that follow it."""
    asked = _ASKS_WHAT_IS_NOT.match(question.text)
    if asked is not None:
        covered = _behind(question, asked.end()) or list(question.keywords)
        return () if _denies(sentence, covered) else covered
    negated = negated_stems(sentence)
    negations = list(_NEGATION.finditer(question.text))
    if not negations:
        return [word for word in question.keywords if word.stem in negated]
    covered = _behind(question, negations[0].end())[:_AFFIRMED_WORDS]
    affirmed = [word for word in covered if word.stem in said - negated]
    return affirmed if len(affirmed) == _AFFIRMED_WORDS and not _denies(sentence, covered) else ()


def _behind(question: Question, start: int) -> list[Word]:
    """The first words behind a negation of the question, without names."""
    words = [word for word in question.keywords if word.start >= start]
    return [word for word in words[:_COVERED_WORDS] if not word.is_name]


def _denies(sentence: str, covered: Sequence[Word]) -> bool:
    """Whether a sentence negates one of these words in the clause it stands in, or denies by a word of its own."""
    if _DENYING_WORD.search(sentence):
        return True
    borders = [0, *(match.start() for match in _BORDER.finditer(sentence)), len(sentence)]
    for denial in _DENIAL.finditer(sentence):
        start = max(border for border in borders if border <= denial.start())
        end = min(border for border in borders if border >= denial.end())
        clause = read_text(sentence[start:end]).stems
        if any(word.stem in clause or has_synonym(word.stem, clause) for word in covered):
            return True
    return False


def _miscounted(question: Question, sentence: str) -> Sequence[Word]:
    """What question and sentence give another number to, where the sentence holds the question's nowhere."""
    asked, said = _counted(question.text), _counted(sentence)
    there = {count for word in words_of(sentence) if (count := _count(word))}
    return [
        word
        for stem, (word, count) in asked.items()
        if stem in said and count not in there and said[stem][1][0] == count[0]
    ]


def _counted(text: str) -> dict[str, tuple[Word, tuple[str, float]]]:
    """Counting words ("third", "20th", "three"; no figures) by the stem of the word they stand before."""
    words = words_of(text)
    return {
        counted.stem: (word, count)
        for word, counted in pairwise(words)
        if counted.stem
        and text[word.end : counted.start] in (" ", "-")
        and (count := _count(word))
        and (count[0] == "order" or word.text.isalpha())
    }


def _count(word: Word) -> tuple[str, float] | None:
    """Whether a word puts in order or counts, and its value; None when it does neither."""
    order = ordinal_value(word.text)
    if order is not None:
        return "order", float(order)
    return ("amount", word.number) if word.number is not None else None
