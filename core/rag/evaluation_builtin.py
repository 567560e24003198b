"""The built-in evaluation: questions over the shared corpus, asked with any settings, and two settings compared.

The questions (assets/evaluation/rag) were written before anything was tuned and are split into a tuning
and a test half; "development" is a further set that was written for tuning. Kinds: factual, multi (the
answer needs several passages), paraphrase, near_miss (on the topic, but the documents do not say), off_topic.
"""

from __future__ import annotations

import json
import math
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np

from core.config import ASSETS, settings
from core.errors import BadInput, StoreError
from core.rag import retrieval
from core.rag.answer_measures import contains_gold, normalise_answer, token_f1
from core.rag.answering import require_askable, reranks
from core.rag.documents import Mode, Passage
from core.rag.evaluation_answers import cited_passages
from core.rag.events import Answer, GeneratorChoice
from core.rag.indexing import IndexingCancelled
from core.rag.statistics import Difference, Estimate, mean, paired_difference, share

Half = Literal["tuning", "test", "all", "development"]
Kind = Literal["factual", "multi", "paraphrase", "near_miss", "off_topic"]
UNANSWERABLE: tuple[Kind, ...] = ("near_miss", "off_topic")

_FOLDER = ASSETS / "evaluation" / "rag"
_DEPTH = 10
_CURVE_POINTS = 51


@dataclass(frozen=True, slots=True)
class Gold:
    """A place that answers a question: a document and the words in it."""

    document: str
    quote: str


@dataclass(frozen=True, slots=True)
class BuiltinQuestion:
    """One question with its short answers and gold passages; both empty when it is unanswerable.

    Kind multi needs all gold passages together; otherwise they are places that say the same.
    """

    id: str
    kind: Kind
    text: str
    answers: tuple[str, ...]
    gold: tuple[Gold, ...]

    @property
    def answerable(self) -> bool:
        """Whether the corpus answers it."""
        return self.kind not in UNANSWERABLE


@dataclass(frozen=True, slots=True)
class AskSettings:
    """What is evaluated; the defaults are the product's. `threshold` None: the calibrated one; `rerank` None:
    as answers do in this mode."""

    k: int = 4
    mode: Mode = "hybrid"
    rerank: bool | None = None
    threshold: float | None = None
    generator: GeneratorChoice = "extractive"


@dataclass(frozen=True, slots=True)
class QuestionResult:
    """What happened to one question. Retrieval figures are None for unanswerable questions.

    `recall` is the share of gold passages among the first k, `ndcg` looks at the first 10. `contains_gold`
    and `f1` compare the shown text (nothing when refused), `every_part` says whether it holds all answers of a question
    of kind multi, which has one for each part; `cited_gold` says whether a cited passage is a
    gold one or holds a gold answer, None when refused.
    """

    id: str
    kind: Kind
    question: str
    answer: str
    refused: bool
    confidence: float
    reason: str
    contains_gold: bool
    every_part: bool | None
    f1: float
    cited_gold: bool | None
    recall: float | None
    ndcg: float | None
    reciprocal_rank: float | None
    latency_ms: float


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """Shares refused at one threshold."""

    threshold: float
    wrong_refusals: float
    near_miss: float
    off_topic: float


@dataclass(frozen=True, slots=True)
class BuiltinReport:
    """One run: every question's result and the means with their 95 % intervals, by name.

    Measures: recall, ndcg@10, mrr, contains_gold, every_part, f1, citation_accuracy, wrong_refusals,
    refused_near_miss, refused_off_topic, refusal_precision, refusal_recall. Latencies in milliseconds.
    """

    settings: AskSettings
    half: Half
    threshold: float
    results: tuple[QuestionResult, ...]
    measures: dict[str, Estimate]
    latency_p50_ms: float
    latency_p95_ms: float
    curve: tuple[CurvePoint, ...]


OnQuestion = Callable[[int, int], None]


def load_questions(half: Half = "test") -> list[BuiltinQuestion]:
    """The questions of a half; raises BadInput for an unknown half, StoreError when the set is damaged."""
    if half not in get_args(Half):
        raise BadInput(
            f"There is no half {half!r} of the question set", "Use tuning, test, all or development."
        )
    halves = ("tuning", "test") if half == "all" else (half,)
    return [question for name in halves for question in _read(_FOLDER / f"questions_{name}.jsonl")]


