"""Questions to ask next, made from headings of the documents that were just read, and tried before."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.rag import Passage, SessionKnowledgeBase
    from core.rag.events import Answer

MOST = 3
_QUESTION_WORDS = (
    "what",
    "which",
    "who",
    "whose",
    "when",
    "where",
    "why",
    "how",
    "if",
    "is",
    "are",
    "do",
    "can",
)

_TRIED = 6  # each costs an extractive answer: some tens of milliseconds


def follow_ups(base: "SessionKnowledgeBase", answer: "Answer", asked: set[str]) -> tuple[str, ...]:
    """At most three questions that the documents of this answer's passages do answer, none asked before.

    They come from headings that the passages do not show; each is answered once, by quotation, and left
    out when that is refused.
    """
    offered: list[str] = []
    for tried, question in enumerate(_candidates(base, answer)):
        if tried == _TRIED or len(offered) == MOST:
            break
        if question not in asked and not base.ask(question, generator="extractive", rerank=False).refused:
            offered.append(question)
    return tuple(offered)


def _candidates(base: "SessionKnowledgeBase", answer: "Answer") -> Iterator[str]:
    shown = {passage.heading for passage in answer.passages}
    seen: set[str] = set()
    for passage in _to_read_on(answer):
        if passage.document in seen:
            continue
        seen.add(passage.document)
        for heading in dict.fromkeys(chunk.heading for chunk in base.chunks(passage.document)):
            title, _, topic = heading.rpartition(" › ")
            if title and _is_a_topic(topic) and heading not in shown:
                yield f"What does “{title.split(' › ')[0]}” say about {_lowered(topic)}?"


def _is_a_topic(heading: str) -> bool:
    """Whether the heading fits behind 'about': a question of its own, or a sentence, does not."""
    first = heading.split(" ")[0].lower()
    return bool(heading) and first not in _QUESTION_WORDS and not heading.endswith(("?", "."))


def _to_read_on(answer: "Answer") -> "list[Passage]":
    """The cited passages; for a refusal the nearest one."""
    cited = sorted({number for numbers in answer.citations for number in numbers})
    return [answer.passages[number - 1] for number in cited] or list(answer.passages[:1])


def _lowered(topic: str) -> str:
    """A heading inside a sentence: 'Sick leave' becomes 'sick leave', 'PIN codes' stays."""
    return topic if topic[1:2].isupper() else topic[:1].lower() + topic[1:]
