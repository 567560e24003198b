"""Scoring records with a version, from a form, a file or code."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.mlops.explain import Explanation, WhatIf, explain, what_if
from core.mlops.schema import conform
from core.mlops.training import positive_probability

if TYPE_CHECKING:
    import pandas as pd

    from core.mlops.workspace import Workspace

_REFERENCE_ROWS = 2000


@dataclass(frozen=True)
class Predictions:
    """One probability and label per record, and what was overlooked in reading the records."""

    probabilities: tuple[float, ...]
    labels: tuple[str, ...]
    version: int
    unknown: dict[str, tuple[str, ...]]
    unreadable: dict[str, int]
    extra: tuple[str, ...]


class Scorer:
    """A loaded version, ready to score, explain and vary records; safe to share between threads."""

    def __init__(self, workspace: "Workspace", version: int) -> None:
        self.version, self.schema = version, workspace.schema(version)
        self.model = workspace.load_model(version)
        self.threshold = workspace.settings.serving.threshold
        self._workspace = workspace
        self._reference: pd.DataFrame | None = None

    def predict(self, records: "pd.DataFrame | Sequence[Mapping[str, Any]]") -> Predictions:
        """Probabilities and labels; raises BadInput when a column is missing."""
        shaped = conform(records, self.schema)
        p = positive_probability(self.model, shaped.frame)
        labels = [self.schema.positive if value >= self.threshold else self.schema.negative for value in p]
        return Predictions(
            tuple(p.tolist()), tuple(labels), self.version, shaped.unknown, shaped.unreadable, shaped.extra
        )

    def explain(self, record: Mapping[str, Any]) -> Explanation:
        """Why one record got its score."""
        if self._reference is None:
            rows = self._workspace.reference_data(self.version)
            self._reference = rows.sample(min(len(rows), _REFERENCE_ROWS), random_state=0)
        return explain(self.model, conform([record], self.schema).frame, self._reference)

    def what_if(self, record: Mapping[str, Any], column: str) -> WhatIf:
        """How the probability moves as one column changes."""
        return what_if(self.model, conform([record], self.schema).frame, self.schema, column)
