"""Follow-up questions rewritten by a model where one is configured, and by the rules wherever it drifts.

The model proposes; a guard decides. A rewriting is used only when it keeps the names, numbers and negations
of the question, brings in none that the conversation does not hold, asks for the same kind of thing, and
stays close in meaning to what was asked and to what the rules make of it.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from core.config import settings
from core.errors import HubError, NotAvailable
from core.generator import Generator, get_generator
from core.rag import prompts
from core.rag.conversation import Resolved, Turn, resolve
from core.rag.events import GeneratorChoice
from core.rag.grounding import Encoder
from core.rag.guardrails import clean_output, findings_in
from core.rag.questions import AnswerKind, read_question
from core.rag.words import Word, content_words, words_of

Author = Literal["endpoint", "local"]

CLOSE_ENOUGH = 0.45
"""Cosine to the question, or to the rules' version of it, below which a rewriting has drifted."""
KNOWN_WORDS = 0.8
"""Share of a rewriting's content words that question or conversation must hold."""

_MOST_TOKENS = 64
_MOST_CHARACTERS = 300
_NEGATION = re.compile(r"\b(?:no|not|never|without|except|cannot)\b|n['’]t\b", re.IGNORECASE)
_LABEL = re.compile(
    r"^(?:(?:rewritten|standalone|self-contained|last)?\s*(?:question|query)\s*[:=]\s*)+", re.IGNORECASE
)
_POINTS_BACK = re.compile(
    r"\b(?:it|its|they|them|their|he|she|him|his|her|this|that|these|those|there|then|here|the same|the other"
    r"|the former|the latter|the first|the second|the last|ones?|both|n?either|instead|too|as well|else|again|such)\b",
    re.IGNORECASE,
)
_FIRST_WORDS = re.compile(
    r"^\s*(?:and|or|but|so|also|then|what about|how about|why|how so|who else)\b", re.IGNORECASE
)
_FEW_WORDS = 3


@dataclass(frozen=True, slots=True)
class _Said:
    """Names and numbers of a text, each as it is compared: numbers by value, names by stem."""

    names: frozenset[str]
    numbers: frozenset[float]
    stems: frozenset[str]


def resolve_follow_up(
    question: str,
    history: Sequence[Turn],
    encoder: Encoder,
    answer_by: GeneratorChoice = "auto",
    cancel: threading.Event | None = None,
) -> Resolved:
    """The question made self-contained, by a model when one may be asked, else by the rules.

    No model is asked for a question that stands by itself, when answers are only to be quoted ("extractive"),
    or with the setting RAG__REWRITE=rules. Never raises: a model that fails, is late or drifts leaves the
    rules' version, with `refused` saying why.
    """
    by_rules = resolve(question, history)
    author = _author(answer_by)
    if not history or author is None or not (by_rules.changes or leans_on_conversation(question)):
        return by_rules
    try:
        proposal = _one_question(_proposal(question, history, author, cancel))
    except HubError as error:
        return _refused(by_rules, f"the model could not be asked: {error.message}")
    reasons = objections(proposal, question, history, by_rules.question, encoder)
    if reasons:
        return _refused(by_rules, f"the model's “{proposal}” was not used: {'; '.join(reasons)}")
    if proposal == question:
        return Resolved(question, (), author)
    who = "the endpoint's model" if author == "endpoint" else "the local model"
    return Resolved(proposal, (f"rewritten by {who} from the conversation",), author)


def leans_on_conversation(question: str) -> bool:
    """Whether a question may leave something unsaid: it points back, starts in the middle, or is very short."""
    few = len(content_words(words_of(question))) < _FEW_WORDS
    return few or bool(_POINTS_BACK.search(question) or _FIRST_WORDS.match(question))


def objections(
    proposal: str, question: str, history: Sequence[Turn], by_rules: str, encoder: Encoder
) -> tuple[str, ...]:
    """Why a rewriting must not be searched, in words; empty when nothing speaks against it."""
    if not proposal or len(proposal) > _MOST_CHARACTERS:
        return ("it is empty or far too long",)
    if findings_in(proposal):
        return ("it looks like an instruction",)
    asked, new = _said(question), _said(proposal)
    known = _said("\n".join([question, *(f"{turn.question}\n{turn.answer}" for turn in history)]))
    return (
        *_dropped(asked, new),
        *_invented(new, known, words_of(proposal)),
        *_turned(proposal, question),
        *_drifted(proposal, question, by_rules, new, known, encoder),
    )


