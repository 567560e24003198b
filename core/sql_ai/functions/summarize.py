"""AI_SUMMARIZE, AI_SUMMARIZE_AGG and AI_AGG: the sentences that say most, in the order they were written.

Extractive on purpose: every word of a summary stands in the input, so nothing can be invented, and a summary is
never longer than its input.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.sql_ai.functions.classify import mood_asked
from core.sql_ai.functions.sentiment import POSITIVE_FROM, score
from core.sql_ai.functions.text import sentences, stem, word_list, words
from core.sql_ai.functions.vectors import vectors

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

UNCHANGED_CHARACTERS = 110  # Snowflake returns a text of up to this length as it is
SHARE_KEPT = 0.35  # of a text's characters
MOST_CHARACTERS = 600  # of a summary of one text or one group
MOST_POINTS = 6  # sentences of an aggregate's answer
_SENTENCES_CONSIDERED = 400  # of one text or group; the first ones
_REDUNDANT = 0.35  # weight of similarity to sentences already chosen
_LEAD = 0.12  # bonus of the first sentence, falling with position


def summarize(texts: list[str]) -> list[str]:
    """Return an extractive summary of each text; a text of up to 110 characters, or of one sentence, as it is."""
    split = [sentences(text)[:_SENTENCES_CONSIDERED] for text in texts]
    worth = [
        len(text) > UNCHANGED_CHARACTERS and len(parts) > 1 for text, parts in zip(texts, split, strict=True)
    ]
    known = vectors(part for parts, wanted in zip(split, worth, strict=True) if wanted for part in parts)
    return [
        _shorter(_by_centrality(parts, known, _budget(text)), text) if wanted else text
        for text, parts, wanted in zip(texts, split, worth, strict=True)
    ]


def summarize_group(groups: list[tuple[str, ...]]) -> list[str]:
    """Return one extractive summary of each group of texts; repeated sentences count once but weigh more."""
    return aggregate([(group, "") for group in groups])


def aggregate(items: list[tuple[tuple[str, ...], str]]) -> list[str]:
    """Return for each (texts, instruction) the sentences that best serve the instruction and represent the group.

    An instruction that asks for a list gives one sentence a line.
    """
    parts = [_distinct_sentences(texts) for texts, _ in items]
    instructions = [instruction for _, instruction in items if instruction.strip()]
    known = vectors([*(part for group in parts for part in group), *instructions])
    return [_answer(group, instruction, known) for group, (_, instruction) in zip(parts, items, strict=True)]


@dataclass(frozen=True)
class _Scored:
    parts: list[str]
    scores: "NDArray[np.float64]"
    similarity: "NDArray[np.float64]"


def _answer(parts: list[str], instruction: str, known: "dict[str, NDArray[np.float32]]") -> str:
    if not parts:
        return ""
    total = sum(map(len, parts)) + len(parts) - 1
    limit = min(MOST_CHARACTERS, max(UNCHANGED_CHARACTERS, int(total * SHARE_KEPT)))
    if total <= UNCHANGED_CHARACTERS and not instruction.strip():
        return " ".join(parts)
    moods = _moods(parts, mood_asked(instruction))
    parts = [part for part in parts if moods.get(part, 0.0) > -POSITIVE_FROM] or parts
    scored = _score(parts, known, lead=0.0)
    if instruction.strip():
        scored = _guided(scored, instruction, known, moods)
    chosen = _choose(scored, limit)
    separator = "\n" if {"list", "bullet", "bullets", "enumerate"} & set(words(instruction)) else " "
    return separator.join(parts[index] for index in chosen)


def _by_centrality(parts: list[str], known: "dict[str, NDArray[np.float32]]", limit: int) -> str:
    scored = _score(parts, known, lead=_LEAD)
    return " ".join(parts[index] for index in _choose(scored, limit))


def _score(parts: list[str], known: "dict[str, NDArray[np.float32]]", lead: float) -> _Scored:
    import numpy as np

    matrix = np.stack([known[part] for part in parts]).astype(np.float64)
    similarity = matrix @ matrix.T
    centre = matrix.mean(axis=0)
    scores = matrix @ (centre / max(float(np.linalg.norm(centre)), 1e-9))
    scores += lead / np.arange(1, len(parts) + 1)
    scores -= np.array([0.15 if len(words(part)) < 4 else 0.0 for part in parts])
    return _Scored(parts, scores, similarity)


def _guided(
    scored: _Scored, instruction: str, known: "dict[str, NDArray[np.float32]]", moods: dict[str, float]
) -> _Scored:
    """Add what the instruction asks for: similarity, shared words, and the mood it names (complaints, praise)."""
    import numpy as np

    matrix = np.stack([known[part] for part in scored.parts]).astype(np.float64)
    ignored = word_list("stopwords") | word_list("instruction_words")
    wanted = {stem(word) for word in words(instruction) if word not in ignored}
    shared = [
        len(wanted & {stem(word) for word in words(part)}) / (len(wanted) or 1) for part in scored.parts
    ]
    total = 0.4 * scored.scores + matrix @ known[instruction].astype(np.float64) + 0.5 * np.array(shared)
    total += 0.6 * np.array([moods.get(part, 0.0) for part in scored.parts])
    return _Scored(scored.parts, total, scored.similarity)


def _moods(parts: list[str], mood: int) -> dict[str, float]:
    """How far each sentence is of the mood that is asked for, -1..1; nothing when none is."""
    return {part: mood * found for part, found in zip(parts, score(parts), strict=True)} if mood else {}


def _choose(scored: _Scored, limit: int) -> list[int]:
    """Return the chosen positions in reading order: best score first, minus similarity to those already chosen."""
    import numpy as np

    chosen: list[int] = []
    left = limit
    gain = scored.scores.copy()
    while len(chosen) < min(MOST_POINTS, len(scored.parts)):
        order = [int(index) for index in np.argsort(-gain, kind="stable") if int(index) not in chosen]
        fitting = [index for index in order if len(scored.parts[index]) <= left] or ([] if chosen else order)
        if not fitting:
            break
        chosen.append(fitting[0])
        left -= len(scored.parts[fitting[0]]) + 1
        gain = scored.scores - _REDUNDANT * scored.similarity[:, chosen].max(axis=1)
    return sorted(chosen)


def _distinct_sentences(texts: tuple[str, ...]) -> list[str]:
    parts = [part for text in texts for part in sentences(text)]
    return list(dict.fromkeys(parts))[:_SENTENCES_CONSIDERED]


def _budget(text: str) -> int:
    return min(MOST_CHARACTERS, max(UNCHANGED_CHARACTERS, int(len(text) * SHARE_KEPT)))


def _shorter(summary: str, text: str) -> str:
    return summary if len(summary) < len(text) else text
