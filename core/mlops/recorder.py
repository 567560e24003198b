"""Writes one fitted model with everything measured about it into a run."""

import subprocess
import time
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from core.config_mlops import TrainingSettings
from core.errors import HubError
from core.log import get_logger
from core.mlops import evaluation
from core.mlops.cards import model_card
from core.mlops.dataset import Dataset
from core.mlops.figures import figures
from core.mlops.tracking import Run, TrackingStore
from core.mlops.training import Fitted
from core.mlops.versions import runtime_versions

_EXAMPLE_ROWS = 5


def record_run(
    store: TrackingStore, dataset: Dataset, fitted: Fitted, limits: TrainingSettings, tags: Mapping[str, str]
) -> Run:
    """Log parameters, metrics, curves, figures, card, data facts and the model; the finished Run.

    When logging fails the run ends as FAILED, without its files, and the error goes on.
    """
    name = f"{fitted.algorithm.name}-{time.strftime('%m%d-%H%M%S')}"
    tags = {**_tags(dataset), **tags}
    run_id = store.start_run(name, tags)
    try:
        return _record(store, run_id, name, dataset, fitted, limits, dict(tags))
    except BaseException:
        _end_as_failed(store, run_id)
        raise


def _end_as_failed(store: TrackingStore, run_id: str) -> None:
    """What broke the logging may break this too; the first error is the one to tell."""
    try:
        store.fail(run_id)
    except HubError as error:
        get_logger(__name__).warning("run.not_ended", run=run_id, reason=error.message)


def _record(
    store: TrackingStore,
    run_id: str,
    name: str,
    dataset: Dataset,
    fitted: Fitted,
    limits: TrainingSettings,
    tags: dict[str, str],
) -> Run:
    params = _params(dataset, fitted, limits)
    store.log(run_id, params=params, tags={f"version.{k}": v for k, v in runtime_versions().items()})
    facts = {
        "rows": len(dataset.y),
        "holdout_rows": int(dataset.holdout.sum()),
        "positive_rate": dataset.y.mean(),
    }
    store.log_dataset(run_id, dataset.name, dataset.digest, facts)
    example = dataset.inputs[dataset.holdout].iloc[:_EXAMPLE_ROWS]
    model_facts = {
        "algorithm": fitted.algorithm.name,
        "dataset_digest": dataset.digest,
        "holdout_digest": dataset.holdout_digest,
        "leak_columns": _leaks_used(dataset),
        "importance": {column: mean for column, (mean, _) in fitted.importance.items()},
    }
    model_id, size = store.save_model(
        run_id, fitted.algorithm.name, fitted.model, example=example, schema=dataset.schema, facts=model_facts
    )
    metrics = fitted.metrics | {"model_size_mb": size}
    store.log(run_id, metrics=metrics, tags={"hub.model_id": model_id}, model_id=model_id)
    documents = evaluation_documents(dataset, fitted)
    drawn = {f"figures/{key}.json": text for key, text in figures(documents).items()}
    curves = {f"evaluation/{key}.json": value for key, value in documents.items()}
    card = model_card(name, params, metrics, dataset, documents["slices"], model_id)
    store.log_json(run_id, {**curves, **drawn, "model_card.md": card})
    store.finish(run_id)
    texts = {key: str(value) for key, value in params.items()}
    started = int(time.time() * 1000)
    all_tags = tags | {"hub.model_id": model_id}
    return Run(run_id, name, fitted.algorithm.name, "FINISHED", metrics, texts, all_tags, model_id, started)


def evaluation_documents(dataset: Dataset, fitted: Fitted) -> dict[str, Any]:
    """Hold-out results as data: confusion, ROC, PR and calibration curves, importance, slices, search."""
    y, p = fitted.holdout_y, fitted.holdout_p
    frame = dataset.inputs[dataset.holdout].reset_index(drop=True)
    small = [
        c.name
        for c in dataset.schema.columns
        if (c.kind == "category" and len(c.categories) <= 6) or c.boolean
    ]
    return {
        "confusion": evaluation.confusion(y, p),
        "roc": evaluation.roc_curve(y, p),
        "pr": evaluation.pr_curve(y, p),
        "calibration": evaluation.calibration_bins(y, p),
        "importance": [
            {"column": column, "mean": mean, "spread": spread}
            for column, (mean, spread) in fitted.importance.items()
        ],
        "slices": evaluation.slices(frame, y, p, small, min_rows=50),
        "search": [
            {"params": score.params, "folds": score.folds, "mean": score.mean, "complete": score.complete}
            for score in fitted.search
        ],
        "names": {"positive": dataset.schema.positive, "negative": dataset.schema.negative},
    }


def _params(dataset: Dataset, fitted: Fitted, limits: TrainingSettings) -> dict[str, Any]:
    return {
        "algorithm": fitted.algorithm.name,
        **{key: value for key, value in fitted.params.items() if value is not None},
        "calibrated": fitted.calibrated,
        "seed": limits.seed,
        "folds": limits.folds,
        "settings_tried": sum(score.complete for score in fitted.search),
        "dataset": dataset.name,
        "dataset_digest": dataset.digest,
        "holdout_digest": dataset.holdout_digest,
        "rows": len(dataset.y),
        "inputs": len(dataset.schema.columns),
        "target": dataset.schema.target,
        "positive": dataset.schema.positive,
    }


def _tags(dataset: Dataset) -> dict[str, str]:
    tags = {"hub.dataset_digest": dataset.digest}
    commit = git_commit()
    return tags | ({"mlflow.source.git.commit": commit, "git_commit": commit} if commit else {})


def _leaks_used(dataset: Dataset) -> list[str]:
    """Inputs that were kept by hand although they were taken for leaks."""
    return [profile.name for profile in dataset.report.columns if profile.is_input and profile.suspect]


@cache
def git_commit() -> str:
    """The commit of this checkout, or the empty text outside of one."""
    root = Path(__file__).resolve().parents[2]
    try:
        found = subprocess.run(
            ["git", "rev-parse", "HEAD"],  # noqa: S607 - git from the path, as developers have it
            cwd=root,
            capture_output=True,
            text=True,
            timeout=5,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return found.stdout.strip() if found.returncode == 0 else ""
