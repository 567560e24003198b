"""The model card: what a version is, how good, for whom, and how to use it (Mitchell et al., FAT* 2019)."""

from collections.abc import Mapping
from typing import Any

from core.markdown import code_span, escape
from core.mlops.dataset import Dataset

_MEASURES = (
    ("roc_auc", "ROC-AUC"),
    ("pr_auc", "PR-AUC"),
    ("f1", "F1 at 0.5"),
    ("accuracy", "Accuracy at 0.5"),
    ("brier", "Brier score"),
    ("log_loss", "Log loss"),
    ("calibration_error", "Calibration error"),
)


_MOST = 300  # characters of one text of the data


def model_card(
    name: str,
    params: Mapping[str, Any],
    metrics: Mapping[str, float],
    dataset: Dataset,
    slices: list[dict[str, Any]],
    model_id: str,
) -> str:
    """The card of a run as Markdown; values of the data are escaped."""
    target = f"{dataset.schema.target} = {dataset.schema.positive}"
    parts = [
        f"# Model card: {_plain(name)}",
        f"Estimates the probability of **{_plain(target)}** for one record of {code_span(dataset.name)}.",
        _purpose(),
        _data(dataset),
        _scores(metrics),
        _slice_table(slices),
        _settings(params),
        _inputs(dataset),
        _use(model_id),
    ]
    return "\n\n".join(parts) + "\n"


def decision_section(lines: list[str]) -> str:
    """The part that is added for a registered version: its decisions, oldest first."""
    return "\n".join(["## Decisions", "", *(f"- {_plain(line)}" for line in lines or ["none yet"])]) + "\n"


def _purpose() -> str:
    return (
        "## Intended use\n\n"
        "Ranking customers for retention offers, with a person deciding. Not for decisions with legal effect on a "
        "person. The score says who is likely to leave, not why, nor whom an offer would keep."
    )


def _data(dataset: Dataset) -> str:
    rate = 100 * float(dataset.y.mean())
    issues = [
        f"- {issue.kind}: {_plain(issue.column)} {_plain(issue.message)} ({issue.rows:,} rows)".replace(
            ":  ", ": "
        )
        for issue in dataset.report.issues
    ]
    facts = (
        f"{len(dataset.y):,} rows, {rate:.1f}% positive; {int(dataset.holdout.sum()):,} rows are a frozen hold-out, "
        f"stratified, duplicates on one side. Digest `{dataset.digest}`, hold-out `{dataset.holdout_digest}`."
    )
    return "\n".join(["## Data", "", facts, "", *issues])


def _scores(metrics: Mapping[str, float]) -> str:
    lines = ["## Evaluation", "", "| measure | hold-out | 95% interval | cross-validation | training |"]
    lines.append("|---|---|---|---|---|")
    for key, title in _MEASURES:
        low, high = metrics[f"{key}_low"], metrics[f"{key}_high"]
        others = f"{metrics[f'cv_{key}']:.4f} | {metrics[f'train_{key}']:.4f}"
        lines.append(f"| {title} | {metrics[key]:.4f} | {low:.4f} to {high:.4f} | {others} |")
    cost = (
        f"One record takes {metrics['latency_p95_ms']:.1f} ms (p95), 1,000 records "
        f"{metrics['predict_ms_per_1000']:.1f} ms; fitting took {metrics['fit_seconds']:.1f} s; "
        f"{metrics['model_size_mb']:.1f} MB on disk."
    )
    return "\n".join([*lines, "", cost])


def _slice_table(slices: list[dict[str, Any]]) -> str:
    lines = [
        "## Slices of the hold-out",
        "",
        "| slice | rows | ROC-AUC | 95% interval | predicted | observed |",
    ]
    lines.append("|---|---|---|---|---|---|")
    for part in slices[:40]:
        auc = "too few" if part["roc_auc"] is None else f"{part['roc_auc']:.3f}"
        interval = "" if part["low"] is None else f"{part['low']:.3f} to {part['high']:.3f}"
        name = f"{_plain(part['column'])} = {_plain(part['value'])}"
        rates = f"{part['predicted']:.3f} | {part['observed']:.3f}"
        lines.append(f"| {name} | {part['rows']:,} | {auc} | {interval} | {rates} |")
    note = "ROC-AUC within a slice of a strong predictor is lower by nature: the predictor is constant there."
    return "\n".join([*lines, "", note])


def _settings(params: Mapping[str, Any]) -> str:
    lines = [f"- {_plain(str(key))}: {code_span(str(value)[:_MOST])}" for key, value in params.items()]
    return "\n".join(["## Settings", "", *lines])


def _inputs(dataset: Dataset) -> str:
    lines = []
    for column in dataset.schema.columns:
        if column.kind == "category":
            shown = ", ".join(_plain(value) for value in column.categories[:6])
            more = f" and {len(column.categories) - 6} more" if len(column.categories) > 6 else ""
            lines.append(f"- {_plain(column.name)}: one of {shown}{more}")
        else:
            unit = " days since 1970-01-01" if column.kind == "date" else ""
            lines.append(
                f"- {_plain(column.name)}: number{unit}, {column.low:g} to {column.high:g} in training"
            )
    return "\n".join(["## Inputs", "", *lines])


def _use(model_id: str) -> str:
    return (
        "## How to load\n\n```python\nfrom core.mlops import open_workspace\n\n"
        "ws = open_workspace()\nmodel = ws.load_model(version)  # after allow-list and version checks\n```\n\n"
        f"MLflow: `models:/{model_id}` (skops format, pyfunc returns both probabilities)."
    )


def _plain(text: str) -> str:
    """Text of the data on one line, without the meaning that Markdown or HTML would give its signs."""
    return escape(" ".join(text.split())[:_MOST])
