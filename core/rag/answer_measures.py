"""How an answer is compared with gold answers: SQuAD's exact match and F1, and whether it contains one.

Normalisation as in the official SQuAD 2.0 script: lower case, no punctuation, no articles, single spaces.
"""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Sequence

_ARTICLES = re.compile(r"\b(?:a|an|the)\b")
_PUNCTUATION = str.maketrans("", "", string.punctuation)
_MARKS = re.compile(r"(?<!\s)\s*+\[\d{1,3}\]")


def normalise_answer(text: str) -> str:
    """The text as it is compared; citation marks [n] are dropped."""
    words = _MARKS.sub("", text).lower().translate(_PUNCTUATION)
    return " ".join(_ARTICLES.sub(" ", words).split())


def contains_gold(text: str, gold: Sequence[str]) -> bool:
    """Whether the text holds any gold answer as whole words."""
    padded = f" {normalise_answer(text)} "
    return any(f" {wanted} " in padded for wanted in map(normalise_answer, gold) if wanted)


def exact_match(text: str, gold: Sequence[str]) -> bool:
    """Whether the text is a gold answer."""
    return any(normalise_answer(text) == normalise_answer(answer) for answer in gold)


def token_f1(text: str, gold: Sequence[str]) -> float:
    """The best F1 of shared words over the gold answers."""
    return max((_f1(normalise_answer(text).split(), normalise_answer(g).split()) for g in gold), default=0.0)


def _f1(said: Sequence[str], wanted: Sequence[str]) -> float:
    if not said or not wanted:
        return float(said == wanted)
    shared = sum((Counter(said) & Counter(wanted)).values())
    if not shared:
        return 0.0
    precision, recall = shared / len(said), shared / len(wanted)
    return 2 * precision * recall / (precision + recall)
