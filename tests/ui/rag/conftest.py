"""Answers made by hand: the page's parts need no model to be tested."""

from collections.abc import Callable

import pytest

from core.rag.documents import Passage
from core.rag.events import Answer, AnswerSentence, Quote
from core.ui.rag.state import ChatSettings, Turn


@pytest.fixture
def make_turn() -> Callable[..., Turn]:
    """``make_turn(text, origin="upload", question="x")``: a turn that quotes the whole of one passage."""

    def make(
        text: str = "Porto has 25 days.",
        *,
        origin: str = "corpus",
        question: str = "How many days?",
        document: str = "leave.md",
        refused: bool = False,
    ) -> Turn:
        passage = Passage(
            text=text,
            document=document,
            chunk_id="c1",
            score=0.57,
            scores={"vector": 0.75, "keyword": 0.39, "fused": 0.57, "rerank": None},
            ranks={"vector": 1, "keyword": 2, "hybrid": 1},
            start=0,
            end=len(text),
            page=3,
            heading="Leave › Annual",
            origin=origin,
        )
        quote = Quote(1, 0, len(text), text)
        sentences = () if refused else (AnswerSentence(text, (1,), 1.0, (quote,)),)
        answer = Answer(
            question=question,
            text="I don't know." if refused else f"{text} [1]",
            refused=refused,
            sentences=sentences,
            passages=(passage,),
            confidence=0.9,
            threshold=0.5,
            generator="extractive",
            reason="Nothing about it." if refused else "",
        )
        return Turn(question, ChatSettings(4, "hybrid", "auto"), answer, elapsed_ms=12.3)

    return make
