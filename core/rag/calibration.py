"""The calibrated confidence that passages answer a question: a logistic of few evidence features.

The coefficients are data (assets/evaluation/rag/calibration.json) with their provenance;
`python -m core.rag calibrate` fits them again on the tuning halves of the question sets.

A threshold depends on what is asked of which corpus: the shared corpus has its own, set on its own tuning
questions; every other corpus gets the one that was set on encyclopaedia questions. Corpus size is not in the
threshold but in the evidence: the similarity is corrected for it (evidence.size_correction).
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from core.errors import StoreError

DEFAULT = "default"
SHARED = "shared"
CALIBRATION_FILE = Path(__file__).parents[2] / "assets" / "evaluation" / "rag" / "calibration.json"


@dataclass(frozen=True)
class Calibration:
    """Weights of the features, the intercept, the refusal thresholds by corpus, the model they hold for,
    what is scored (`unit`), the corpus size that needs no correction, and where all this comes from."""

    weights: Mapping[str, float]
    intercept: float
    thresholds: Mapping[str, float]
    embedder: str
    unit: str
    reference_chunks: int
    provenance: Mapping[str, object]

    def threshold(self, corpus: str = DEFAULT) -> float:
        """The confidence below which questions to this corpus are refused."""
        return self.thresholds.get(corpus, self.thresholds[DEFAULT])

    def confidence(self, features: Mapping[str, float]) -> float:
        """The probability, 0 to 1, that a question with these features is answered by its passages."""
        total = self.intercept + sum(weight * features[name] for name, weight in self.weights.items())
        return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, total))))

    def carrier(self, evidence: Sequence[Mapping[str, float]]) -> tuple[int, float]:
        """The sentence with the most evidence, by its position, and its confidence; (0, 0.0) when there is none."""
        return most_confident([self.confidence(features) for features in evidence])

    def contributions(self, features: Mapping[str, float]) -> dict[str, float]:
        """What each feature adds to the log-odds, for the explanation of a refusal."""
        return {name: weight * features[name] for name, weight in self.weights.items()}


def most_confident(confidences: Sequence[float]) -> tuple[int, float]:
    """The place of the highest confidence, the first of equal ones, and that confidence; (0, 0.0) of none."""
    return max(enumerate(confidences), key=lambda found: found[1], default=(0, 0.0))


@lru_cache(maxsize=1)
def load_calibration() -> Calibration:
    """The shipped calibration; raises StoreError when the file is missing or damaged."""
    try:
        data = json.loads(CALIBRATION_FILE.read_text(encoding="utf-8"))
        calibration = Calibration(**data)
        calibration.threshold()
        return calibration
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StoreError(
            f"The refusal calibration {CALIBRATION_FILE.name} cannot be read: {error}",
            "Restore it from the repository or run python -m core.rag calibrate.",
        ) from error
