"""One question against one corpus: exact scores of every chunk in every mode, then the best k."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from numbers import Integral, Real
from typing import TYPE_CHECKING, Protocol

import numpy as np

from core.config import settings
from core.errors import BadInput, HubError
from core.log import get_logger
from core.rag import fusion
from core.rag.corpus import Corpus
from core.rag.documents import MODES, Mode, Passage
from core.rag.filters import Where
from core.rag.parts import parts_of
from core.rag.rerank import Reranker, late_interaction

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Scores = NDArray[np.float32]

_DUPLICATE_ROWS = 1_000
_LONG_QUESTION, _LOSS_OF_RELIANCE = 15, 3
_NOWHERE = np.float32(-np.inf)


class QueryEncoder(Protocol):
    """Turns a question into the unit vector that chunks are compared with."""

    def __call__(self, question: str) -> NDArray[np.float32]:
        """A vector of shape (dimension,)."""
        ...


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of a search; `diversity` 0 is pure relevance, 1 pure variety (MMR)."""

    question: str
    k: int = 4
    mode: Mode = "hybrid"
    where: Where | None = None
    rerank: bool = False
    weight: float = 0.45
    diversity: float = 0.0
    duplicate_cosine: float = 0.97
    rerank_pool: int = 30
    rerank_weight: float = 0.6
    widen: int = 0  # characters that a passage may grow to; 0 = not widened


@dataclass(frozen=True, slots=True)
class Scored:
    """Scores of all chunks in every mode, shape (chunks,); filtered-out chunks are at minus infinity.

    `fused` orders hybrid search. `even` is the same mixture for every question, which stands beside the
    reranker and which the refusal threshold was calibrated with.
    """

    vector: Scores | None
    keyword: Scores
    fused: Scores
    even: Scores

    def of(self, mode: Mode) -> Scores:
        """The scores that `mode` sorts by."""
        if mode == "keyword":
            return self.keyword
        if mode == "hybrid":
            return self.fused
        assert self.vector is not None  # a search in vector mode fails before without an embedder
        return self.vector


@dataclass(frozen=True, slots=True)
class _Look:
    """What one wording of a question finds: rows best first, their scores, and the reranker's part in them."""

    scored: Scored
    rows: NDArray[np.int64]
    final: Mapping[int, float]
    second: Mapping[int, float]


def search(
    corpus: Corpus, encode: QueryEncoder, request: Request, reranker: Reranker | None = None
) -> list[Passage]:
    """The best `k` passages of a request that `check` lets through, best first, not widened, with every component
    score and the rank in every mode.

    With reranking, a question that asks for several things is looked up part by part as well; the best of
    the question and of each part take turns, and a passage has the highest of its scores. Raises BadInput
    for a bad filter.
    """
    if not len(corpus):
        return []
    whole = _look(corpus, encode, request, reranker)
    parts = parts_of(request.question) if request.rerank else ()
    looks = [
        whole,
        *(_look(corpus, encode, replace(request, question=part.question), reranker) for part in parts),
    ]
    final = _highest([look.final for look in looks])
    second = _highest([look.second for look in looks])
    if request.diversity:
        rows = np.array(sorted(final, key=lambda row: -final[row]), dtype=np.int64)
        rows = _diverse(corpus, rows, final, request)
    else:
        rows = take_turns([look.rows for look in looks])
    return _passages(corpus, rows[: request.k], final, whole.scored, second, request)


def take_turns(rankings: Sequence[NDArray[np.int64]]) -> NDArray[np.int64]:
    """The first of each ranking, then the second of each, and so on; every row once."""
    if len(rankings) == 1:
        return rankings[0]
    in_turn = (int(row) for rank in zip_longest(*rankings) for row in rank if row is not None)
    return np.array(list(dict.fromkeys(in_turn)), dtype=np.int64)


def _look(corpus: Corpus, encode: QueryEncoder, request: Request, reranker: Reranker | None) -> _Look:
    scored = score_all(corpus, encode, request)
    ranking = scored.of(request.mode)
    pool = max(request.k, request.rerank_pool) if request.rerank or request.diversity else request.k
    rows = best_rows(ranking, pool, positive=request.mode == "keyword")
    final = {int(row): float(ranking[row]) for row in rows}
    if not request.rerank or not len(rows):
        return _Look(scored, rows, final, {})
    second = _rerank(corpus, rows, request, reranker or late_interaction)
    final = second_look(scored, second, request, _reliance(request.question, reranker))
    return _Look(scored, np.array(sorted(final, key=lambda row: -final[row])), final, second)


def second_look(
    scored: Scored, second: Mapping[int, float], request: Request, reliance: float = 1.0
) -> dict[int, float]:
    """The scores of the rows that were read a second time, the reranker's (`second`) blended in: its weight and,
    in hybrid mode, the even mixture beside it count as far as `reliance` (0 to 1) goes."""
    first = {row: float(scored.of(request.mode)[row]) for row in second}
    if request.mode == "hybrid":
        first = {
            row: reliance * float(scored.even[row]) + (1.0 - reliance) * score for row, score in first.items()
        }
    return blend(first, second, reliance * request.rerank_weight)


