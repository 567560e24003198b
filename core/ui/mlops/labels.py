"""How columns, algorithms and steps of a training are called on the page."""

from typing import TYPE_CHECKING

from core.ui.mlops.comparison import lower_is_better

if TYPE_CHECKING:
    from core.mlops.training import TrainingEvent

_MEASURES = {
    "roc_auc": "ROC-AUC",
    "pr_auc": "PR-AUC",
    "f1": "F1",
    "brier": "Brier score",
    "log_loss": "Log loss",
    "calibration_error": "Calibration error",
    "accuracy": "Accuracy",
    "precision": "Precision",
    "recall": "Recall",
    "fit_seconds": "Fit, s",
    "latency_p95_ms": "One record p95, ms",
    "predict_ms_per_1000": "1,000 records, ms",
    "model_size_mb": "Size, MB",
}
_PARTS = {"cv_": "CV", "train_": "training"}
_ENDS = {"_low": "from", "_high": "to", "_std": "spread"}
_FACTS = {"start_time": "Started", "end_time": "Ended", "duration_s": "Duration, s", "name": "Run"}
_GATES = {
    "roc_auc_floor": "ROC-AUC floor",
    "non_inferiority": "Non-inferiority",
    "brier": "Brier score",
    "latency_p95_ms": "Latency p95, ms",
    "size_mb": "Size, MB",
}
_STEPS = {
    "search": "searching",
    "fit": "fitting the best setting",
    "evaluate": "judging on the hold-out",
    "log": "storing the run",
    "done": "done",
    "skipped": "left out, the time is spent",
}


def label(column: str) -> str:
    """'metrics.cv_roc_auc' as 'ROC-AUC (CV)'; parameters and tags keep their name. Never ambiguous."""
    group, _, name = column.partition(".")
    if group == "tags":
        return f"{name.replace('_', ' ')} (tag)"
    if group != "metrics":
        return name.replace("_", " ") if name else _FACTS.get(column, column.replace("_", " "))
    note = ""
    for start, text in _PARTS.items():
        if name.startswith(start):
            name, note = name.removeprefix(start), text
    for end, text in _ENDS.items():
        if name.endswith(end):
            name, note = name.removesuffix(end), f"{note} {text}".strip()
    shown = _MEASURES.get(name) or name.replace("_", " ")
    return f"{shown} ({note})" if note else shown


def axis(column: str) -> str:
    """The label with the direction that is better."""
    return f"{label(column)}: {'lower' if lower_is_better(column) else 'higher'} is better"


def algorithm(name: str) -> str:
    """'logistic_regression' as 'logistic regression'."""
    return name.replace("_", " ")


def progress(event: "TrainingEvent") -> str:
    """One step of a training as a line: 'random forest: searching, fit 3 of at most 10, ROC-AUC 0.8410'."""
    parts = [_STEPS[event.step]]
    if event.step == "search":
        parts.append(f"fit {event.done} of at most {event.total}")
    if event.metric is not None:
        parts.append(f"ROC-AUC {event.metric:.4f}")
    return f"{algorithm(event.algorithm)}: {', '.join(parts)}"


def gate(name: str) -> str:
    """'roc_auc_floor' as 'ROC-AUC floor'."""
    return _GATES.get(name) or name.replace("_", " ").capitalize()
