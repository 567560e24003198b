"""Measures retrieval on a collection in the BEIR layout: nDCG@10, recall@k and MRR per mode.

Definitions as in trec_eval, which BEIR reports: gains are the grades as they are (not 2^grade - 1), the
discount is log2(rank + 1), recall is over all documents with a grade above 0, MRR looks at the first 10
ranks; hit@k is the share of questions with any relevant document among the first k. A document counts by
its best chunk. Unlike BEIR's own tool, a document whose id equals the question's is not dropped: small
collections number both from 1.
"""

from __future__ import annotations

import csv
import json
import math
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from core.errors import BadInput
from core.rag import retrieval
from core.rag.base import Source
from core.rag.documents import MODES, Progress
from core.rag.knowledge_base import KnowledgeBase, open_knowledge_base

if TYPE_CHECKING:
    from numpy.typing import NDArray

CUTOFFS = (1, 5, 10, 100)
_DEPTH = 100
_MRR_DEPTH = 10
_SHOWN_EVERY_S = 5.0
_EMBEDDED_TOGETHER = 512

_LAYOUT = "Give a folder in the BEIR layout: corpus.jsonl, queries.jsonl, qrels/*.tsv."
_JUDGEMENTS = "A line holds question, document and grade, separated by tabs; grades are numbers."

Judgements = dict[str, dict[str, int]]
Ranking = list[str]
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Collection:
    """A BEIR collection in memory: documents as (title, text), questions, and grades per question."""

    documents: dict[str, tuple[str, str]]
    questions: dict[str, str]
    judgements: Judgements


@dataclass(frozen=True, slots=True)
class Measures:
    """Means over the judged questions."""

    ndcg_at_10: float
    mrr: float
    recall_at_1: float
    recall_at_5: float
    recall_at_10: float
    recall_at_100: float
    hit_at_1: float
    hit_at_5: float


@dataclass(frozen=True, slots=True)
class RetrievalReport:
    """Measures per mode, with what they were measured on."""

    documents: int
    chunks: int
    questions: int
    index_s: float
    chunks_per_s: float
    modes: dict[str, Measures]

    def as_dict(self) -> dict[str, Any]:
        """The report with conventional names: `ndcg@10`, `recall@5`, ..."""
        shown = asdict(self)
        shown["modes"] = {mode: measures_as_dict(measures) for mode, measures in self.modes.items()}
        return shown


def measures_as_dict(measures: Measures) -> dict[str, float]:
    """Measures under the names people search for."""
    return {key.replace("_at_", "@"): round(value, 4) for key, value in asdict(measures).items()}


def evaluate_beir(
    folder: Path, *, limit: int | None = None, split: str | None = None, tell: Tell | None = None
) -> dict[str, Any]:
    """Index a BEIR folder in memory and measure every mode, reranking included.

    Raises BadInput naming the file and line that cannot be read.
    """
    say = tell or _to_stderr
    if limit is not None and limit < 1:
        raise BadInput(f"The limit is {limit}", "Ask at least one question.")
    collection = read_collection(folder, limit=limit, split=split)
    started = time.perf_counter()
    knowledge_base, names = index_collection(collection, say)
    elapsed = time.perf_counter() - started
    say(f"searching {len(collection.judgements)} questions in {knowledge_base.corpus_size} chunks")
    modes = measure(knowledge_base, collection, names, say)
    return RetrievalReport(
        documents=len(collection.documents),
        chunks=knowledge_base.corpus_size,
        questions=len(collection.judgements),
        index_s=round(elapsed, 2),
        chunks_per_s=round(knowledge_base.corpus_size / max(1e-9, elapsed), 1),
        modes=modes,
    ).as_dict()


def read_collection(folder: Path, *, limit: int | None = None, split: str | None = None) -> Collection:
    """The collection in `folder`; `limit` keeps the first judged questions, not the documents."""
    documents = {
        str(row["_id"]): (str(row.get("title") or ""), str(row.get("text") or ""))
        for row in _json_lines(folder / "corpus.jsonl")
    }
    if not any(part.strip() for document in documents.values() for part in document):
        raise BadInput(f"No document of {folder} holds a text", _LAYOUT)
    questions = {str(row["_id"]): str(row["text"]) for row in _json_lines(folder / "queries.jsonl", "text")}
    judged = read_judgements(_qrels_file(folder, split))
    kept = [q for q in judged if questions.get(q, "").strip() and any(judged[q].values())]
    if not kept:
        raise BadInput(
            f"No question of {folder} has a judgement", "Check that ids in qrels and queries agree."
        )
    if not any(document in documents for question in kept for document in judged[question]):
        raise BadInput(
            f"No judged document of {folder} is in its corpus", "Check that ids in qrels and corpus agree."
        )
    return Collection(documents, questions, {question: judged[question] for question in kept[:limit]})


