"""What the RAG Chat page remembers, and the knowledge base behind it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import streamlit as st

from core.config import settings
from core.ui import frame

if TYPE_CHECKING:
    from core.rag import KnowledgeBase, SessionKnowledgeBase
    from core.rag.conversation import Turn as Exchange
    from core.rag.events import Answer

KEY = "rag_chat"
_TURNS, _BASE = f"{KEY}_turns", f"{KEY}_base"
_MOST_TURNS = 50


@dataclass(frozen=True, slots=True)
class ChatSettings:
    """How the next question is searched and answered."""

    k: int
    mode: str
    generator: str
    threshold: float | None
    rerank: bool

    @property
    def label(self) -> str:
        """A short description for a comparison's heading."""
        rerank = ", reranked" if self.rerank else ""
        return f"{self.generator}, {self.mode}, k = {self.k}{rerank}"


@dataclass(frozen=True, slots=True)
class Turn:
    """A question with its answer and the settings it was asked with; passages stay with it."""

    question: str
    answer: "Answer"
    settings: ChatSettings
    elapsed_ms: float


@st.cache_resource(show_spinner=False)
def shared_corpus() -> "KnowledgeBase":
    """The project's documents, indexed once a process; the same for every visitor and read-only."""
    from core.rag import open_shared_corpus

    return open_shared_corpus()


def knowledge_base() -> "SessionKnowledgeBase":
    """This visitor's view: the shared documents plus what they added, which vanishes with the session."""
    if _BASE not in st.session_state:
        from core.rag import open_session_knowledge_base

        with st.spinner("Opening the documents. The first visit of a new server loads the embedding model."):
            st.session_state[_BASE] = open_session_knowledge_base(shared_corpus())
    base: SessionKnowledgeBase = st.session_state[_BASE]
    return base


def is_open() -> bool:
    """Whether this visitor's knowledge base is open already."""
    return _BASE in st.session_state


def turns() -> list[Turn]:
    """The conversation so far, oldest first."""
    found: list[Turn] = st.session_state.setdefault(_TURNS, [])
    return found


def remember(turn: Turn) -> None:
    """Append to the conversation; the oldest turns fall out beyond a bound."""
    st.session_state[_TURNS] = [*turns(), turn][-_MOST_TURNS:]


def history() -> "list[Exchange]":
    """The finished exchanges, for making a follow-up question self-contained."""
    from core.rag.conversation import Turn as Exchange

    return [Exchange(turn.answer.question, turn.answer.text, turn.answer.refused) for turn in turns()]


def forget() -> None:
    """Drop conversation and uploads; the shared documents stay."""
    base: Any = st.session_state.pop(_BASE, None)
    st.session_state.pop(_TURNS, None)
    if base is not None:
        base.close()


def choose_settings() -> ChatSettings:
    """The settings panel; every choice is in the URL."""
    rag = settings().rag
    k = st.slider(
        "Passages", 1, 10, rag.top_k, key="k", bind="query-params", help="How many passages are retrieved."
    )
    mode = st.segmented_control(
        "Search",
        ["hybrid", "vector", "keyword"],
        default=rag.mode,
        key="mode",
        bind="query-params",
        required=True,
    )
    generator = st.selectbox(
        "Answer by",
        ["auto", "extractive", "local", "endpoint"],
        key="generator",
        bind="query-params",
        help="auto quotes first and adds generated wording only where the passages support it.",
    )
    rerank = st.toggle("Rerank", key="rerank", bind="query-params", help="Late interaction on word vectors.")
    own = st.toggle("Set the refusal threshold by hand", key="manual", bind="query-params")
    threshold = (
        st.slider("Threshold", 0.0, 1.0, 0.45, 0.01, key="threshold", bind="query-params") if own else None
    )
    return ChatSettings(int(k), str(mode), str(generator), threshold, bool(rerank))


def reset_with_page() -> None:
    """Let the frame's Reset button drop conversation and uploads."""
    frame.confirm_reset(KEY, forget)
