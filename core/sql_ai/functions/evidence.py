"""Concepts that can be seen in a text directly: money, contact data, dates, crashes, languages and the like."""

import re
import tomllib
from functools import cache
from typing import Any

from core.sql_ai.functions.redact_names import name_spans
from core.sql_ai.functions.redact_patterns import DATE, cards, emails, phones, postal_addresses
from core.sql_ai.functions.text import DATA, stem, word_list, words

_LETTER_HINTS = {
    "french": "le la les des est une je vous pas avec pour mais que dans merci bonjour très",
    "spanish": "el los las es una con para pero que en muy gracias hola no está por mi",
    "german": "der die das und ist nicht mit ein eine ich sie auf sehr bitte danke für",
    "italian": "il gli è una con per ma che di molto grazie sono della",
    "portuguese": "o os é uma com para mas que em muito obrigado não você",
    "english": "the and is was it to of for with not this that have i my on are be",
}


def concept_hit(topic: str, text: str) -> bool | None:
    """Return whether the text shows the concept a topic names, or None when the topic names none that can be seen."""
    asked = set(words(topic))
    language = next((name for name in _LETTER_HINTS if name in asked), None)
    if language and asked & {"in", "language", "written", "is", language} and len(asked) <= 6:
        return detect_language(text) == language
    if topic.strip().lower() in ("question", "a question") or asked <= {"a", "question", "asks", "asking"}:
        return "?" in text
    found = [concept for concept in _concepts() if concept.asks(asked)]
    if any(concept.shown(text) for concept in found):
        return True
    return False if any(not concept.open_ended for concept in found) else None


def concept_shown(topic: str, text: str) -> bool:
    """Return whether the text shows, by its words, a concept that the topic names."""
    asked = set(words(topic.replace("_", " ")))
    return any(concept.asks(asked) and concept.shown(text) for concept in _concepts())


def detect_language(text: str) -> str:
    """Return the most likely language of a text by its commonest words; 'english' when nothing speaks against it."""
    found = words(text)
    counts = {name: sum(word in hints.split() for word in found) for name, hints in _LETTER_HINTS.items()}
    return max(counts, key=lambda name: (counts[name], name == "english"))


class _Concept:
    """A concept: the words that ask for it, the stems and patterns that show it."""

    def __init__(self, name: str, entry: dict[str, Any]) -> None:
        self.name = name
        self.open_ended = bool(entry.get("open", False))
        self._asked = {stem(word) for word in words(entry["asked"])}
        self._stems = {stem(word) for word in words(entry.get("shown", ""))}
        self._phrases = [phrase.strip() for phrase in entry.get("phrases", "").split(",") if phrase.strip()]
        self._pattern = re.compile(entry["pattern"], re.IGNORECASE) if "pattern" in entry else None

    def asks(self, asked: set[str]) -> bool:
        """Tell whether a topic is about nothing but this concept."""
        content = {stem(word) for word in asked if word not in word_list("stopwords") and word not in _EMPTY}
        return bool(content) and content <= self._asked

    def shown(self, text: str) -> bool:
        """Tell whether a text shows the concept."""
        found = words(text)
        lowered = " ".join(found)
        return (
            bool(self._stems & {stem(word) for word in found})
            or any(f" {phrase} " in f" {lowered} " for phrase in self._phrases)
            or (self._pattern is not None and self._pattern.search(text) is not None)
            or self._seen_by_finder(text)
        )

    def _seen_by_finder(self, text: str) -> bool:
        finders = {
            "email": (emails,),
            "phone": (phones,),
            "contact": (emails, phones, postal_addresses),
            "card": (cards,),
            "person": (name_spans,),
            "address": (postal_addresses,),
        }
        return any(True for find in finders.get(self.name, ()) for _ in find(text))


_EMPTY = frozenset(
    [
        "any",
        "kind",
        "sort",
        "form",
        "some",
        "something",
        "anything",
        "thing",
        "matter",
        "topic",
        "issue",
        "issues",
        "problem",
        "problems",
        "information",
        "details",
        "mention",
        "mentioned",
        "explicit",
        "clearly",
        "specific",
        "certain",
        "customer",
        "user",
    ]
)


@cache
def _concepts() -> tuple[_Concept, ...]:
    with (DATA / "concepts.toml").open("rb") as file:
        entries = tomllib.load(file)
    entries["date"]["pattern"] = DATE + "|" + entries["date"]["pattern"]
    return tuple(_Concept(name, entry) for name, entry in entries.items())