def read_judgements(path: Path) -> Judgements:
    """Grades per question from a tab-separated file, with a header or without; grades below 0 count as 0."""
    judgements: Judgements = {}
    try:
        with path.open(encoding="utf-8", newline="") as file:
            for number, row in enumerate(csv.reader(file, delimiter="\t"), start=1):
                if row and row[0].strip():
                    _take_judgement(judgements, row, f"{path.name}, line {number}", first=number == 1)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BadInput(f"{path.name} cannot be read: {error}", _JUDGEMENTS) from None
    return judgements


def _take_judgement(judgements: Judgements, row: list[str], place: str, *, first: bool) -> None:
    """Add the judgement in a row; the first row may be a header."""
    fields = row if len(row) > 1 else row[0].split()
    try:
        grade = int(float(fields[-1]))
    except (ValueError, OverflowError):
        if first:
            return
        raise BadInput(f"{place}: {fields[-1]!r} is not a grade", _JUDGEMENTS) from None
    if len(fields) < 3:
        raise BadInput(f"{place} has {len(fields)} fields", _JUDGEMENTS)
    document = fields[2] if len(fields) == 4 else fields[1]  # 4: the TREC layout
    judgements.setdefault(fields[0], {})[document] = max(0, grade)


def index_collection(collection: Collection, say: Tell) -> tuple[KnowledgeBase, dict[str, str]]:
    """An in-memory knowledge base of the collection, and its document names mapped back to ids."""
    knowledge_base = open_knowledge_base(None)
    names: dict[str, str] = {}

    def sources() -> Iterator[Source]:
        # named by number: different ids may be one name ("a b" and "a  b")
        for number, (identity, (title, text)) in enumerate(collection.documents.items()):
            body = text if text.strip() else title
            if body.strip():
                names[str(number)] = identity
                yield Source(str(number), text=body, title=title)

    knowledge_base.add_many(list(sources()), on_progress=Throttled(say))
    return knowledge_base, names


def measure(
    knowledge_base: KnowledgeBase, collection: Collection, names: Mapping[str, str], say: Tell
) -> dict[str, Measures]:
    """Every mode over every judged question; the questions are embedded in batches."""
    vectors = _question_vectors(knowledge_base, collection)
    rankings: dict[str, list[Ranking]] = {"vector": [], "keyword": [], "hybrid": [], "hybrid+rerank": []}
    shown = time.monotonic()
    for number, question in enumerate(collection.judgements, start=1):
        text = collection.questions[question]
        for mode, ranking in _rank(knowledge_base, text, vectors[question], names).items():
            rankings[mode].append(ranking)
        if time.monotonic() - shown > _SHOWN_EVERY_S:
            shown = time.monotonic()
            say(f"{number} of {len(collection.judgements)} questions")
    grades = list(collection.judgements.values())
    return {mode: score(found, grades) for mode, found in rankings.items()}


def score(rankings: Sequence[Ranking], judgements: Sequence[Mapping[str, int]]) -> Measures:
    """Mean measures of rankings against grades, question by question."""
    rows = [_measures(ranking, grades) for ranking, grades in zip(rankings, judgements, strict=True)]
    return Measures(*(float(value) for value in np.mean(rows, axis=0)))


def _measures(ranking: Ranking, grades: Mapping[str, int]) -> list[float]:
    relevant = {document for document, grade in grades.items() if grade > 0}
    gain = sum(grades.get(d, 0) / math.log2(i + 2) for i, d in enumerate(ranking[:10]))
    best = sorted(grades.values(), reverse=True)[:10]
    ideal = sum(grade / math.log2(i + 2) for i, grade in enumerate(best))
    first = next((i for i, d in enumerate(ranking[:_MRR_DEPTH], start=1) if d in relevant), 0)
    recalls = [len(relevant.intersection(ranking[:k])) / len(relevant) for k in CUTOFFS]
    hits = [float(bool(relevant.intersection(ranking[:k]))) for k in (1, 5)]
    return [gain / ideal, 1 / first if first else 0.0, *recalls, *hits]


