"""Fits the refusal calibration: a logistic over the evidence features, and the threshold for a stated price.

Positive examples are answerable questions; negative ones are unanswerable, off-topic, and answerable
questions whose document is filtered out. Everything it is fitted on is in assets/evaluation/rag: the tuning
questions and their texts, and the evidence measured on them, so that `python -m core.rag calibrate` can start
from either. Fit on tuning data only; what is reported elsewhere is measured on the other halves.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from core.config import ASSETS
from core.errors import BadInput, StoreError
from core.rag.calibration import CALIBRATION_FILE, DEFAULT, SHARED, Calibration
from core.rag.evaluation_answers import Article, SquadFile, Tell, index_squad, read_lines, read_squad
from core.rag.evaluation_builtin import Half, load_questions
from core.rag.evidence import FEATURES, REFERENCE_CHUNKS, UNIT, evidence_for
from core.rag.knowledge_base import KnowledgeBase

TARGET_WRONG_REFUSALS = 0.035
"""Most answerable questions of the files that may be refused, all files together; promised are 0.06 on questions not
seen here. The threshold of the shared corpus is where refusals part its own questions best."""

FOLDER = ASSETS / "evaluation" / "rag"
EXAMPLES_FILE = FOLDER / "calibration_examples.jsonl"
SQUAD_FILES = ("encyclopedia_tuning.json", "wikipedia_tuning.json")
DISTRACTORS_FILE = "distractors.jsonl"
BUILT_IN: tuple[Half, ...] = ("tuning", "development")

_SHARES = {"answerable": 1.0, "removed": 0.85, "impossible": 1.25, "off_topic": 0.5}
"""What a class counts in the fit: chosen, as the regularisation was, by cross-validation over articles."""
_REGULARISATION = 0.3
_ROUNDS = 2
_DECIMALS = 4
_BUILT_IN_SOURCE = "built-in "


@dataclass(frozen=True, slots=True)
class Example:
    """One question: the features of each sentence that was read for it, its class, the data it comes from,
    and the chunks it was asked of."""

    sentences: tuple[dict[str, float], ...]
    kind: str
    source: str
    question: str = ""
    chunks: int = 0


def shipped_examples(shared: KnowledgeBase, tell: Tell) -> list[Example]:
    """The evidence of every tuning question in assets, measured anew: minutes of embedding.

    `shared` is the corpus of the built-in questions; the other questions are asked of their paragraphs
    among the distractors.
    """
    foreign = [q.text for q in load_questions("tuning") if q.answerable and q.kind != "multi"]
    files = [FOLDER / name for name in SQUAD_FILES]
    return [*squad_examples(files, foreign, read_distractors(), tell), *builtin_examples(shared, tell)]


def squad_examples(
    paths: Sequence[Path], off_topic: Sequence[str], distractors: Sequence[Article], tell: Tell
) -> list[Example]:
    """Examples of every class from files in the SQuAD 2.0 layout, all indexed together with the distractors."""
    files = {path.name: _prefixed(read_squad(path), path.stem) for path in paths}
    articles = [article for squad in files.values() for article in squad.articles]
    knowledge_base = index_squad(SquadFile((*articles, *distractors), ()), tell)
    examples: list[Example] = []
    for name, squad in files.items():
        tell(f"reading {len(squad.questions)} questions of {name}")
        examples += [
            _example(knowledge_base, text, where, kind, name) for text, where, kind in _questions(squad)
        ]
    examples += [
        _example(knowledge_base, text, None, "off_topic", name) for name in files for text in off_topic
    ]
    return examples


def builtin_examples(shared: KnowledgeBase, tell: Tell) -> list[Example]:
    """Examples from the tuning half and the development questions over the shared corpus."""
    kinds = {"near_miss": "impossible", "off_topic": "off_topic"}
    examples: list[Example] = []
    for half in BUILT_IN:
        questions = load_questions(half)
        tell(f"reading {len(questions)} {half} questions over the shared corpus")
        examples += [
            _example(shared, q.text, None, kinds.get(q.kind, "answerable"), f"{_BUILT_IN_SOURCE}{half}")
            for q in questions
        ]
    return examples


def read_distractors() -> list[Article]:
    """The texts that stand around the paragraphs that are asked about."""
    rows = _json_lines(FOLDER / DISTRACTORS_FILE)
    return [
        Article(f"distractor {number:04d}", row["title"], (row["text"],))
        for number, row in enumerate(rows, start=1)
    ]


def read_examples(path: Path = EXAMPLES_FILE) -> list[Example]:
    """The stored evidence; raises StoreError when it is missing, damaged, or of other features."""
    try:
        examples = [
            Example(
                tuple(dict(zip(FEATURES, values, strict=True)) for values in row["evidence"]),
                row["kind"],
                row["source"],
                row["question"],
                row["chunks"],
            )
            for row in _json_lines(path)
        ]
    except (KeyError, TypeError, ValueError) as error:
        raise StoreError(
            f"The stored evidence {path.name} cannot be read: {error!r}",
            "Measure it again: python -m core.rag calibrate --save.",
        ) from error
    return examples


def write_examples(examples: Iterable[Example], path: Path = EXAMPLES_FILE) -> None:
    """Store evidence, one question a line."""
    rows = (
        {
            "source": example.source,
            "kind": example.kind,
            "question": example.question,
            "chunks": example.chunks,
            "evidence": [[features[name] for name in FEATURES] for features in example.sentences],
        }
        for example in examples
    )
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


def fit(examples: Sequence[Example], embedder: str) -> Calibration:
    """The calibration of these examples; every source counts the same, its classes as in `_SHARES`.

    A question stands for the sentence with the most evidence, which depends on the weights: fitting and
    choosing alternate, from the first sentence of each. Raises BadInput when all questions are of one kind.
    """
    examples = [example for example in examples if example.sentences]
    if len({example.kind == "answerable" for example in examples}) < 2:
        raise BadInput("The questions are all of one kind", "Give answerable and unanswerable ones.")
    weights = _sample_weights(examples)
    chosen = [example.sentences[0] for example in examples]
    fitted = _logistic(chosen, examples, weights, embedder)
    for _ in range(_ROUNDS):
        chosen = [example.sentences[fitted.carrier(example.sentences)[0]] for example in examples]
        fitted = _logistic(chosen, examples, weights, embedder)
    return _with_thresholds(fitted, examples)


def _logistic(
    chosen: Sequence[dict[str, float]], examples: Sequence[Example], weights: Any, embedder: str
) -> Calibration:
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    rows = np.array([[features[name] for name in FEATURES] for features in chosen])
    answerable = np.array([example.kind == "answerable" for example in examples])
    scaler = StandardScaler().fit(rows, sample_weight=weights)
    model = LogisticRegression(C=_REGULARISATION).fit(
        scaler.transform(rows), answerable, sample_weight=weights
    )
    slopes = model.coef_[0] / scaler.scale_
    intercept = float(model.intercept_[0] - slopes @ scaler.mean_)
    return Calibration(
        weights={name: round(float(slope), 4) for name, slope in zip(FEATURES, slopes, strict=True)},
        intercept=round(intercept, 4),
        thresholds={DEFAULT: 0.5},
        embedder=embedder,
        unit=UNIT,
        reference_chunks=REFERENCE_CHUNKS,
        provenance={},
    )


def calibrate(
    shared: KnowledgeBase,
    *,
    stored: bool = False,
    files: Sequence[Path] = (),
    off_topic: Path | None = None,
    tell: Tell,
) -> tuple[Calibration, list[Example]]:
    """The calibration of the questions in assets, and the evidence it is fitted on.

    `stored` takes the evidence that is in assets instead of measuring it; `files` in the SQuAD layout and a
    list of off-topic questions for them come on top, and are always measured.
    """
    from core.embedder import get_embedder

    foreign = read_lines(off_topic) if off_topic else []
    # Before the minutes of the others: a file may be unreadable.
    named = squad_examples(files, foreign, read_distractors(), tell) if files else []
    examples = [*(read_examples() if stored else shipped_examples(shared, tell)), *named]
    return fit(examples, get_embedder().model_id), examples


def save(calibration: Calibration, path: Path = CALIBRATION_FILE) -> None:
    """Write a calibration where the hub reads it."""
    path.write_text(json.dumps(asdict(calibration), indent=1) + "\n", encoding="utf-8")


def _example(
    knowledge_base: KnowledgeBase, text: str, where: dict[str, Any] | None, kind: str, source: str
) -> Example:
    sentences = tuple(
        {name: round(features[name], _DECIMALS) for name in FEATURES}
        for features in evidence_for(knowledge_base, text, where)
    )
    return Example(sentences, kind, source, text, knowledge_base.corpus_size)


def _prefixed(squad: SquadFile, prefix: str) -> SquadFile:
    """The same with names that do not meet those of another file."""
    return SquadFile(
        tuple(replace(article, name=f"{prefix} {article.name}") for article in squad.articles),
        tuple(replace(question, article=f"{prefix} {question.article}") for question in squad.questions),
    )


def _json_lines(path: Path) -> list[dict[str, Any]]:
    try:
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    except (OSError, ValueError) as error:
        raise StoreError(f"{path.name} cannot be read: {error}", "Restore it from the repository.") from error


def _questions(squad: SquadFile) -> Iterator[tuple[str, dict[str, Any] | None, str]]:
    for question in squad.questions:
        if question.answers:
            yield question.text, None, "answerable"
            yield question.text, {"article": {"$ne": question.article}}, "removed"
        else:
            yield question.text, None, "impossible"


def _sample_weights(examples: Sequence[Example]) -> Any:
    counts: dict[tuple[str, str], int] = {}
    for example in examples:
        counts[example.source, example.kind] = counts.get((example.source, example.kind), 0) + 1
    raw = np.array([_SHARES[e.kind] / counts[e.source, e.kind] for e in examples])
    return raw * len(examples) / raw.sum()


def _with_thresholds(fitted: Calibration, examples: Sequence[Example]) -> Calibration:
    scored = [
        (example.source.startswith(_BUILT_IN_SOURCE), example.kind == "answerable", _score(fitted, example))
        for example in examples
    ]
    of_files = [score for built_in, answerable, score in scored if answerable and not built_in]
    answered = [score for built_in, answerable, score in scored if built_in and answerable]
    refused = [score for built_in, answerable, score in scored if built_in and not answerable]
    thresholds = {DEFAULT: _highest_at(of_files or answered, TARGET_WRONG_REFUSALS)}
    if answered and refused:
        thresholds[SHARED] = _parting(answered, refused)
    provenance = {
        "fitted": datetime.now(UTC).date().isoformat(),
        "target_wrong_refusals": TARGET_WRONG_REFUSALS,
        "data": _data(examples),
        "refused_on_tuning_data": _refusals(replace(fitted, thresholds=thresholds), examples),
    }
    return replace(fitted, thresholds=thresholds, provenance=provenance)


def _highest_at(scores: Any, price: float) -> float:
    """A threshold that refuses as many of the scores as this share allows: the middle of the gap below the first
    score that is answered, so that a question a little below that one is not refused."""
    ordered = np.sort(np.asarray(scores))
    first = int(price * (len(ordered) - 1))
    limit = float(ordered[max(0, first - 1) : first + 1].mean())
    return _rounded_down(limit)


def _parting(answerable: Sequence[float], unanswerable: Sequence[float]) -> float:
    """The threshold with the largest share of unanswerable less share of answerable scores below it (Youden's J), in
    the middle between two scores."""
    ordered = np.unique([*answerable, *unanswerable])
    between = (ordered[1:] + ordered[:-1]) / 2
    below = [np.searchsorted(np.sort(scores), between) / len(scores) for scores in (unanswerable, answerable)]
    return _rounded_down(float(between[np.argmax(below[0] - below[1])]))


def _rounded_down(threshold: float) -> float:
    return math.floor(threshold * 10_000) / 10_000


def _data(examples: Sequence[Example]) -> dict[str, dict[str, object]]:
    """What was fitted on, by source: questions of each class, chunks of the corpus, digest of the questions."""
    found: dict[str, dict[str, object]] = {}
    for source in dict.fromkeys(example.source for example in examples):
        of_source = [example for example in examples if example.source == source]
        texts = "\n".join(sorted({example.question for example in of_source}))
        found[source] = {
            "questions": dict(Counter(example.kind for example in of_source)),
            "chunks": of_source[0].chunks,
            "sha256": hashlib.sha256(texts.encode()).hexdigest()[:16],
        }
    return found


def _refusals(fitted: Calibration, examples: Sequence[Example]) -> dict[str, float]:
    found: dict[str, list[bool]] = {}
    for example in examples:
        limit = fitted.threshold(SHARED if example.source.startswith(_BUILT_IN_SOURCE) else DEFAULT)
        refused = _score(fitted, example) < limit
        found.setdefault(f"{example.source}: {example.kind}", []).append(refused)
    return {name: round(float(np.mean(values)), 3) for name, values in found.items()}


def _score(fitted: Calibration, example: Example) -> float:
    return fitted.carrier(example.sentences)[1]
