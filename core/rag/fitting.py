"""Fits the refusal calibration: a logistic over the evidence features, and the threshold for a stated price.

Positive examples are answerable questions; negative ones are unanswerable, off-topic, and answerable
questions whose document is filtered out. Fit on tuning data only; what is reported elsewhere is measured
on the other half.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import BadInput
from core.rag.calibration import CALIBRATION_FILE, DEFAULT, SHARED, Calibration
from core.rag.evaluation_answers import SquadFile, Tell, index_squad, read_lines, read_squad
from core.rag.evidence import FEATURES, REFERENCE_CHUNKS, UNIT, evidence_for
from core.rag.knowledge_base import KnowledgeBase

TARGET_WRONG_REFUSALS = 0.03
"""Share of answerable tuning questions that may be refused; the promise is 0.06 on questions not seen here."""

_SHARES = {"answerable": 1.0, "removed": 0.7, "impossible": 1.2, "off_topic": 0.5}
_REGULARISATION = 0.1
_BUILTIN = "built-in"


@dataclass(frozen=True, slots=True)
class Example:
    """One question's features, its class, and the data it comes from."""

    features: dict[str, float]
    kind: str
    source: str


def squad_examples(path: Path, off_topic: Sequence[str], tell: Tell) -> list[Example]:
    """Examples of every class from a file in the SQuAD 2.0 layout."""
    squad = read_squad(path)
    knowledge_base = index_squad(squad, tell)
    tell(f"reading {len(squad.questions)} questions of {path.name}")
    return [
        Example(evidence_for(knowledge_base, question, where), kind, path.name)
        for question, where, kind in _questions(squad, off_topic)
    ]


def builtin_examples(knowledge_base: KnowledgeBase) -> list[Example]:
    """Examples from the tuning half of the built-in question set over the shared corpus."""
    from core.rag.evaluation_builtin import load_questions

    kinds = {"near_miss": "impossible", "off_topic": "off_topic"}
    return [
        Example(evidence_for(knowledge_base, question.text), kinds.get(question.kind, "answerable"), _BUILTIN)
        for question in load_questions("tuning")
    ]


def fit(examples: Sequence[Example], embedder: str) -> Calibration:
    """The calibration of these examples; every source counts the same, its classes as in `_SHARES`."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    if len({example.kind == "answerable" for example in examples}) < 2:
        raise BadInput("The questions are all of one kind", "Give answerable and unanswerable ones.")
    rows = np.array([[example.features[name] for name in FEATURES] for example in examples])
    answerable = np.array([example.kind == "answerable" for example in examples])
    weights = _sample_weights(examples)
    scaler = StandardScaler().fit(rows, sample_weight=weights)
    model = LogisticRegression(C=_REGULARISATION).fit(
        scaler.transform(rows), answerable, sample_weight=weights
    )
    slopes = model.coef_[0] / scaler.scale_
    intercept = float(model.intercept_[0] - slopes @ scaler.mean_)
    fitted = Calibration(
        weights={name: round(float(slope), 4) for name, slope in zip(FEATURES, slopes, strict=True)},
        intercept=round(intercept, 4),
        thresholds={DEFAULT: 0.5},
        embedder=embedder,
        unit=UNIT,
        reference_chunks=REFERENCE_CHUNKS,
        provenance={},
    )
    return _with_thresholds(fitted, examples)


def calibrate(
    files: Sequence[Path], off_topic: Path | None, knowledge_base: KnowledgeBase | None, tell: Tell
) -> dict[str, Any]:
    """Fit on the files and, with a knowledge base of the shared corpus, on the built-in tuning half.

    Returns what is stored in calibration.json.
    """
    foreign = read_lines(off_topic) if off_topic else []
    examples = [example for path in files for example in squad_examples(path, foreign, tell)]
    if knowledge_base is not None:
        examples += builtin_examples(knowledge_base)
    from core.embedder import get_embedder

    return asdict(fit(examples, get_embedder().model_id))


def save(calibration: dict[str, Any], path: Path = CALIBRATION_FILE) -> None:
    """Write a calibration where the hub reads it."""
    path.write_text(json.dumps(calibration, indent=1) + "\n", encoding="utf-8")


def _questions(
    squad: SquadFile, off_topic: Sequence[str]
) -> Iterator[tuple[str, dict[str, Any] | None, str]]:
    for question in squad.questions:
        if question.answers:
            yield question.text, None, "answerable"
            yield question.text, {"article": {"$ne": question.article}}, "removed"
        else:
            yield question.text, None, "impossible"
    for text in off_topic:
        yield text, None, "off_topic"


def _sample_weights(examples: Sequence[Example]) -> Any:
    counts: dict[tuple[str, str], int] = {}
    for example in examples:
        counts[example.source, example.kind] = counts.get((example.source, example.kind), 0) + 1
    raw = np.array([_SHARES[e.kind] / counts[e.source, e.kind] for e in examples])
    return raw * len(examples) / raw.sum()


def _with_thresholds(fitted: Calibration, examples: Sequence[Example]) -> Calibration:
    limits = {
        source: float(np.quantile(scores, TARGET_WRONG_REFUSALS))
        for source in sorted({example.source for example in examples})
        if (scores := [_score(fitted, e) for e in examples if e.source == source and e.kind == "answerable"])
    }
    foreign = [limit for source, limit in limits.items() if source != _BUILTIN]
    # every file has the same say: the mean of their quantiles
    thresholds = {DEFAULT: round(float(np.mean(foreign or list(limits.values()))), 4)}
    if _BUILTIN in limits:
        thresholds[SHARED] = round(limits[_BUILTIN], 4)
    provenance = {
        "fitted": datetime.now(UTC).date().isoformat(),
        "questions": len(examples),
        "target_wrong_refusals": TARGET_WRONG_REFUSALS,
        "refused_on_tuning_data": _refusals(replace(fitted, thresholds=thresholds), examples),
    }
    return replace(fitted, thresholds=thresholds, provenance=provenance)


def _refusals(fitted: Calibration, examples: Sequence[Example]) -> dict[str, float]:
    found: dict[str, list[bool]] = {}
    for example in examples:
        limit = fitted.threshold(SHARED if example.source == _BUILTIN else DEFAULT)
        refused = _score(fitted, example) < limit
        found.setdefault(f"{example.source}: {example.kind}", []).append(refused)
    return {name: round(float(np.mean(values)), 3) for name, values in found.items()}


def _score(fitted: Calibration, example: Example) -> float:
    return fitted.confidence(example.features)