def _rank(
    knowledge_base: KnowledgeBase, text: str, vector: NDArray[np.float32], names: Mapping[str, str]
) -> dict[str, Ranking]:
    """Document ids per mode, best chunk first, at most 100."""
    corpus = knowledge_base.current()
    request = knowledge_base.request(text[: knowledge_base.longest_question], k=_DEPTH)
    scored = retrieval.score_all(corpus, lambda _: vector, request)
    found: dict[str, Ranking] = {}
    for mode in MODES:
        found[mode] = _documents(knowledge_base, scored.of(mode), names, positive=mode == "keyword")
    found["hybrid+rerank"] = _reranked(knowledge_base, request, scored, names)
    return found


def _documents(
    knowledge_base: KnowledgeBase, scores: NDArray[np.float32], names: Mapping[str, str], *, positive: bool
) -> Ranking:
    """Chunks are fetched in growing numbers until 100 different documents are among them."""
    corpus = knowledge_base.current()
    wanted = 2 * _DEPTH
    while True:
        rows = retrieval.best_rows(scores, wanted, positive=positive)
        ranking = list(dict.fromkeys(names[corpus.chunks[int(row)].document_id] for row in rows))
        if len(ranking) >= _DEPTH or len(rows) < wanted:
            return ranking[:_DEPTH]
        wanted *= 4


def _reranked(
    knowledge_base: KnowledgeBase,
    request: retrieval.Request,
    scored: retrieval.Scored,
    names: Mapping[str, str],
) -> Ranking:
    """The hybrid ranking with its best hits reordered; what the reranker did not see keeps its place."""
    corpus = knowledge_base.current()
    order = retrieval.best_rows(scored.fused, request.rerank_pool, positive=False)
    final = retrieval.reranked(corpus, order, scored, request)
    seen = [names[corpus.chunks[row].document_id] for row in sorted(final, key=lambda row: -final[row])]
    rest = _documents(knowledge_base, scored.fused, names, positive=False)
    return list(dict.fromkeys([*seen, *rest]))[:_DEPTH]


def _question_vectors(
    knowledge_base: KnowledgeBase, collection: Collection
) -> dict[str, NDArray[np.float32]]:
    ids = list(collection.judgements)
    vectors: dict[str, NDArray[np.float32]] = {}
    for start in range(0, len(ids), _EMBEDDED_TOGETHER):
        part = ids[start : start + _EMBEDDED_TOGETHER]
        encoded = knowledge_base.embedder.encode([collection.questions[question] for question in part])
        vectors.update(zip(part, encoded, strict=True))
    return vectors


def _json_lines(path: Path, *needed: str) -> Iterator[dict[str, Any]]:
    """The objects in the lines of a file; each has an `_id` and what else is needed."""
    try:
        file = path.open("rb")
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}", _LAYOUT) from None
    with file:
        for number, line in enumerate(file, start=1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
                whole = all(row[key] is not None for key in ("_id", *needed))
            except (ValueError, KeyError, TypeError, RecursionError):
                whole = False
            if not whole:
                wanted = " and a ".join(("an _id", *needed))
                raise BadInput(f"{path.name}, line {number} is not a JSON object with {wanted}", _LAYOUT)
            yield row


def _qrels_file(folder: Path, split: str | None) -> Path:
    files = {path.stem: path for path in sorted([*folder.glob("qrels/*.tsv"), *folder.glob("qrels*.tsv")])}
    if split is not None and split not in files:
        raise BadInput(f"{folder} has no judgements {split!r}", f"There are: {', '.join(files) or 'none'}.")
    for name in (split, "test", "dev", "qrels"):
        if name in files:
            return files[name]
    if not files:
        raise BadInput(f"{folder} has no qrels/*.tsv", _LAYOUT)
    return next(iter(files.values()))


class Throttled:
    """Passes progress on every few seconds, so that a log stays readable."""

    def __init__(self, say: Tell) -> None:
        self._say = say
        self._shown = time.monotonic()

    def __call__(self, progress: Progress) -> None:
        """Take a progress report; most are not passed on."""
        if time.monotonic() - self._shown < _SHOWN_EVERY_S:
            return
        self._shown = time.monotonic()
        left = f", about {progress.remaining_s:.0f} s left" if progress.remaining_s is not None else ""
        done, total = progress.documents_done, progress.documents_total
        self._say(f"indexed {done} of {total} documents, {progress.rate:.0f} chunks/s{left}")


def _to_stderr(message: str) -> None:
    print(message, file=sys.stderr, flush=True)  # noqa: T201 - progress of a command line