def _author(answer_by: GeneratorChoice) -> Author | None:
    """Who may rewrite; the packaged model only when it is asked for, since it is too small to be of help."""
    choice = settings().rag.rewrite
    if choice == "rules" or answer_by == "extractive":
        return None
    if settings().llm_base_url and answer_by != "local":
        return "endpoint"
    return "local" if choice == "model" or settings().local_llm else None


def _proposal(question: str, history: Sequence[Turn], author: Author, cancel: threading.Event | None) -> str:
    """The model's words; raises NotAvailable when they take longer than the setting allows."""
    limit = settings().rag.rewrite_timeout_s
    deadline = time.monotonic() + limit
    exchanges = [(turn.question, turn.answer if not findings_in(turn.answer) else "") for turn in history]
    words = ""
    stop = cancel or threading.Event()
    generator = _hurried(get_generator(author), limit)
    for piece in generator.stream(
        prompts.rewrite_prompt(question, exchanges), max_new_tokens=_MOST_TOKENS, cancel=stop
    ):
        words += piece
        if time.monotonic() > deadline:
            raise NotAvailable(
                f"rewriting took longer than {limit:g} s",
                "Raise RAG__REWRITE_TIMEOUT_S, or set RAG__REWRITE=rules.",
            )
    return words


def _hurried(generator: Generator, limit: float) -> Generator:
    from core.generator_endpoint import EndpointGenerator

    return generator.hurried(limit) if isinstance(generator, EndpointGenerator) else generator


def _one_question(words: str) -> str:
    """The first line with words, without labels and quotation marks around it."""
    lines = [line.strip() for line in clean_output(words).splitlines() if line.strip()]
    line = _LABEL.sub("", lines[0]) if lines else ""
    return " ".join(line.strip("\"'`“”*_ ").split())


def _said(text: str) -> _Said:
    words = words_of(text)
    names = frozenset(word.stem for word in words if word.is_name and word.number is None)
    numbers = frozenset(word.number for word in words if word.number is not None)
    return _Said(names, numbers, frozenset(word.stem for word in words if word.stem))


def _dropped(asked: _Said, new: _Said) -> list[str]:
    lost = [f"the number {number:g}" for number in sorted(asked.numbers - new.numbers)]
    lost += [f"the name “{stem}”" for stem in sorted(asked.names - new.stems)]
    return [f"it drops {', '.join(lost)}"] if lost else []


def _invented(new: _Said, known: _Said, words: Sequence[Word]) -> list[str]:
    numbers = sorted(new.numbers - known.numbers)
    names = [w.text for w in words if w.is_name and w.number is None and w.stem not in known.stems]
    found = [f"{number:g}" for number in numbers] + names
    return [f"it brings in {', '.join(found)}"] if found else []


def _turned(proposal: str, question: str) -> list[str]:
    """Another kind of question, or the opposite one."""
    reasons = []
    if bool(_NEGATION.search(proposal)) != bool(_NEGATION.search(question)):
        reasons.append("one of the two is negated, the other is not")
    kind = read_question(question).kind
    if kind is not AnswerKind.ANY and read_question(proposal).kind is not kind:
        reasons.append("it asks for another kind of thing")
    return reasons


def _drifted(
    proposal: str, question: str, by_rules: str, new: _Said, known: _Said, encoder: Encoder
) -> list[str]:
    reasons = []
    if new.stems and len(new.stems & known.stems) < KNOWN_WORDS * len(new.stems):
        reasons.append("most of its words are in neither question nor conversation")
    vectors = encoder.encode([proposal, question, by_rules])
    nearest = float((vectors[1:] @ vectors[0]).max())
    if nearest < CLOSE_ENOUGH:
        reasons.append(f"its meaning is too far from the question ({nearest:.2f})")
    return reasons


def _refused(by_rules: Resolved, reason: str) -> Resolved:
    return Resolved(by_rules.question, by_rules.changes, by_rules.by, reason)