def require_usable(ask: AskSettings) -> None:
    """Nothing, or the BadInput that every question would be refused with."""
    retrieval.check(retrieval.Request("any", k=ask.k, mode=ask.mode))
    require_askable("any", ask.generator, ask.threshold)


def evaluate_builtin(
    retriever: Any,
    ask: AskSettings | None = None,
    *,
    half: Half = "test",
    on_question: OnQuestion | None = None,
    cancel: threading.Event | None = None,
) -> BuiltinReport:
    """Ask every question of a half and measure; `on_question` gets (done, total) after each.

    Raises BadInput for settings that cannot be asked, IndexingCancelled when cancelled.
    """
    ask = ask or AskSettings()
    require_usable(ask)
    questions = load_questions(half)
    results = []
    threshold = 0.0
    for number, question in enumerate(questions, start=1):
        if cancel is not None and cancel.is_set():
            raise IndexingCancelled("The evaluation was cancelled", f"{number - 1} questions were asked.")
        result, threshold = _result(retriever, question, ask)
        results.append(result)
        if on_question:
            on_question(number, len(questions))
    p50, p95 = np.percentile([result.latency_ms for result in results], [50, 95])
    return BuiltinReport(
        ask, half, threshold, tuple(results), _measures(results), float(p50), float(p95), _curve(results)
    )


def compare(first: BuiltinReport, second: BuiltinReport) -> dict[str, Difference]:
    """Second minus first for every per-question measure, paired by question, with bootstrap intervals.

    Raises BadInput when the two did not ask the same questions.
    """
    if [r.id for r in first.results] != [r.id for r in second.results]:
        raise BadInput("The two runs did not ask the same questions", "Run both on the same half.")
    found: dict[str, Difference] = {}
    for name, value in _PER_QUESTION.items():
        pairs = [(value(a), value(b)) for a, b in zip(first.results, second.results, strict=True)]
        known = [(a, b) for a, b in pairs if a is not None and b is not None]
        found[name] = paired_difference([a for a, _ in known], [b for _, b in known])
    return found


def _read(path: Path) -> list[BuiltinQuestion]:
    try:
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
        return [_question(row) for row in rows]
    except (OSError, ValueError, KeyError) as error:
        raise StoreError(
            f"The question set {path.name} cannot be read: {error}", "Restore it from the repository."
        ) from error


def _question(row: dict[str, Any]) -> BuiltinQuestion:
    return BuiltinQuestion(
        id=row["id"],
        kind=row["kind"],
        text=row["question"],
        answers=tuple(row.get("answers") or ()),
        gold=tuple(Gold(gold["document"], gold["quote"]) for gold in row.get("gold") or ()),
    )


def _result(retriever: Any, question: BuiltinQuestion, ask: AskSettings) -> tuple[QuestionResult, float]:
    started = time.perf_counter()
    answer: Answer = retriever.ask(
        question.text,
        k=ask.k,
        mode=ask.mode,
        rerank=ask.rerank,
        threshold=ask.threshold,
        generator=ask.generator,
    )
    elapsed = 1000 * (time.perf_counter() - started)
    recall = ndcg = first = None
    if question.answerable:
        rerank = reranks(ask.mode) if ask.rerank is None else ask.rerank
        widen = settings().rag.passage_characters
        hits = retriever.search(
            question.text, k=max(_DEPTH, ask.k), mode=ask.mode, rerank=rerank, widen=widen
        )
        recall, ndcg, first = _ranked(question, hits, ask.k)
    text = "" if answer.refused else answer.text
    result = QuestionResult(
        id=question.id,
        kind=question.kind,
        question=question.text,
        answer=text,
        refused=answer.refused,
        confidence=answer.confidence,
        reason=answer.reason,
        contains_gold=contains_gold(text, question.answers),
        every_part=_every_part(text, question),
        f1=token_f1(text, question.answers),
        cited_gold=None if answer.refused else _cites_gold(answer, question),
        recall=recall,
        ndcg=ndcg,
        reciprocal_rank=first,
        latency_ms=elapsed,
    )
    return result, answer.threshold


