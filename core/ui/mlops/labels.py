"""How columns of the runs table are called on the page."""

from core.ui.mlops.comparison import lower_is_better

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


def label(column: str) -> str:
    """'metrics.cv_roc_auc' as 'ROC-AUC (CV)'; parameters and tags keep their name."""
    group, _, name = column.partition(".")
    if group != "metrics":
        return name.replace("_", " ") if name else column
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
