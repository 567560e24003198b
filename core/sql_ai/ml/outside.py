"""SHOW_EVALUATION_METRICS(INPUT_DATA => ..): a trained model measured on values it has not seen."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from core.errors import BadInput
from core.sql_ai.ml.anomaly import AnomalyModel
from core.sql_ai.ml.columns import interval, options
from core.sql_ai.ml.metrics import measure
from core.sql_ai.ml.series_model import SeriesSet

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("SERIES", "ERROR_METRIC", "METRIC_VALUE", "STANDARD_DEVIATION", "LOGS")
DEFAULT_INTERVAL = 0.95


def outside_metrics(
    parts: SeriesSet,
    frame: "pd.DataFrame",
    timestamp: str,
    target: str,
    series: str | None,
    config: Mapping[str, Any],
) -> "pd.DataFrame":
    """The documented metrics for each series, from the model's forecasts at the rows of ``frame``.

    The rows must follow the training data; their target is compared with the forecast. STANDARD_DEVIATION is NULL:
    there is one stretch. Raises BadInput for missing columns, earlier timestamps, unknown series or no usable row.
    """
    import pandas as pd

    width = interval(options(config, ("prediction_interval",)).get("prediction_interval", DEFAULT_INTERVAL))
    found = AnomalyModel(parts).detect(frame, timestamp, target, series, {"prediction_interval": width})
    found = found.dropna(subset=["Y", "FORECAST"])
    if found.empty:
        raise BadInput(
            "INPUT_DATA holds no value to compare with", "Give rows that follow the training data."
        )
    rows: list[tuple[Any, ...]] = []
    for name, part in found.groupby("SERIES", dropna=False, sort=False):
        own = None if parts.series is None else name
        columns = [
            part[column].to_numpy(dtype=float) for column in ("Y", "FORECAST", "LOWER_BOUND", "UPPER_BOUND")
        ]
        before = float(parts.trained[own].history.values[-1])
        values = measure(columns[0], columns[1], columns[2], columns[3], before, width)
        rows += [(own, metric, value, None, None) for metric, value in values.items()]
    return pd.DataFrame(rows, columns=list(COLUMNS), dtype=object)