def _ranked(question: BuiltinQuestion, hits: Sequence[Passage], k: int) -> tuple[float, float, float]:
    """Recall among the first k, nDCG@10 and reciprocal rank; a gold passage counts once, where first found.

    A question of kind multi needs all its gold passages; of the others each alone is an answer.
    """
    first = [next((i for i, hit in enumerate(hits) if holds(hit, gold)), None) for gold in question.gold]
    found = sorted(rank for rank in first if rank is not None)
    # two golds in one passage are one passage
    relevant = len(set(found)) + sum(rank is None for rank in first)
    gain = sum(1 / math.log2(rank + 2) for rank in set(found) if rank < _DEPTH)
    ideal = sum(1 / math.log2(i + 2) for i in range(min(relevant, _DEPTH)))
    within = sum(rank < k for rank in found)
    recall = within / len(first) if question.kind == "multi" else float(within > 0)
    return recall, gain / ideal, 1 / (found[0] + 1) if found else 0.0


def holds(passage: Passage, gold: Gold) -> bool:
    """Whether a passage holds the gold words; half of them will do where a chunk border cuts them."""
    if passage.document != gold.document:
        return False
    wanted, text = normalise_answer(gold.quote), normalise_answer(passage.text)
    half = len(wanted) // 2
    return wanted in text or wanted[:half] in text or wanted[half:] in text


def _every_part(text: str, question: BuiltinQuestion) -> bool | None:
    if question.kind != "multi":
        return None
    return all(contains_gold(text, [answer]) for answer in question.answers)


def _cites_gold(answer: Answer, question: BuiltinQuestion) -> bool:
    cited = cited_passages(answer)
    return any(
        contains_gold(passage.text, question.answers) or any(holds(passage, gold) for gold in question.gold)
        for passage in cited
    )


def _measures(results: Sequence[QuestionResult]) -> dict[str, Estimate]:
    answerable = [r for r in results if r.kind not in UNANSWERABLE]
    refused = [r for r in results if r.refused]
    wanted = [r for r in results if r.kind in UNANSWERABLE]
    return {
        "recall": mean([r.recall for r in answerable if r.recall is not None]),
        "ndcg@10": mean([r.ndcg for r in answerable if r.ndcg is not None]),
        "mrr": mean([r.reciprocal_rank for r in answerable if r.reciprocal_rank is not None]),
        "contains_gold": share([r.contains_gold for r in answerable]),
        "every_part": share([r.every_part for r in answerable if r.every_part is not None]),
        "f1": mean([r.f1 for r in answerable]),
        "citation_accuracy": share([r.cited_gold for r in answerable if r.cited_gold is not None]),
        "wrong_refusals": share([r.refused for r in answerable]),
        "refused_near_miss": share([r.refused for r in wanted if r.kind == "near_miss"]),
        "refused_off_topic": share([r.refused for r in wanted if r.kind == "off_topic"]),
        "refusal_precision": share([r.kind in UNANSWERABLE for r in refused]),
        "refusal_recall": share([r.refused for r in wanted]),
    }


_PER_QUESTION: dict[str, Callable[[QuestionResult], float | None]] = {
    "recall": lambda r: r.recall,
    "ndcg@10": lambda r: r.ndcg,
    "mrr": lambda r: r.reciprocal_rank,
    "contains_gold": lambda r: None if r.kind in UNANSWERABLE else float(r.contains_gold),
    "every_part": lambda r: None if r.every_part is None else float(r.every_part),
    "f1": lambda r: None if r.kind in UNANSWERABLE else r.f1,
    "wrong_refusals": lambda r: None if r.kind in UNANSWERABLE else float(r.refused),
    "refused_near_miss": lambda r: float(r.refused) if r.kind == "near_miss" else None,
    "refused_off_topic": lambda r: float(r.refused) if r.kind == "off_topic" else None,
    "latency_ms": lambda r: r.latency_ms,
}


def _curve(results: Sequence[QuestionResult]) -> tuple[CurvePoint, ...]:
    """Shares refused by the confidence of each question, for thresholds from 0 to 1."""
    groups = (
        [r.confidence for r in results if r.kind not in UNANSWERABLE],
        [r.confidence for r in results if r.kind == "near_miss"],
        [r.confidence for r in results if r.kind == "off_topic"],
    )
    points = []
    for threshold in np.linspace(0.0, 1.0, _CURVE_POINTS):
        shares = [float(np.mean([c < threshold for c in group])) if group else 0.0 for group in groups]
        points.append(CurvePoint(round(float(threshold), 4), *shares))
    return tuple(points)
