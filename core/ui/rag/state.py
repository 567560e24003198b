"""What the RAG Chat page remembers of a visitor, and its settings, which are all in the address."""

import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st

from core.config import settings
from core.errors import HubError
from core.ui import frame
from core.ui.rag.opening import shared_corpus

if TYPE_CHECKING:
    from core.rag import SessionKnowledgeBase
    from core.rag.conversation import Turn as Exchange
    from core.rag.documents import Mode
    from core.rag.events import Answer, GeneratorChoice

KEY = "rag_chat"
VIEWS = ("Chat", "Documents", "Inspector", "Evaluation", "Safety")
MODES: "tuple[Mode, ...]" = ("hybrid", "vector", "keyword")
GENERATORS: "tuple[GeneratorChoice, ...]" = ("auto", "extractive", "local", "endpoint")
MOST_PASSAGES = 10

_TURNS, _BASE = f"{KEY}_turns", f"{KEY}_base"
_MOST_TURNS = 50
_STYLES = Path(__file__).with_name("styles.css")


@dataclass(frozen=True, slots=True)
class ChatSettings:
    """How the next question is searched and answered."""

    k: int
    mode: str
    generator: str
    threshold: float | None = None
    rerank: bool = False
    mask: bool = False

    @property
    def label(self) -> str:
        """A short description, for a badge or the heading of a comparison."""
        extras = [", reranked"] * self.rerank + [", masked"] * self.mask
        limit = "" if self.threshold is None else f", threshold {self.threshold:.2f}"
        return f"{self.generator}, {self.mode}, k = {self.k}{''.join(extras)}{limit}"

    def options(self) -> dict[str, Any]:
        """The settings as arguments of `ask` and `stream`."""
        return {
            "k": self.k,
            "mode": self.mode,
            "generator": self.generator,
            "threshold": self.threshold,
            "rerank": self.rerank,
            "mask_personal_data": self.mask,
        }


@dataclass(frozen=True, slots=True)
class Turn:
    """A question with what came of it: an answer, a problem, or neither when it was stopped.

    Passages stay with the answer, so that its citations open whatever happens to the documents later.
    """

    question: str
    settings: ChatSettings
    answer: "Answer | None" = None
    problem: HubError | None = None
    elapsed_ms: float = 0.0
    kept: bool = False  # taken from this server's recent answers, not computed again
    suggestions: tuple[str, ...] = ()
    id: str = field(default_factory=lambda: uuid.uuid4().hex)


def apply_styles() -> None:
    """Add the page's own style rules (an element of only styles takes no room)."""
    st.html(_STYLES)


def knowledge_base() -> "SessionKnowledgeBase":
    """This visitor's view: the shared documents plus what they added, which vanishes with the session.

    Waits, with a progress bar, while the shared documents are being indexed; raises HubError when that
    fails.
    """
    if _BASE not in st.session_state:
        from core.rag import open_session_knowledge_base

        shared = shared_corpus()
        st.session_state[_BASE] = open_session_knowledge_base(shared)
    base: SessionKnowledgeBase = st.session_state[_BASE]
    return base


def is_open() -> bool:
    """Whether this visitor's knowledge base is open already."""
    return _BASE in st.session_state


def has_uploads() -> bool:
    """Whether this visitor has added a document."""
    return is_open() and knowledge_base().own.corpus_size > 0


def turns() -> list[Turn]:
    """The conversation so far, oldest first."""
    found: list[Turn] = st.session_state.setdefault(_TURNS, [])
    return found


def remember(turn: Turn) -> None:
    """Append to the conversation; the oldest turns fall out beyond a bound."""
    st.session_state[_TURNS] = [*turns(), turn][-_MOST_TURNS:]


def history() -> "list[Exchange]":
    """The answered exchanges, for making a follow-up question self-contained."""
    from core.rag.conversation import Turn as Exchange

    answers = [turn.answer for turn in turns() if turn.answer]
    return [Exchange(answer.question, answer.text, answer.refused) for answer in answers]


def choose_settings() -> ChatSettings:
    """The settings panel; every choice is in the address, and a wrong value there counts as the default."""
    rag = settings().rag
    left, middle, right = st.columns(3, gap="medium")
    with left:
        k = choose_k(rag.top_k)
        mode = st.segmented_control(
            "Search", MODES, default=rag.mode, key="mode", bind="query-params", required=True
        )
    with middle:
        generator = st.selectbox(
            "Answer by",
            GENERATORS,
            key="generator",
            bind="query-params",
            help="auto and extractive quote. local and endpoint let a model speak; what the passages do "
            "not support is replaced by a quotation. auto uses an endpoint when one is configured.",
        )
        rerank = st.toggle(
            "Rerank", key="rerank", bind="query-params", help="Late interaction of the word vectors."
        )
    with right:
        threshold = _choose_threshold()
        mask = choose_mask()
    return ChatSettings(int(k), str(mode), str(generator), threshold, bool(rerank), mask)


def choose_mask() -> bool:
    """The switch for personal data, shared by the views through the address."""
    return bool(
        st.toggle(
            "Mask personal data",
            key="mask",
            bind="query-params",
            help="E-mail addresses, phone numbers, IBANs, card numbers and the like are replaced in what you "
            "add, in questions and in answers. Names are not found.",
        )
    )


def choose_k(default: int) -> int:
    """The slider for the number of passages, shared by the views through the address."""
    return int(
        st.slider(
            "Passages", 1, MOST_PASSAGES, default, key="k", bind="query-params",
            help="How many passages are retrieved, shown, and given to the answer.",
        )
    )  # fmt: skip


def reset_with_page() -> None:
    """Let the frame's Reset button drop conversation, uploads and settings."""
    frame.confirm_reset(KEY, forget)


def forget() -> None:
    """Drop conversation and uploads, and take the settings out of the address; shared documents stay."""
    base: Any = st.session_state.pop(_BASE, None)
    if base is not None:
        base.close()
    for name in [name for name in st.session_state if str(name).startswith(f"{KEY}_")]:
        del st.session_state[name]
    rag = settings().rag
    defaults = {"view": VIEWS[0], "k": rag.top_k, "mode": rag.mode, "generator": GENERATORS[0]}
    defaults |= {"rerank": False, "manual": False, "mask": False, "inspect": "", "compare": None}
    for name, value in defaults.items():
        if name in st.session_state:
            st.session_state[name] = value
    for name in ("question", "run"):
        if name in st.query_params:
            del st.query_params[name]


def _choose_threshold() -> float | None:
    own = st.toggle(
        "Set the refusal threshold by hand",
        key="manual",
        bind="query-params",
        help="An answer is given when its confidence reaches the threshold. 0 answers always, 1 never.",
    )
    if not own:
        return None
    return float(st.slider("Threshold", 0.0, 1.0, 0.5, 0.01, key="threshold", bind="query-params"))
