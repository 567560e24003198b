"""Sentiment by word lists: phrases first, then words, with negation and contrast."""

import re
import tomllib
from dataclasses import dataclass
from functools import cache

from core.sql_ai.functions.text import DATA, stem

NEGATION_REACH = 4  # words after a negator whose verdict it turns around
FEATURES = ("lexicon", "lexicon_end", "lexicon_positive", "lexicon_negative", "negations", "exclamations")
_TOKEN = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*|[.,;!?]")
_TURNED = 0.7  # 'not good' is less bad than 'bad'


@dataclass(frozen=True)
class Lexicon:
    """Stems of single words, and phrases by their first word; every verdict is +1 or -1."""

    words: dict[str, float]
    phrases: dict[str, list[tuple[tuple[str, ...], float]]]
    negators: frozenset[str]
    boosters: frozenset[str]
    contrast: frozenset[str]


@cache
def lexicon() -> Lexicon:
    """Return the lexicon of assets/sql/data/sentiment_lexicon.toml."""
    with (DATA / "sentiment_lexicon.toml").open("rb") as file:
        lists = tomllib.load(file)
    words = {stem(word): 1.0 for word in lists["positive"].split()}
    words |= {stem(word): -1.0 for word in lists["negative"].split()}
    phrases: dict[str, list[tuple[tuple[str, ...], float]]] = {}
    for name, verdict in (("positive_phrases", 1.0), ("negative_phrases", -1.0)):
        for phrase in lists[name].replace("\n", " ").split(","):
            tokens = tuple(phrase.split())
            if tokens:
                phrases.setdefault(tokens[0], []).append((tokens, verdict))
    for known in phrases.values():
        known.sort(key=lambda entry: -len(entry[0]))
    return Lexicon(
        words, phrases, *(frozenset(lists[name].split()) for name in ("negators", "boosters", "contrast"))
    )


def lexicon_features(text: str) -> list[float]:
    """Return the numbers named in FEATURES: balance, balance after the last contrast, hits, negations, exclamations."""
    tokens = [token.lower().replace("’", "'") for token in _TOKEN.findall(text)]
    verdicts = _verdicts(tokens)
    last = max((place for place, token in enumerate(tokens) if token in lexicon().contrast), default=0)
    end = [value for place, value in verdicts if place >= last]
    values = [value for _, value in verdicts]
    return [
        _squash(sum(values)),
        _squash(sum(end)) if last else _squash(sum(values)),
        _squash(sum(value for value in values if value > 0)),
        _squash(-sum(value for value in values if value < 0)),
        min(3.0, sum(token in lexicon().negators for token in tokens)) / 3.0,
        min(3.0, tokens.count("!")) / 3.0,
    ]


def _verdicts(tokens: list[str]) -> list[tuple[int, float]]:
    """Return (place, verdict) for each phrase and word found, negation applied."""
    known = lexicon()
    found: list[tuple[int, float]] = []
    place = 0
    while place < len(tokens):
        phrase = _phrase_at(tokens, place)
        if phrase:
            found.append((place, 1.5 * phrase[1]))
            place += len(phrase[0])
            continue
        verdict = known.words.get(stem(tokens[place]), 0.0)
        if verdict:
            boost = 1.3 if place and tokens[place - 1] in known.boosters else 1.0
            found.append((place, verdict * boost * (-_TURNED if _negated(tokens, place) else 1.0)))
        place += 1
    return found


def _phrase_at(tokens: list[str], place: int) -> tuple[tuple[str, ...], float] | None:
    for phrase, verdict in lexicon().phrases.get(tokens[place], ()):
        if tuple(tokens[place : place + len(phrase)]) == phrase:
            return phrase, verdict
    return None


def _negated(tokens: list[str], place: int) -> bool:
    """Whether a negator stands shortly before, with no punctuation or contrast word in between."""
    for word in reversed(tokens[max(0, place - NEGATION_REACH) : place]):
        if word in ".,;!?" or word in lexicon().contrast:
            return False
        if word in lexicon().negators:
            return True
    return False


def _squash(value: float) -> float:
    return value / (1.0 + abs(value))
