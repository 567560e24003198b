"""What the RAG Chat page remembers of a visitor, and its settings, which are all in the address."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st

from core.config import settings
from core.errors import HubError
from core.rag.events import GENERATOR_CHOICES
from core.ui import controls, frame, theme
from core.ui.address import PageAddress, linkable
from core.ui.rag import conversations, search_filter
from core.ui.rag.conversations import Conversation, Opened
from core.ui.rag.opening import shared_corpus
from core.ui.rag.search_filter import SearchFilter

if TYPE_CHECKING:
    from core.rag import Passage, SessionKnowledgeBase
    from core.rag.conversation import Turn as Exchange
    from core.rag.documents import Mode
    from core.rag.events import Answer

KEY = "rag_chat"
VIEWS = ("Chat", "Documents", "Inspector", "Evaluation", "Safety")
MODES: "tuple[Mode, ...]" = ("hybrid", "vector", "keyword")
MOST_PASSAGES = 10
ADDRESS = PageAddress(KEY)
_IN_ADDRESS = (
    *("view", "question", "run", "compare", "inspect", "map", "attack", "evaluate", "half", "b"),
    *(
        "k",
        "mode",
        "generator",
        "rerank",
        "mask",
        "manual",
        "threshold",
        "diversity",
        "source",
        "types",
        "docs",
    ),
    *("b_k", "b_mode", "b_generator", "b_rerank"),
)

_TURNS, _BASE = f"{KEY}_turns", f"{KEY}_base"
_LINKED, _FLIGHT, _RESTORED = f"{KEY}_linked", f"{KEY}_in_flight", f"{KEY}_restored"
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
    diversity: float = 0.0
    only: SearchFilter = field(default_factory=SearchFilter)

    @property
    def label(self) -> str:
        """A short description, for a badge or the heading of a comparison."""
        parts = [self.generator, self.mode, f"k = {self.k}"]
        parts += ["reranked"] * self.rerank + ["masked"] * self.mask
        parts += [f"diversity {self.diversity:.1f}"] * bool(self.diversity)
        parts += [] if self.threshold is None else [f"threshold {self.threshold:.2f}"]
        return ", ".join([*parts, *([self.only.label] if self.only.label else [])])

    @property
    def overview_label(self) -> str:
        """The part of the description that matters to an overview, which searches nothing."""
        parts = [self.generator, *["masked"] * self.mask, *([self.only.label] if self.only.label else [])]
        return ", ".join(parts)

    def options(self) -> dict[str, Any]:
        """The settings as arguments of `ask` and `stream`."""
        return {
            "k": self.k,
            "mode": self.mode,
            "generator": self.generator,
            "threshold": self.threshold,
            "rerank": self.rerank,
            "mask_personal_data": self.mask,
            "diversity": self.diversity,
            "where": self.only.where,
        }


@dataclass(frozen=True, slots=True)
class Turn:
    """A question with what came of it: an answer, a problem, or neither when it was stopped.

    A stopped one keeps the passages that were found and what the model had written by then (`draft`).

    Passages stay with the answer, so that its citations open whatever happens to the documents later.
    """

    question: str
    settings: ChatSettings
    answer: "Answer | None" = None
    problem: HubError | None = None
    elapsed_ms: float = 0.0
    kept: bool = False  # taken from this server's recent answers, not computed again
    suggestions: tuple[str, ...] = ()
    draft: str = ""
    found: "tuple[Passage, ...]" = ()
    id: str = field(default_factory=lambda: uuid.uuid4().hex)


@dataclass(slots=True)
class Flight:
    """A question whose answer is under way, with what there is of it so far."""

    question: str
    settings: ChatSettings
    draft: str = ""
    found: "tuple[Passage, ...]" = ()

    def stopped(self) -> Turn:
        """The turn that remains when the answer is not finished."""
        return Turn(self.question, self.settings, draft=self.draft, found=self.found)


def apply_styles() -> None:
    """Add the page's own style rules."""
    theme.apply_styles(_STYLES)


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
    if len(turns()) > 1:  # the first turn of a tab may be the question of the address it was opened with
        st.session_state.pop(_RESTORED, None)


def show_again(question: str, chosen: ChatSettings) -> bool:
    """Make the turn that answered this question with these settings the latest; False when there is none."""
    known = [turn for turn in turns() if turn.answer and turn.answer.question == question]
    again = next((turn for turn in reversed(known) if turn.settings == chosen), None)
    if again is None:
        return False
    st.session_state[_TURNS] = [*(turn for turn in turns() if turn.id != again.id), again]
    note_linked(question)
    return True


def history() -> "list[Exchange]":
    """The answered exchanges, for making a follow-up question self-contained."""
    return [_exchange(turn.answer) for turn in turns() if turn.answer]


def own_names() -> list[str]:
    """The names of the visitor's documents, without opening the collection for it."""
    return [info.id for info in knowledge_base().own.documents()] if is_open() else []


def start_flight(question: str, chosen: ChatSettings, stands_alone: bool) -> Flight:
    """Note that a question is being answered: if the run is cut off, `end_flight` finds what there is.

    A question that ``stands_alone`` goes into the address at once; another when it has been completed.
    """
    flight: Flight = Flight(question, chosen)
    st.session_state[_FLIGHT] = flight
    keep_for_reload(link_to(question) if stands_alone else {})
    return flight


def in_flight() -> bool:
    """Whether an answer is under way, or was cut off and not settled yet."""
    return _FLIGHT in st.session_state


