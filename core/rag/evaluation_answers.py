"""Measures answers and refusals on a file in the SQuAD 2.0 layout, end to end.

The paragraphs of all articles form the corpus, one document per article. Answerable questions are asked
twice: as they are, and with their article filtered out ("document removed"), where the right answer is a
refusal. A paragraph is found when a chunk that holds more of it than of any other is.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar, get_args

import numpy as np

from core.errors import BadInput
from core.rag import retrieval
from core.rag.answer_measures import contains_gold, exact_match, token_f1
from core.rag.base import Source
from core.rag.documents import MODES, Passage
from core.rag.evaluation_retrieval import Throttled
from core.rag.events import GENERATOR_CHOICES, Answer, GeneratorChoice
from core.rag.indexing import clean_name
from core.rag.knowledge_base import KnowledgeBase, open_knowledge_base
from core.rag.parsing.normalise import normalise
from core.rag.statistics import Estimate, mean, share

_DEPTH = 50
_SHOWN_EVERY_S = 5.0
_SEPARATOR = "\n\n"

Tell = Callable[[str], None]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Article:
    """One article of the file: its name in the knowledge base, its title, its paragraphs."""

    name: str
    title: str
    paragraphs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SquadQuestion:
    """One question; `paragraph` counts within its article. No answers: it is unanswerable."""

    text: str
    article: str
    paragraph: int
    answers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SquadFile:
    """A file in memory."""

    articles: tuple[Article, ...]
    questions: tuple[SquadQuestion, ...]

    def limited(self, limit: int | None) -> SquadFile:
        """At most `limit` answerable and `limit` unanswerable questions, spread evenly; all articles."""
        kinds = ([q for q in self.questions if q.answers], [q for q in self.questions if not q.answers])
        return SquadFile(self.articles, tuple(q for kind in kinds for q in spread(kind, limit)))


@dataclass(slots=True)
class _Outcomes:
    """What was observed, question by question."""

    contains: list[bool] = field(default_factory=list)
    exact: list[bool] = field(default_factory=list)
    f1: list[float] = field(default_factory=list)
    refused: list[bool] = field(default_factory=list)
    cited: list[bool] = field(default_factory=list)
    contains_when_answered: list[bool] = field(default_factory=list)
    latency_ms: list[float] = field(default_factory=list)


def evaluate_squad(
    path: Path,
    *,
    off_topic: Path | None = None,
    limit: int | None = None,
    generator: GeneratorChoice = "auto",
    tell: Tell | None = None,
) -> dict[str, Any]:
    """Index the file's paragraphs in memory, ask its questions, and report shares with 95 % intervals.

    `limit` bounds the questions of each kind (answerable, impossible, off-topic), taken evenly over the
    file; the corpus is always whole. Raises BadInput when a file does not have the layout.
    """
    say = tell or _to_stderr
    if generator not in get_args(GeneratorChoice):
        raise BadInput(
            f"There is no generator called {generator!r}", f"Use one of {', '.join(GENERATOR_CHOICES)}."
        )
    if limit is not None and limit < 1:
        raise BadInput(f"The limit is {limit}", "Ask at least one question of each kind.")
    squad = read_squad(path)
    foreign = spread(read_lines(off_topic), limit) if off_topic else []
    knowledge_base = index_squad(squad, say)
    asked = squad.limited(limit)
    return {
        "questions": _counts(squad, asked, foreign),
        "corpus": {
            "articles": len(squad.articles),
            "paragraphs": sum(len(article.paragraphs) for article in squad.articles),
            "chunks": knowledge_base.corpus_size,
        },
        "generator": generator,
        "retrieval": _retrieval(knowledge_base, asked, say),
        **_answers(knowledge_base, asked, foreign, generator, say),
    }


def read_squad(path: Path) -> SquadFile:
    """The articles and questions of a SQuAD 1.1 or 2.0 file; raises BadInput naming what is missing."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        return _squad(data["data"])
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}", _LAYOUT) from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise BadInput(f"{path.name} is not in the SQuAD layout: {error!r}", _LAYOUT) from None


