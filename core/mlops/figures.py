"""The evaluation of a run as plotly figures, stored as JSON so that any page or notebook can draw them."""

import json
from typing import Any

_BLUE, _ORANGE, _GREY = "#0072B2", "#D55E00", "#8A8A8A"  # Okabe and Ito's colour-blind-safe palette


def figures(documents: dict[str, Any]) -> dict[str, str]:
    """Plotly figure JSON by name: roc, pr, calibration, confusion, importance."""
    drawn = {
        "roc": _curve(
            documents["roc"], "fpr", "tpr", "False positive rate", "True positive rate", diagonal=True
        ),
        "pr": _curve(documents["pr"], "recall", "precision", "Recall", "Precision"),
        "calibration": _calibration(documents["calibration"]),
        "confusion": _confusion(documents["confusion"], documents["names"]),
        "importance": _importance(documents["importance"]),
    }
    return {name: json.dumps(figure) for name, figure in drawn.items()}


def _figure(data: list[dict[str, Any]], x: str, y: str) -> dict[str, Any]:
    axes = {"xaxis": {"title": {"text": x}}, "yaxis": {"title": {"text": y}}}
    return {"data": data, "layout": {**axes, "showlegend": False}}


def _line(x: list[Any], y: list[Any], colour: str = _BLUE, **more: Any) -> dict[str, Any]:
    return {"type": "scatter", "mode": "lines", "x": x, "y": y, "line": {"color": colour, **more}}


def _curve(
    points: list[dict[str, float]], x: str, y: str, x_title: str, y_title: str, *, diagonal: bool = False
) -> dict[str, Any]:
    lines = [_line([point[x] for point in points], [point[y] for point in points])]
    if diagonal:
        lines.append(_line([0, 1], [0, 1], _GREY, dash="dot"))
    return _figure(lines, x_title, y_title)


def _calibration(bins: list[dict[str, float]]) -> dict[str, Any]:
    points = {
        "type": "scatter",
        "mode": "lines+markers",
        "x": [part["predicted"] for part in bins],
        "y": [part["observed"] for part in bins],
        "text": [f"{part['rows']} rows" for part in bins],
        "line": {"color": _BLUE},
    }
    return _figure(
        [_line([0, 1], [0, 1], _GREY, dash="dot"), points], "Predicted probability", "Observed rate"
    )


def _confusion(counts: dict[str, int], names: dict[str, str]) -> dict[str, Any]:
    answers = [names["negative"], names["positive"]]
    cells = [
        [counts["true_negative"], counts["false_positive"]],
        [counts["false_negative"], counts["true_positive"]],
    ]
    heat = {
        "type": "heatmap",
        "x": answers,
        "y": answers,
        "z": cells,
        "texttemplate": "%{z:,}",
        "colorscale": "Blues",
    }
    return _figure([heat], "Predicted", "Actual")


def _importance(rows: list[dict[str, Any]]) -> dict[str, Any]:
    top = rows[:15][::-1]
    bars = {
        "type": "bar",
        "orientation": "h",
        "x": [row["mean"] for row in top],
        "y": [row["column"] for row in top],
        "error_x": {"type": "data", "array": [row["spread"] for row in top], "color": _ORANGE},
        "marker": {"color": _BLUE},
    }
    return _figure([bars], "ROC-AUC lost when the column is shuffled", "")