def end_flight() -> Flight | None:
    """The answer that was under way, noted no longer."""
    found: Flight | None = st.session_state.pop(_FLIGHT, None)
    return found


def linked() -> str | None:
    """The question of the address that was asked last."""
    found: str | None = st.session_state.get(_LINKED)
    return found


def link_to(question: str) -> dict[str, str]:
    """What stands in the address for a question; one too long for it takes the question before it out."""
    return {"question": question, "run": "1"} if linkable(question) else {"question": "", "run": ""}


def note_linked(question: str) -> None:
    """The address's question counts as asked."""
    st.session_state[_LINKED] = question


def restore_after_reload() -> None:
    """Bring back the conversation and the uploads that this tab had before it was loaded again."""
    how = conversations.restore(_put)
    if how:
        st.session_state[_RESTORED] = how


def restored() -> Opened | None:
    """How the conversation named in the address was found, until the next question is asked."""
    found: Opened | None = st.session_state.get(_RESTORED)
    return found


def keep_for_reload(asked: Mapping[str, str] | None = None) -> None:
    """Keep conversation and uploads for this tab, when there are any; ``asked`` goes into the address with it."""
    if turns() or in_flight() or has_uploads():
        conversations.save(_fill, asked or {})


def _fill(conversation: Conversation) -> None:
    conversation.turns = turns()
    conversation.base = st.session_state.get(_BASE)
    conversation.linked = linked()
    conversation.flight = st.session_state.get(_FLIGHT)


def _put(conversation: Conversation) -> None:
    st.session_state[_TURNS] = conversation.turns
    for key, value in (
        (_BASE, conversation.base),
        (_LINKED, conversation.linked),
        (_FLIGHT, conversation.flight),
    ):
        if value is not None:
            st.session_state[key] = value


def _exchange(answer: "Answer") -> "Exchange":
    from core.rag.conversation import Turn as Exchange

    cited = {answer.passages[number - 1].document for numbers in answer.citations for number in numbers}
    return Exchange(answer.question, answer.text, answer.refused, tuple(sorted(cited)))


def choose_settings() -> ChatSettings:
    """The settings panel; every choice is in the address, and a wrong value there counts as the default."""
    rag = settings().rag
    left, middle, right = st.columns(3, gap="medium")
    with left:
        k = choose_k(rag.top_k)
        mode = controls.buttons(ADDRESS, "mode", "Search", MODES, rag.mode)
    with middle:
        generator = controls.choice(
            ADDRESS,
            "generator",
            "Answer by",
            GENERATOR_CHOICES,
            GENERATOR_CHOICES[0],
            help="auto and extractive quote. local and endpoint let a model speak; what the passages do "
            "not support is replaced by a quotation. auto uses an endpoint when one is configured.",
        )
        rerank = choose_rerank("rerank", mode)
    with right:
        diversity = search_filter.choose_diversity(ADDRESS)
        mask = choose_mask()
        threshold = _choose_threshold()
    only = search_filter.choose_filter(ADDRESS, own_names())
    return ChatSettings(k, mode, generator, threshold, rerank, mask, diversity, only)


def choose_rerank(name: str, mode: str) -> bool:
    """The switch for a second look at the best hits, on by the settings; vector and keyword show their part alone."""
    chosen = controls.toggle(
        ADDRESS,
        name,
        "Rerank",
        settings().rag.rerank_answers,
        disabled=mode != "hybrid",
        help=f"A second look at the best hits of hybrid search: {rerank_meaning()}.",
    )
    return chosen and mode == "hybrid"


def rerank_meaning() -> str:
    """What reranks on this server, in words."""
    configured = bool(settings().rag.cross_encoder)
    return "the configured cross-encoder" if configured else "late interaction of the word vectors"


def choose_mask() -> bool:
    """The switch for personal data, shared by the views through the address."""
    return controls.toggle(
        ADDRESS,
        "mask",
        "Mask personal data",
        help="E-mail addresses, phone numbers, IBANs, card numbers and the like are replaced in what you "
        "add, in questions and in answers. Names are not found.",
    )


def choose_k(default: int) -> int:
    """The slider for the number of passages, shared by the views through the address."""
    return controls.whole(
        ADDRESS,
        "k",
        "Passages",
        (1, MOST_PASSAGES),
        default,
        help="How many passages are retrieved, shown, and given to the answer.",
    )


def reset_with_page() -> None:
    """Let the frame's Reset button drop conversation, uploads and settings."""
    frame.confirm_reset(KEY, forget)


def forget() -> None:
    """Drop conversation and uploads, and take the settings out of the address; shared documents stay."""
    conversations.forget()
    base: Any = st.session_state.pop(_BASE, None)
    if base is not None:
        base.close()
    for name in [name for name in st.session_state if str(name).startswith(f"{KEY}_")]:
        del st.session_state[name]
    ADDRESS.forget(*_IN_ADDRESS)


def _choose_threshold() -> float | None:
    own = controls.toggle(
        ADDRESS,
        "manual",
        "Own refusal threshold",
        help="An answer is given when its confidence reaches the threshold. 0 answers always, 1 never.",
    )
    if not own:
        ADDRESS.note_idle("threshold", "counts only with manual=true", "the calibrated threshold")
        return None
    return controls.share(ADDRESS, "threshold", "Threshold", (0.0, 1.0), 0.5, 0.01)
