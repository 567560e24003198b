"""Follow-up questions made self-contained before retrieval, by rules that can be shown and checked.

Three forms: a pronoun ("How much does it weigh?"), an ellipsis ("And in Porto?", "What about 2025?"), and a
bare question word ("Why?"). A question that stands by itself is left as it is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from core.rag.words import Word, content_words, words_of


@dataclass(frozen=True, slots=True)
class Turn:
    """One finished exchange: the self-contained question, the answer's text, the documents it cites."""

    question: str
    answer: str
    refused: bool = False
    documents: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Resolved:
    """A question that can be searched by itself, and what was changed to make it so.

    `by` is who wrote it: the rules, or the model whose rewriting passed the guard. `refused` says why a
    model's rewriting was not used.
    """

    question: str
    changes: tuple[str, ...] = ()
    by: Literal["rules", "endpoint", "local"] = "rules"
    refused: str = ""


_ELLIPSIS = re.compile(
    r"^\s*(?:and|or|but|also|so|ok(?:ay)?|then)?[\s,]*(?:(?:what|how)\s+about|and|or)\s+(?P<rest>.+?)\s*\??\s*$",
    re.IGNORECASE,
)
_BARE = re.compile(
    r"^\s*(?:and\s+|but\s+)?(?P<word>why(?:\s+not)?|how(?:\s+so)?|when|where|who|since when|how (?:much|long"
    r"|many|often))\s*\??\s*$",
    re.IGNORECASE,
)
_PRONOUN = re.compile(
    r"\b(?P<word>it|its|they|them|their|theirs|he|she|him|his|her|hers|this one|that one|these|those|this|that)\b",
    re.IGNORECASE,
)
_NO_REFERENCE = re.compile(
    r"\b(?:is|was|does|will|can|did|would|has) it (?:that|possible|true|necessary|allowed|rain|take)\b"
    r"|\bthat\s+(?:is|are|was|were|has|have)\b",
    re.IGNORECASE,
)
_LEAD = re.compile(
    r"^(?:in|at|for|on|with|to|from|under|after|before|during|of|by|since|until)\s+", re.IGNORECASE
)
_DETERMINER = re.compile(r"^(?:the|a|an)\s+", re.IGNORECASE)
_POSSESSIVES = frozenset(["its", "their", "theirs", "his", "hers"])
_DEMONSTRATIVES = frozenset(["this", "that", "these", "those"])
_NOUN_PHRASE = re.compile(
    r"\b(?:the|a|an|our|my|your)\s+((?:[\w'-]+\s+){0,3}?[\w'-]+)(?=\s+(?:is|are|was|were|do|does|did|has|have"
    r"|can|may|must|of|in|"
    r"for|at|on|to|from|under|with|when|if|by|and|be|cost|need|last|run)\b|\s*[?.,]|$)",
    re.IGNORECASE,
)


def resolve(question: str, history: Sequence[Turn]) -> Resolved:
    """The question with what it leaves unsaid filled in from the last exchange; `changes` say how, in words."""
    if not history:
        return Resolved(question)
    last = history[-1].question
    if bare := _BARE.match(question):
        return Resolved(
            f"{bare.group('word').capitalize()}: {last}",
            (f"{bare.group('word')!r} asks on about the question before",),
        )
    if ellipsis := _ELLIPSIS.match(question):
        return _completed(ellipsis.group("rest"), last)
    return _without_pronouns(question, last)


def _completed(rest: str, last: str) -> Resolved:
    """The last question with one part exchanged for the new one: "And in Porto?" for "... in Maribor?"."""
    new = _LEAD.sub("", rest)
    if len(content_words(words_of(rest))) > 3 and re.match(
        r"(?:what|who|when|where|why|how|which)\b", rest, re.I
    ):
        return _without_pronouns(f"{rest}?", last)  # a whole question behind "and"
    lead = rest[: len(rest) - len(new)].strip().lower()
    replaced = _counterpart(new, lead, last)
    if replaced is None:
        return Resolved(f"{last.rstrip(' ?')} {rest}?", (f"asked about {rest!r} as before",))
    start, end = replaced
    if re.search(r"\b(?:the|a|an)\s+$", last[:start], re.IGNORECASE):
        new = _DETERMINER.sub("", new)
    return Resolved(last[:start] + new + last[end:], (f"{last[start:end]!r} became {new!r}",))


