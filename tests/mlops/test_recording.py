import json
import platform

import pytest
import sklearn

from core.errors import StoreError
from core.mlops.recorder import git_commit
from tests.mlops.conftest import NAMES, run_of

MEASURES = (
    "accuracy",
    "precision",
    "recall",
    "f1",
    "roc_auc",
    "pr_auc",
    "brier",
    "log_loss",
    "calibration_error",
)


@pytest.mark.parametrize("name", NAMES)
def test_every_run_has_its_scores_with_intervals_and_its_costs(zoo, name):
    metrics = zoo.run(run_of(zoo, name)).metrics
    for measure in MEASURES:
        assert metrics[f"{measure}_low"] <= metrics[measure] + 1e-9
        assert metrics[measure] <= metrics[f"{measure}_high"] + 1e-9
        assert f"train_{measure}" in metrics
        assert f"cv_{measure}" in metrics
    for cost in ("fit_seconds", "predict_ms_per_1000", "latency_p95_ms", "model_size_mb"):
        assert metrics[cost] > 0
    assert metrics["cv_roc_auc_std"] >= 0


def test_every_run_says_what_it_was_made_from_and_with(zoo):
    run = zoo.run(run_of(zoo, "random_forest"))
    assert run.params["seed"] == "42"
    assert run.params["target"] == "Churn"
    assert run.params["positive"] == "Yes"
    assert len(run.params["dataset_digest"]) == 16
    assert run.tags["version.python"] == platform.python_version()
    assert run.tags["version.scikit-learn"] == sklearn.__version__
    assert {"version.mlflow", "version.skops", "version.numpy", "version.scipy"} <= set(run.tags)
    assert run.tags.get("git_commit", "") == git_commit()
    logged = zoo.store.client.get_run(run.run_id)
    assert [item.dataset.digest for item in logged.inputs.dataset_inputs] == [run.params["dataset_digest"]]
    assert json.loads(logged.inputs.dataset_inputs[0].dataset.profile)["rows"] == 900


def test_curves_are_stored_as_data_and_as_figures_of_the_same_data(zoo):
    import plotly.graph_objects as go

    run_id = run_of(zoo, "gradient_boosting")
    roc = zoo.evaluation(run_id, "roc")
    assert (roc[0]["fpr"], roc[0]["tpr"]) == (0, 0)
    assert (roc[-1]["fpr"], roc[-1]["tpr"]) == (1, 1)
    for name in ("roc", "pr", "calibration", "confusion", "importance"):
        figure = go.Figure(json.loads(zoo.store.read_artifact(run_id, f"figures/{name}.json")))
        assert len(figure.data) >= 1
    figure = json.loads(zoo.store.read_artifact(run_id, "figures/roc.json"))
    assert figure["data"][0]["x"] == [point["fpr"] for point in roc]
    counts = zoo.evaluation(run_id, "confusion")
    assert sum(counts.values()) == len(zoo.holdout_data(zoo.register(run_id)))


def test_importance_is_measured_for_every_input_and_contract_or_tenure_leads(zoo):
    importance = zoo.evaluation(run_of(zoo, "gradient_boosting"), "importance")
    assert len(importance) == 19
    assert importance[0]["column"] in {"Contract", "tenure", "InternetService", "MonthlyCharges"}


def test_the_search_is_kept_with_every_fold(zoo):
    search = zoo.evaluation(run_of(zoo, "logistic_regression"), "search")
    assert len(search[0]["folds"]) == 2
    assert search[0]["params"] == {"C": 0.3}
    assert search[0]["mean"] == pytest.approx(
        zoo.run(run_of(zoo, "logistic_regression")).metrics["cv_roc_auc"]
    )


def test_the_card_tells_data_scores_slices_and_use_and_escapes_what_the_data_says(empty, customers):
    hostile = customers.rename(columns={"gender": "<script>*gender*"})
    run = empty.train(hostile, "Churn", "Yes", ["logistic_regression_linear"], budget_s=0.001)[0]
    card = empty.store.read_artifact(run.run_id, "model_card.md")
    for part in (
        "## Intended use",
        "## Data",
        "## Evaluation",
        "## Slices",
        "## Settings",
        "## Inputs",
        "## How to load",
    ):
        assert part in card
    assert f"{run.metrics['roc_auc']:.4f}" in card
    assert "<script>" not in card
    assert "\\<script\\>\\*gender\\*" in card


def test_a_missing_artifact_is_told_by_name(zoo):
    with pytest.raises(StoreError, match=r"no artifact 'evaluation/lift\.json'"):
        zoo.evaluation(run_of(zoo, "knn"), "lift")


def test_a_run_whose_logging_fails_ends_as_failed_and_the_error_goes_on(empty, customers, monkeypatch):
    def refuse(*_args, **_kwargs):
        raise OSError("disk full")

    monkeypatch.setattr(empty.store, "save_model", refuse)
    with pytest.raises(OSError, match="disk full"):
        empty.train(customers, "Churn", "Yes", ["logistic_regression_linear"], budget_s=0.001)
    assert list(empty.runs()["status"]) == ["FAILED"]


def test_a_workspace_that_was_moved_finds_its_models_and_curves(ws, tmp_path):
    from core.mlops import open_workspace

    ws.close()
    ws.root.rename(tmp_path / "elsewhere")
    moved = open_workspace(tmp_path / "elsewhere", ws.settings)
    assert moved.load_model(1).classes_.tolist() == [0, 1]
    assert moved.evaluation(run_of(moved, "knn"), "confusion")
    assert moved.check_gates(1).passed  # writes an artifact
    client = moved.store.client
    assert [item.path for item in client.list_artifacts(moved.version(1).run_id, "gates")] == [
        "gates/latest.json"
    ]