def _reliance(question: str, reranker: Reranker | None = None) -> float:
    """How far the second look is relied on. Late interaction asks each word for a counterpart, which a long
    description of a topic does not have in every relevant text: it lost to the first stage there (docs/retrieval.md).
    """
    if reranker not in (None, late_interaction):
        return 1.0
    return min(1.0, _LONG_QUESTION / max(1, len(question.split()))) ** _LOSS_OF_RELIANCE


def _highest(scores: Sequence[Mapping[int, float]]) -> dict[int, float]:
    """The highest score of each row in any of the mappings."""
    found: dict[int, float] = {}
    for row, score in (item for part in scores for item in part.items()):
        found[row] = max(score, found.get(row, score))
    return found


def check(request: Request) -> None:
    """Refuse what cannot be searched, with a reason; raises BadInput."""
    if not request.question.strip():
        raise BadInput("The question is empty", "Ask something.")
    if request.mode not in MODES:
        raise BadInput(f"Unknown mode {request.mode!r}", f"Choose one of {', '.join(MODES)}.")
    rag = settings().rag
    _check_count("k", request.k, 1, rag.max_passages, "RAG__MAX_PASSAGES")
    _check_count("widen", request.widen, 0, rag.max_passage_characters, "RAG__MAX_PASSAGE_CHARACTERS")
    for name, share in (("weight", request.weight), ("diversity", request.diversity)):
        if not (isinstance(share, Real) and 0.0 <= share <= 1.0):
            raise BadInput(f"The {name} is {share!r}", "Give a number from 0 to 1.")


def _check_count(name: str, value: object, least: int, most: int, setting: str) -> None:
    if not isinstance(value, Integral):
        raise BadInput(f"{name} is {value!r}, which is not a whole number", f"Give {least} or more.")
    if not least <= int(value) <= most:
        raise BadInput(
            f"{name} is {value:,}; allowed are {least} to {most:,}",
            f"Give a number between them (the limit is the setting {setting}).",
        )


def score_all(corpus: Corpus, encode: QueryEncoder, request: Request) -> Scored:
    """Exact scores of every chunk: nothing is missing, so fusion has nothing to guess."""
    keyword = corpus.keyword.scores(request.question)
    vector = _cosines(corpus, encode, request)
    mask = corpus.mask(request.where)
    if vector is None:
        return Scored(None, *_kept(mask, keyword, keyword, keyword))
    even = fusion.weighted(vector, keyword, request.weight)
    fused = _fused(corpus, vector, keyword, request, mask)
    return Scored(*_kept(mask, vector, keyword, fused, even))


def _fused(
    corpus: Corpus, vector: Scores, keyword: Scores, request: Request, mask: NDArray[np.bool_] | None
) -> Scores:
    """The mixture that suits the question among the chunks that count, with the documents' share in it."""
    counted = slice(None) if mask is None else mask
    weight = fusion.by_margin(vector[counted], keyword[counted], request.weight)
    passages = fusion.weighted(vector, keyword, weight)
    whole = corpus.document_shares(request.question)
    documents = fusion.weighted(corpus.document_best(vector), whole, weight)
    return fusion.with_document(passages, documents, request.weight)


def _kept(mask: NDArray[np.bool_] | None, *parts: Scores) -> tuple[Scores, ...]:
    """The scores with minus infinity where the filter does not keep a chunk."""
    return parts if mask is None else tuple(np.where(mask, scores, _NOWHERE) for scores in parts)


def _cosines(corpus: Corpus, encode: QueryEncoder, request: Request) -> Scores | None:
    try:
        return np.asarray(corpus.vectors @ encode(request.question), dtype=np.float32)
    except HubError:
        if request.mode != "keyword":
            raise
        get_logger(__name__).warning("keyword_search_without_embedder")
        return None


def best_rows(scores: Scores, k: int, *, positive: bool) -> NDArray[np.int64]:
    """Rows of the `k` highest scores, best first, ties in corpus order; without filtered-out rows and,
    when `positive`, without rows that share no word with the question."""
    k = min(k, len(scores))
    if k < len(scores):
        threshold = np.partition(scores, len(scores) - k)[len(scores) - k]
        candidates = np.flatnonzero(scores >= threshold)
    else:
        candidates = np.arange(len(scores))
    order = candidates[np.argsort(-scores[candidates], kind="stable")][:k]
    return order[scores[order] > (0.0 if positive else _NOWHERE)]


def blend(first: Mapping[int, float], second: Mapping[int, float], weight: float) -> dict[int, float]:
    """`weight` of the reranker's score beside the first-stage score, row by row."""
    return {row: (1.0 - weight) * score + weight * second[row] for row, score in first.items()}


