"""The nouns of the interview guide; the files in assets/guide have exactly these fields."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal
from urllib.parse import urlencode

from core import demos

ReferenceKind = Literal["code", "page", "bench", "setting", "doc", "test"]


class Topic(StrEnum):
    """What a question is about; the guide can be filtered by it."""

    ARCHITECTURE = "architecture"
    COMPARISON = "comparison"
    CHALLENGES = "challenges"
    SCALING = "scaling"
    SECURITY = "security"
    TESTING = "testing"
    COST = "cost"
    TRADE_OFFS = "trade-offs"
    PRACTICE = "practice"
    BEHAVIOUR = "behaviour"


@dataclass(frozen=True, slots=True)
class Reference:
    """Evidence inside the hub: source, a page in some state, a benchmark, a setting, or written results."""

    kind: ReferenceKind
    target: str  # 'core.rag.fusion:fuse', a page key, a benchmark's name, 'SQL__TIME_LIMIT_S', 'retrieval.md#Data'
    query: tuple[tuple[str, str], ...] = ()
    label: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a demo script: a link, what to say, what will be seen."""

    title: str
    page: str  # key in the registry of pages
    say: str
    expect: str  # the outcome, for the presenter
    query: tuple[tuple[str, str], ...] = ()
    see: str = ""  # text that is then on the page, for the browser tests
    seconds: int = 30

    @property
    def address(self) -> str:
        """Path and query of the page in this step's state."""
        url = demos.get(self.page).url
        return f"{url}?{urlencode(self.query)}" if self.query else url


@dataclass(frozen=True, slots=True)
class Script:
    """Steps in order, with a name that page addresses can carry."""

    key: str
    title: str
    steps: tuple[Step, ...]

    @property
    def seconds(self) -> int:
        """The time the whole script should take."""
        return sum(step.seconds for step in self.steps)


@dataclass(frozen=True, slots=True)
class Question:
    """A question that will be asked, the answer to give, and the evidence to open."""

    key: str  # '<project>-<number>'
    project: str  # a page key, or 'cross'
    topic: Topic
    ask: str
    answer: str
    show: tuple[Reference, ...] = ()


@dataclass(frozen=True, slots=True)
class Story:
    """Something that happened while this project was built, told in four parts."""

    title: str
    situation: str
    action: str
    result: str
    lesson: str
    show: tuple[Reference, ...] = ()


@dataclass(frozen=True, slots=True)
class Chapter:
    """Everything about one project, or about all of them."""

    key: str
    title: str
    pitch: str
    diagram: str = ""
    diagram_alt: str = ""
    walk: str = ""  # how to talk through the diagram
    script: Script | None = None
    questions: tuple[Question, ...] = ()
    stories: tuple[Story, ...] = ()


@dataclass(frozen=True, slots=True)
class Guide:
    """The whole guide."""

    chapters: tuple[Chapter, ...]
    tour: Script
    checklist: tuple[str, ...]
    tips: tuple[str, ...]

    @property
    def questions(self) -> tuple[Question, ...]:
        """Every question of every chapter, in order."""
        return tuple(question for chapter in self.chapters for question in chapter.questions)

    @property
    def scripts(self) -> dict[str, Script]:
        """Demo scripts and the tour by key."""
        scripts = [chapter.script for chapter in self.chapters if chapter.script]
        return {script.key: script for script in (*scripts, self.tour)}

    @property
    def references(self) -> tuple[Reference, ...]:
        """Every piece of evidence the guide points at."""
        shown = [question.show for question in self.questions]
        shown += [story.show for chapter in self.chapters for story in chapter.stories]
        return tuple(reference for show in shown for reference in show)