def read_lines(path: Path) -> list[str]:
    """The non-empty lines of a text file."""
    try:
        return [line.strip() for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(
            f"{path} cannot be read: {error}", "Give a UTF-8 text file, one question a line."
        ) from None


def spread(items: Sequence[T], limit: int | None) -> list[T]:
    """At most `limit` items, evenly over the sequence."""
    if limit is None or len(items) <= limit:
        return list(items)
    return [items[int(i * len(items) / limit)] for i in range(limit)]


def index_squad(squad: SquadFile, say: Tell) -> KnowledgeBase:
    """An in-memory knowledge base with one document per article."""
    knowledge_base = open_knowledge_base(None)
    sources = [
        Source(
            article.name,
            text=_SEPARATOR.join(article.paragraphs),
            title=article.title,
            metadata={"article": article.name},
        )
        for article in squad.articles
    ]
    knowledge_base.add_many(sources, on_progress=Throttled(say))
    return knowledge_base


_LAYOUT = 'It needs {"data": [{"title", "paragraphs": [{"context", "qas": [...]}]}]}.'


def _squad(data: Sequence[Any]) -> SquadFile:
    articles, questions = [], []
    for number, entry in enumerate(data):
        title = str(entry.get("title") or f"Article {number + 1}").replace("_", " ")
        name = clean_name(f"{number + 1:04d} {title}")
        paragraphs = [
            (normalise(str(p["context"]))[0].strip(), p.get("qas") or []) for p in entry["paragraphs"]
        ]
        paragraphs = [(text, asked) for text, asked in paragraphs if text]
        if not paragraphs:
            continue
        articles.append(Article(name, title, tuple(text for text, _ in paragraphs)))
        for i, (_, asked) in enumerate(paragraphs):
            questions += [_question(row, name, i) for row in asked if str(row["question"]).strip()]
    if not questions:
        raise ValueError("there is no question")
    return SquadFile(tuple(articles), tuple(questions))


def _question(row: Any, article: str, paragraph: int) -> SquadQuestion:
    impossible = bool(row.get("is_impossible", False))
    answers = [] if impossible else [str(answer["text"]) for answer in row["answers"]]
    return SquadQuestion(str(row["question"]), article, paragraph, tuple(dict.fromkeys(answers)))


def _counts(squad: SquadFile, asked: SquadFile, foreign: Sequence[str]) -> dict[str, int]:
    answerable = sum(bool(q.answers) for q in asked.questions)
    return {
        "in_file": len(squad.questions),
        "answerable": answerable,
        "impossible": len(asked.questions) - answerable,
        "off_topic": len(foreign),
    }


# --- retrieval by paragraph


class _Paragraphs:
    """Which paragraphs each chunk stands for: the one it holds most of, or all that it holds whole."""

    def __init__(self, knowledge_base: KnowledgeBase, squad: SquadFile) -> None:
        borders = {a.name: _borders(knowledge_base.document(a.name).text, a) for a in squad.articles}
        self._of_chunk = [
            _held(chunk.start, chunk.end, borders[chunk.document_id])
            for chunk in knowledge_base.current().chunks
        ]
        self._documents = [chunk.document_id for chunk in knowledge_base.current().chunks]

    def ranking(self, rows: Sequence[int]) -> list[tuple[str, int]]:
        """Paragraphs in the order in which their first chunk was found."""
        found = [(self._documents[row], paragraph) for row in rows for paragraph in self._of_chunk[row]]
        return list(dict.fromkeys(found))


def _borders(text: str, article: Article) -> list[tuple[int, int]]:
    borders, position = [], 0
    for paragraph in article.paragraphs:
        start = text.find(paragraph, position)
        start = position if start < 0 else start
        position = start + len(paragraph)
        borders.append((start, position))
    return borders


def _held(start: int, end: int, borders: Sequence[tuple[int, int]]) -> list[int]:
    overlaps = [min(end, b) - max(start, a) for a, b in borders]
    whole = [i for i, (a, b) in enumerate(borders) if overlaps[i] >= b - a]
    return whole or [int(np.argmax(overlaps))]


def _retrieval(knowledge_base: KnowledgeBase, asked: SquadFile, say: Tell) -> dict[str, Any]:
    questions = [q for q in asked.questions if q.answers]
    paragraphs = _Paragraphs(knowledge_base, asked)
    ranks: dict[str, list[int]] = {mode: [] for mode in (*MODES, "hybrid+rerank")}
    tick = _Ticker(say, "searched", len(questions))
    for question in questions:
        for mode, rows in _rankings(knowledge_base, question.text).items():
            ranking = paragraphs.ranking(rows)
            wanted = (question.article, question.paragraph)
            ranks[mode].append(ranking.index(wanted) + 1 if wanted in ranking else 0)
        tick()
    return {mode: _by_rank(found) for mode, found in ranks.items()}


def _rankings(knowledge_base: KnowledgeBase, question: str) -> dict[str, list[int]]:
    corpus = knowledge_base.current()
    request = knowledge_base.request(question[: knowledge_base.longest_question], k=_DEPTH)
    scored = retrieval.score_all(corpus, knowledge_base.encode_query, request)
    found: dict[str, list[int]] = {
        mode: [int(row) for row in retrieval.best_rows(scored.of(mode), _DEPTH, positive=mode == "keyword")]
        for mode in MODES
    }
    pool = np.asarray(found["hybrid"][: request.rerank_pool])
    final = retrieval.reranked(corpus, pool, scored, request)
    found["hybrid+rerank"] = sorted(final, key=lambda row: -final[row])
    return found


def _by_rank(ranks: Sequence[int]) -> dict[str, Any]:
    return _report(
        {
            "recall@1": share([rank == 1 for rank in ranks]),
            "recall@5": share([0 < rank <= 5 for rank in ranks]),
            "mrr": mean([1 / rank if rank else 0.0 for rank in ranks]),
        }
    )


# --- answers and refusals


def _answers(
    knowledge_base: KnowledgeBase,
    asked: SquadFile,
    foreign: Sequence[str],
    generator: GeneratorChoice,
    say: Tell,
) -> dict[str, Any]:
    answerable = [q for q in asked.questions if q.answers]
    impossible = [q for q in asked.questions if not q.answers]
    tick = _Ticker(say, "asked", 2 * len(answerable) + len(impossible) + len(foreign))
    outcomes = _Outcomes()

    def refused(question: str, where: dict[str, Any] | None = None) -> bool:
        tick()
        return _ask(knowledge_base, question, generator, where).refused

    for question in answerable:
        started = time.perf_counter()
        answer = _ask(knowledge_base, question.text, generator)
        outcomes.latency_ms.append(1000 * (time.perf_counter() - started))
        _observe(outcomes, answer, question.answers)
        tick()
    removed = [refused(q.text, {"article": {"$ne": q.article}}) for q in answerable]
    kinds = {
        "impossible": share([refused(q.text) for q in impossible]),
        "document_removed": share(removed),
        "off_topic": share([refused(question) for question in foreign]),
    }
    return {"answerable": _answerable(outcomes), "refused": _report(kinds), "latency": _latency(outcomes)}


def _ask(
    knowledge_base: KnowledgeBase,
    question: str,
    generator: GeneratorChoice,
    where: dict[str, Any] | None = None,
) -> Answer:
    text = question[: knowledge_base.longest_question]
    answer: Answer = knowledge_base.ask(text, generator=generator, where=where)
    return answer


def _observe(outcomes: _Outcomes, answer: Answer, gold: Sequence[str]) -> None:
    text = "" if answer.refused else answer.text
    outcomes.refused.append(answer.refused)
    outcomes.contains.append(contains_gold(text, gold))
    outcomes.exact.append(exact_match(text, gold))
    outcomes.f1.append(token_f1(text, gold))
    if not answer.refused:
        outcomes.contains_when_answered.append(outcomes.contains[-1])
        outcomes.cited.append(any(contains_gold(p.text, gold) for p in cited_passages(answer)))


def cited_passages(answer: Answer) -> list[Passage]:
    """The passages that the answer's sentences cite, each once, in order."""
    numbers = sorted({number for sentence in answer.citations for number in sentence})
    return [answer.passages[number - 1] for number in numbers]


def _answerable(outcomes: _Outcomes) -> dict[str, Any]:
    return _report(
        {
            "contains_gold": share(outcomes.contains),
            "contains_gold_when_answered": share(outcomes.contains_when_answered),
            "exact_match": share(outcomes.exact),
            "f1": mean(outcomes.f1),
            "wrong_refusals": share(outcomes.refused),
            "citation_accuracy": share(outcomes.cited),
        }
    )


def _latency(outcomes: _Outcomes) -> dict[str, float | str | None]:
    if not outcomes.latency_ms:
        return {"p50": None, "p95": None, "unit": "ms"}
    p50, p95 = np.percentile(outcomes.latency_ms, [50, 95])
    return {"p50": round(float(p50), 2), "p95": round(float(p95), 2), "unit": "ms"}


def _report(estimates: dict[str, Estimate]) -> dict[str, Any]:
    """Values by name, and beside them under `intervals` and `counts` how sure they are.

    What was not asked at all has the value None, so that nobody takes it for a measured 0.
    """
    values = {name: round(e.value, 4) if e.count else None for name, e in estimates.items()}
    intervals = {name: [round(e.low, 4), round(e.high, 4)] for name, e in estimates.items() if e.count}
    return {**values, "intervals": intervals, "counts": {name: e.count for name, e in estimates.items()}}


class _Ticker:
    """Says every few seconds how far a run is."""

    def __init__(self, say: Tell, verb: str, total: int) -> None:
        self._say, self._verb, self._total = say, verb, total
        self._done = 0
        self._started = self._shown = time.monotonic()

    def __call__(self) -> None:
        self._done += 1
        now = time.monotonic()
        if now - self._shown < _SHOWN_EVERY_S:
            return
        self._shown = now
        left = (now - self._started) / self._done * (self._total - self._done)
        self._say(f"{self._verb} {self._done} of {self._total} questions, about {left:.0f} s left")


def _to_stderr(message: str) -> None:
    print(message, file=sys.stderr, flush=True)  # noqa: T201 - progress of a command line