def reranked(
    corpus: Corpus,
    rows: NDArray[np.int64],
    scored: Scored,
    request: Request,
    reranker: Reranker | None = None,
) -> dict[int, float]:
    """The blended scores of the given rows: first stage and reranker."""
    second = _rerank(corpus, rows, request, reranker or late_interaction)
    return second_look(scored, second, request, _reliance(request.question, reranker))


def _rerank(
    corpus: Corpus, rows: NDArray[np.int64], request: Request, reranker: Reranker
) -> dict[int, float]:
    scores = reranker(request.question, [corpus.chunks[row] for row in rows], corpus.keyword.rarity)
    return {int(row): score for row, score in zip(rows, scores, strict=True)}


def _diverse(
    corpus: Corpus, rows: NDArray[np.int64], final: Mapping[int, float], request: Request
) -> NDArray[np.int64]:
    """Maximal marginal relevance: each next passage is good and unlike those already taken."""
    relevance = np.array([final[int(row)] for row in rows], dtype=np.float32)
    return rows[varied(corpus.vectors[rows], relevance, request.k, request.diversity)]


def varied(vectors: NDArray[np.float32], relevance: Scores, k: int, diversity: float) -> list[int]:
    """The positions of at most `k` rows of `vectors` (unit length) that are relevant and unlike each other."""
    likeness = np.zeros(len(vectors), dtype=np.float32)
    taken: list[int] = []
    while len(taken) < min(k, len(vectors)):
        value = (1.0 - diversity) * relevance - diversity * likeness
        value[taken] = _NOWHERE
        taken.append(int(value.argmax()))
        likeness = np.maximum(likeness, vectors @ vectors[taken[-1]])
    return taken


def _passages(
    corpus: Corpus,
    rows: NDArray[np.int64],
    final: Mapping[int, float],
    scored: Scored,
    reranked: Mapping[int, float],
    request: Request,
) -> list[Passage]:
    duplicates = _duplicates(corpus, rows, request.duplicate_cosine)
    return [
        _passage(corpus, int(row), final[int(row)], scored, reranked, duplicates.get(int(row)))
        for row in rows
    ]


def _passage(
    corpus: Corpus,
    row: int,
    score: float,
    scored: Scored,
    reranked: Mapping[int, float],
    duplicate: str | None,
) -> Passage:
    chunk = corpus.chunks[row]
    vector = None if scored.vector is None else float(scored.vector[row])
    return Passage(
        text=chunk.text,
        document=chunk.document_id,
        chunk_id=chunk.id,
        score=min(1.0, max(0.0, score)),
        scores={
            "vector": vector,
            "keyword": float(scored.keyword[row]),
            "fused": float(scored.fused[row]),
            "rerank": reranked.get(row),
        },
        ranks={
            "vector": None if scored.vector is None else _rank(scored.vector, row),
            "keyword": _rank(scored.keyword, row) if scored.keyword[row] > 0 else None,
            "hybrid": _rank(scored.fused, row),
            "rerank": _rank_among(reranked, row),
        },
        start=chunk.start,
        end=chunk.end,
        page=chunk.page,
        heading=chunk.heading,
        title=corpus.titles.get(chunk.document_id, ""),
        index=chunk.index,
        metadata=corpus.metadata.get(chunk.document_id, {}),
        duplicate_of=duplicate,
    )


def _rank(scores: Scores, row: int) -> int:
    return 1 + int(np.count_nonzero(scores > scores[row]))


def _rank_among(scores: Mapping[int, float], row: int) -> int | None:
    return 1 + sum(score > scores[row] for score in scores.values()) if row in scores else None


def _duplicates(corpus: Corpus, rows: NDArray[np.int64], limit: float) -> dict[int, str]:
    """Hits that nearly repeat a better hit: row to the id of that hit."""
    if len(rows) < 2:
        return {}
    vectors = corpus.vectors[rows]
    likeness = np.triu(vectors @ vectors.T, k=1)
    found: dict[int, str] = {}
    for column in np.flatnonzero((likeness >= limit).any(axis=0)):
        first = int(np.argmax(likeness[:, column] >= limit))
        found[int(rows[column])] = corpus.chunks[int(rows[first])].id
    return found


def near_duplicates(corpus: Corpus, limit: float) -> dict[str, str]:
    """Chunks whose vector is within `limit` (cosine) of an earlier chunk's: id to the id of the first."""
    found: dict[str, str] = {}
    for start in range(0, len(corpus), _DUPLICATE_ROWS):
        block = corpus.vectors[start : start + _DUPLICATE_ROWS]
        likeness = block @ corpus.vectors[: start + len(block)].T >= limit
        for offset in np.flatnonzero(likeness.sum(axis=1) > 1):
            row = start + int(offset)
            first = int(np.argmax(likeness[offset]))
            if first < row:
                found[corpus.chunks[row].id] = corpus.chunks[first].id
    return found