def _counterpart(new: str, lead: str, last: str) -> tuple[int, int] | None:
    """Where in the last question the part of the same sort stands: a number for a number, a name for a name,
    what follows the same preposition; the last one when there are several."""
    sort = _sort(words_of(f"x {new}")[1:])
    spans = [span for span, kind in _spans(last) if kind == sort]
    after_lead = [
        span for span in spans if lead and re.search(rf"\b{lead}\s+(?:the\s+)?$", last[: span[0]], re.I)
    ]
    if after_lead:
        return after_lead[-1]
    if spans:
        return spans[-1]
    if lead and (match := re.search(rf"\b{lead}\s+((?:the\s+)?[\w'-]+(?:\s+[\w'-]+)?)\s*\??$", last, re.I)):
        return match.span(1)
    return None


def _sort(words: Sequence[Word]) -> str:
    if any(word.is_name for word in words):
        return "name"
    return "number" if any(word.number is not None for word in words) else "other"


def _spans(text: str) -> list[tuple[tuple[int, int], str]]:
    """Runs of names, and numbers, in a question."""
    spans: list[tuple[tuple[int, int], str]] = []
    for word in words_of(text):
        kind = "name" if word.is_name else "number" if word.number is not None else ""
        if not kind:
            continue
        if spans and kind == "name" == spans[-1][1] and word.start - spans[-1][0][1] == 1:
            spans[-1] = ((spans[-1][0][0], word.end), kind)
        else:
            spans.append(((word.start, word.end), kind))
    return spans


def _without_pronouns(question: str, last: str) -> Resolved:
    match = next((m for m in _PRONOUN.finditer(question) if _refers(question, m)), None)
    if match is None or _NO_REFERENCE.search(question):
        return Resolved(question)
    topic = _topic(last)
    if not topic:
        return Resolved(question)
    word = match.group("word")
    if word.lower() in _DEMONSTRATIVES and re.match(r"\s+\w", question[match.end() :]):
        # "this contract": the noun stays, the topic is added.
        topic = f"{word} ({_DETERMINER.sub('', topic)})"
    elif word.lower() in _POSSESSIVES or (
        word.lower() == "her" and re.match(r"\s+\w", question[match.end() :])
    ):
        topic = f"{topic}'s"
    text = question[: match.start()] + topic + question[match.end() :]
    return Resolved(text[0].upper() + text[1:], (f"{word!r} stands for {_topic(last)!r}",))


def _refers(question: str, match: re.Match[str]) -> bool:
    """Whether a pronoun looks back before the question: nothing in front of it that it could mean."""
    before = words_of(question[: match.start()])
    named = any(word.is_name for word in before)
    word = match.group("word").lower()
    if word == "that" and re.search(r"\w\s+$", question[: match.start()]) and before and before[-1].stem:
        return False  # "the machine that ...": a relative clause
    return not named


def _topic(last: str) -> str:
    """What the last question was about: its last name with what belongs to it, else its last noun phrase."""
    names = [span for span, kind in _spans(last) if kind == "name"]
    if names:
        start, end = names[-1]
        number = re.match(r"\s\d[\w.]*", last[end:])  # "the Grain 64": the number is part of the name
        end += len(number.group()) if number else 0
        article = re.search(r"\b(the\s+)$", last[:start], re.IGNORECASE)
        return ("the " if article else "") + last[start:end]
    phrases = _NOUN_PHRASE.findall(last)
    if phrases:
        return f"the {phrases[-1]}"
    words = content_words(words_of(last))
    return words[-1].text if words else ""
