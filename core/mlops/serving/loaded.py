"""One model in memory, immutable: a request that holds it finishes on it, whatever is promoted meanwhile."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from core.errors import NotAvailable
from core.mlops.schema import InputSchema
from core.mlops.serving.source import ModelSource, VersionLike

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd


@dataclass(frozen=True, eq=False)
class LoadedModel:
    """A fitted classifier with what is needed to check, score and describe requests."""

    version: int
    model_name: str
    model_id: str
    run_id: str
    sklearn_version: str
    pipeline: Any
    schema: InputSchema
    reference: "pd.DataFrame"
    holdout: "pd.DataFrame"
    importance: dict[str, float]
    loaded_at: datetime
    load_ms: float

    def probabilities(self, frame: "pd.DataFrame") -> "np.ndarray":
        """Probability of the positive label for each row; raises NotAvailable when it is not one."""
        import numpy as np

        answer = np.asarray(self.pipeline.predict_proba(frame), dtype=float)[:, 1]
        if len(answer) != len(frame) or not np.isfinite(answer).all() or ((answer < 0) | (answer > 1)).any():
            raise NotAvailable(
                f"Version {self.version} of '{self.model_name}' gave values that are not probabilities",
                "Roll back to the previous version.",
            )
        return answer

    def label(self, probability: float, threshold: float) -> str:
        """The label that a probability stands for."""
        return self.schema.positive if probability >= threshold else self.schema.negative


def load(source: ModelSource, version: VersionLike) -> LoadedModel:
    """Load, describe and warm up one version; any failure leaves nothing behind and is raised."""
    started = time.perf_counter()
    pipeline = source.load_model(version.version)
    schema = source.schema(version.version)
    names = schema.names
    model = LoadedModel(
        version=int(version.version),
        model_name=version.model_name,
        model_id=version.model_id,
        run_id=version.run_id,
        sklearn_version=version.sklearn_version,
        pipeline=pipeline,
        schema=schema,
        reference=source.reference_data(version.version)[names],
        holdout=getattr(source, "holdout_data", source.reference_data)(version.version)[names],
        importance=source.importance(version.version),
        loaded_at=datetime.now(UTC),
        load_ms=(time.perf_counter() - started) * 1000,
    )
    _require_two_classes(pipeline)
    model.probabilities(source.input_example(version.version)[names])
    return model


def _require_two_classes(pipeline: Any) -> None:
    count = len(pipeline.classes_)
    if count != 2:
        raise NotAvailable(f"The model has {count} classes; the service scores two", "Train a binary model.")
