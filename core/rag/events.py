"""What an answer is made of, and the events a page receives while it is being made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from core.rag.documents import Passage

GeneratorChoice = Literal["auto", "extractive", "local", "endpoint"]
GENERATOR_CHOICES: tuple[GeneratorChoice, ...] = ("auto", "extractive", "local", "endpoint")

REFUSAL = "I don't know: the documents do not answer this."


@dataclass(frozen=True, slots=True)
class Quote:
    """Words of a passage that support a sentence: passage number from 1, offsets within the passage's text."""

    passage: int
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class AnswerSentence:
    """One sentence of an answer and what carries it. `support` is 1 for a verbatim quotation."""

    text: str
    citations: tuple[int, ...]
    support: float
    quotes: tuple[Quote, ...]
    origin: Literal["quotation", "generated"] = "quotation"


@dataclass(frozen=True, slots=True)
class Rejected:
    """A generated sentence that was not shown, and why."""

    text: str
    reasons: tuple[str, ...]
    support: float


MODEL_FAILED = "The model failed, so the documents are quoted"  # title of the step that says so


@dataclass(frozen=True, slots=True)
class Thought:
    """One step of the way to an answer, in the shape of Azure's demo: title, description, properties."""

    title: str
    description: str
    props: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer whose every sentence is carried by a passage, or a refusal with its reason.

    `reason` says why it is refused, or which part of the question an answer leaves open.
    `confidence` is the calibrated probability (0 to 1) that the passages answer the question, and
    `threshold` the value it was compared with (below: refused). `timings` are milliseconds.
    `passages` are the hits in order; citation n means `passages[n - 1]`. An "overview" answers a question
    about one whole document: there is no threshold, and `about` names the document. `alternatives` are
    questions to ask instead when it is open which document is meant.
    """

    question: str
    text: str
    refused: bool
    sentences: tuple[AnswerSentence, ...]
    passages: tuple[Passage, ...]
    confidence: float
    threshold: float
    generator: str
    reason: str = ""
    prompt: str = ""
    evidence: Mapping[str, float] = field(default_factory=dict)
    rejected: tuple[Rejected, ...] = ()
    thoughts: tuple[Thought, ...] = ()
    timings: Mapping[str, float] = field(default_factory=dict)
    tokens: Mapping[str, int] = field(default_factory=dict)
    kind: Literal["passages", "overview"] = "passages"
    about: str = ""
    alternatives: tuple[str, ...] = ()

    @property
    def citations(self) -> list[list[int]]:
        """The passage numbers (from 1) of every sentence."""
        return [list(sentence.citations) for sentence in self.sentences]

    @property
    def support(self) -> list[float]:
        """How well the cited passages carry every sentence, 0 to 1."""
        return [sentence.support for sentence in self.sentences]


@dataclass(frozen=True, slots=True)
class Retrieved:
    """The search is done; the question is the self-contained one."""

    question: str
    passages: tuple[Passage, ...]
    thoughts: tuple[Thought, ...]


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of generated text, not verified yet: show it as a draft."""

    text: str


@dataclass(frozen=True, slots=True)
class Verified:
    """A sentence that belongs to the answer; `replaces` is the draft sentence it stands for, if any."""

    sentence: AnswerSentence
    replaces: str = ""


@dataclass(frozen=True, slots=True)
class Dropped:
    """A draft sentence that is not part of the answer."""

    rejected: Rejected


@dataclass(frozen=True, slots=True)
class Refused:
    """No answer: the reason, for the reader."""

    reason: str


@dataclass(frozen=True, slots=True)
class Done:
    """The finished answer; always the last event."""

    answer: Answer


Event = Retrieved | Token | Verified | Dropped | Refused | Done


def compose(sentences: Sequence[AnswerSentence]) -> str:
    """The answer's text with a citation mark before the end of every sentence's line."""
    return " ".join(
        sentence.text + "".join(f" [{number}]" for number in sentence.citations) for sentence in sentences
    )
