"""The Experiment Browser as a visitor uses it, on a small seeded workspace that each test may change."""

import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core.config import ROOT
from core.config_mlops import MlopsSettings
from core.mlops import open_workspace
from core.mlops.jobs import job_board
from core.mlops.seeding import seed
from core.mlops.workspace import Workspace
from core.ui.mlops import state

KEY = "experiment_browser"
SMALL = {
    # 600 rows leave 120 in the hold-out: limits are widened to what so few can show.
    "MLOPS__SEED_ROWS": "600",
    "MLOPS__GATES__MIN_ROC_AUC": "0.6",
    "MLOPS__GATES__MARGIN": "0.2",
    "MLOPS__GATES__RESAMPLES": "100",
    "MLOPS__GATES__SLICE_MARGIN": "0.4",
    "MLOPS__GATES__BRIER_MARGIN": "0.1",
    "MLOPS__GATES__CALIBRATION_MARGIN": "0.2",
    "MLOPS__GATES__MAX_CALIBRATION_ERROR": "0.3",
    "MLOPS__GATES__MAX_LATENCY_MS": "5000",
    "MLOPS__GATES__RULES": "[]",
}


@pytest.fixture(scope="module")
def seeded(tmp_path_factory) -> Path:
    """A seeded workspace with a second version, not staged; it is only copied."""
    folder = tmp_path_factory.mktemp("seeded") / "mlops"
    workspace = open_workspace(folder, settings=MlopsSettings(seed_rows=600))
    assert seed(workspace)
    live = workspace.resolve("production")
    others = workspace.runs()["run_id"]
    workspace.register(
        next(run_id for run_id in others if run_id != live.run_id), actor="test", reason="spare"
    )
    workspace.close()
    return folder


@pytest.fixture
def root(tmp_path, seeded, set_settings) -> Iterator[Path]:
    """The folder of this test's own copy, which the page opens."""
    folder = tmp_path / "mlops"
    shutil.copytree(seeded, folder)
    set_settings(HUB_DATA_DIR=str(tmp_path), **SMALL)
    yield folder
    opened = state.opening(str(folder))
    if opened.ended.wait(30) and opened.workspace is not None:
        opened.workspace.close()


@pytest.fixture
def visit(root) -> Callable[..., AppTest]:
    """``visit(view="runs")``: a visitor's page at that address, with the workspace open."""

    def run(**query: str) -> AppTest:
        app = AppTest.from_file(str(ROOT / "pages" / "Experiment_Browser.py"), default_timeout=120)
        for name, value in query.items():
            app.query_params[name] = value
        return settle(app.run())

    return run


@pytest.fixture
def workspace(root) -> Workspace:
    """The workspace that the page shows."""
    opened = state.opening(str(root))
    assert opened.ended.wait(60)
    assert opened.error is None
    return opened.workspace


def settle(app: AppTest) -> AppTest:
    """Rerun until the workspace is open."""
    deadline = time.monotonic() + 60
    while any("Preparing" in item.value for item in app.markdown):
        assert time.monotonic() < deadline
        time.sleep(0.1)
        app.run()
    assert not app.exception, app.exception
    return app


def texts(app: AppTest) -> str:
    """Everything that is said on the page."""
    kinds = (app.markdown, app.caption, app.subheader, app.info, app.success, app.warning, app.error)
    return "\n".join(str(item.value) for kind in kinds for item in kind)


def linked(widgets, name: str):
    """The widget that is tied to an address parameter; its key has a number at its end."""
    return next(widget for widget in widgets if str(widget.key).startswith(f"{KEY}_{name}_"))


def press(app: AppTest, name: str) -> AppTest:
    app.button(key=f"{KEY}_{name}").click().run()
    assert not app.exception, app.exception
    return app


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ({}, "3 runs, best first by ROC-AUC"),
        ({"view": "train"}, "Invented customers"),
        ({"view": "runs", "compare": "top3"}, "3 runs compared"),
        ({"view": "runs", "compare": "top1"}, "best reachable ROC-AUC"),
        (
            {"view": "runs", "order": "newest", "measure": "metrics.brier"},
            "3 runs, newest first by Brier score",
        ),
        ({"view": "registry", "version": "production"}, "gates"),
        ({"view": "gates"}, "Append-only"),
        ({"view": "registry", "version": "999"}, "**version**: there is no “999”. Used instead: version 1."),
        ({"view": "serve"}, "a process of its own"),
        ({"view": "watch", "shift": "Contract:60"}, "Verdict: drift"),
        ({"view": "drift", "shift": "MonthlyCharges:0"}, "How far each column moved"),
        ({"view": "nonsense", "compare": "zzzz", "page": "-1", "columns": "a"}, "3 runs"),
        ({"compare": "abcdef"}, "**compare**: there is no “abcdef”. Used instead: no run is selected."),
    ],
)
def test_every_view_opens_by_its_address_on_a_cold_server(visit, query, told):
    app = visit(**query)
    assert told in texts(app)
    assert "failed" not in " ".join(item.value for item in app.error)


def test_predictions_for_a_version_that_does_not_exist_say_so_and_come_from_production(visit):
    app = visit(view="predict", sample="high", version="999")
    assert "at a threshold of 0.5" in texts(app)
    assert "**version**: there is no “999”. Used instead: version 1, which is in Production." in texts(app)


@pytest.mark.parametrize("view", ["predict", "watch"])
def test_without_a_model_in_production_a_view_leads_to_the_registry(visit, workspace, view):
    workspace.store.client.delete_registered_model(workspace.store.client.search_registered_models()[0].name)
    app = visit(view=view)
    assert "No version is in Production" in app.info[0].value
    app.button(key=f"{state.KEY}_open_registry").click().run()
    assert app.query_params["view"] in ("registry", ["registry"])
    assert "No version yet" in app.info[0].value


def test_the_address_wins_when_it_changes_and_the_visitor_otherwise(visit):
    app = visit(view="registry", version="1")
    assert "Version 1" in [item.value for item in app.subheader]
    app.query_params["version"] = "2"
    app.run()
    assert "Version 2" in [item.value for item in app.subheader]
    linked(app.segmented_control, "view").set_value("watch").run()
    assert "watch" in app.query_params["view"]
    app.query_params["view"] = "runs"  # the Back button
    app.run()
    assert "best first" in texts(app)


def test_a_plain_address_is_left_alone_so_that_back_leads_away(visit):
    app = visit()
    assert dict(app.query_params) == {}


def test_the_filter_narrows_the_table_explains_mistakes_and_can_be_cleared(visit):
    app = visit(filter="params.algorithm = 'random_forest' OR metrics.roc_auc < 0")
    assert "1 run, best first" in texts(app)
    linked(app.text_input, "filter").set_value("metrics.nope > 1").run()
    assert "did you mean" in app.error[0].value
    press(app, "clear")
    assert "3 runs, best first" in texts(app)
    linked(app.text_input, "filter").set_value("metrics.roc_auc > 2").run()
    assert "Without it: 3 runs." in texts(app)
    press(app, "clear")
    assert "3 runs, best first" in texts(app)
    assert "filter" not in app.query_params


def test_chosen_columns_stand_in_the_address_and_reset_drops_them(visit):
    app = visit()
    linked(app.multiselect, "columns").set_value(["metrics.f1", "params.C"]).run()
    assert "metrics.f1,params.C" in app.query_params["columns"]
    app.button(key="frame_reset_experiment_browser").click().run()
    assert "columns" not in app.query_params
    assert "metrics.brier" in linked(app.multiselect, "columns").value


def test_a_run_is_registered_judged_promoted_and_then_answers(visit, workspace):
    before = workspace.resolve("production").version
    known = {info.run_id for info in workspace.versions()}
    run_id = next(run for run in workspace.runs()["run_id"] if run not in known)
    app = visit(compare=run_id[:12])
    press(app, "register")
    press(app, "open_version")
    version = max(workspace.stages())
    assert f"Version {version}" in [item.value for item in app.subheader]
    press(app, "gates")
    assert "gates passed" in texts(app)
    press(app, "ask_Production")
    assert f"Production: version {before} to version {version}." in texts(app)
    press(app, "confirm")
    assert "A reason is needed" in app.error[0].value
    app.text_input(key=f"{KEY}_reason").set_value("better calibrated")
    press(app, "confirm")
    decision = workspace.history()[0]
    assert (decision.version, decision.reason, decision.to_stage) == (
        version,
        "better calibrated",
        "Production",
    )
    assert not decision.override
    linked(app.segmented_control, "view").set_value("predict").run()
    assert f"Version {version} of churn" in texts(app)


def test_a_failed_gate_blocks_promotion_until_it_is_overridden_for_ever(visit, workspace, set_settings):
    spare = next(v for v, stage in workspace.stages().items() if stage == "None")
    workspace.settings = workspace.settings.model_copy(
        update={"gates": workspace.settings.gates.model_copy(update={"min_roc_auc": 0.999})}
    )
    app = visit(view="registry", version=str(spare))
    press(app, "ask_Staging")
    assert "ROC-AUC floor" in app.error[0].value
    assert app.button(key=f"{KEY}_confirm").disabled
    app.checkbox(key=f"{KEY}_override").check().run()
    app.text_input(key=f"{KEY}_reason").set_value("demo")
    press(app, "confirm")
    assert workspace.stages()["Staging"] == spare
    assert workspace.history()[0].override
    assert dict(workspace.version(spare).tags)["hub.override"].startswith("Staging: roc_auc_floor")


def test_a_second_click_cannot_roll_back_twice(visit, workspace):
    first = workspace.resolve("production").version
    spare = next(v for v, stage in workspace.stages().items() if stage == "None")
    workspace.promote(spare, to="Production", reason="t", actor="t", override=True)
    app = visit(view="registry")
    press(app, "ask_rollback")
    workspace.rollback(reason="from another tab", actor="t")
    app.text_input(key=f"{KEY}_reason").set_value("mine")
    press(app, "confirm")
    assert "The stages have changed" in app.error[0].value
    assert f"Production: version {spare} to version {first}." in texts(app), "what the window had said"
    assert workspace.resolve("production").version == first


def test_a_version_with_an_alias_cannot_be_deleted_and_a_free_one_can(visit, workspace):
    spare = next(v for v, stage in workspace.stages().items() if stage == "None")
    app = visit(view="registry", version="production")
    assert app.button(key=f"{KEY}_ask_delete").disabled
    app.query_params["version"] = str(spare)
    app.run()
    press(app, "ask_delete")
    app.text_input(key=f"{KEY}_reason").set_value("not needed")
    press(app, "confirm")
    assert spare not in workspace.stages()
    assert workspace.history()[0].action == "delete"


def test_changes_are_locked_until_the_admin_token_is_given(visit, workspace, set_settings):
    spare = next(v for v, stage in workspace.stages().items() if stage == "None")
    set_settings(HUB_ADMIN_TOKEN="open sesame")
    app = visit(view="registry", version=str(spare))
    assert app.button(key=f"{KEY}_ask_Production").disabled
    app.session_state[f"{KEY}_decision"] = ("challenger", spare, {"production": 1})  # past the button
    app.run()
    app.text_input(key=f"{KEY}_reason").set_value("sneak")
    press(app, "confirm")
    assert "Changes are locked" in app.error[0].value
    assert workspace.resolve("challenger") is None
    app.session_state[f"{KEY}_decision"] = None
    app.text_input(key=f"{KEY}_token").set_value("wrong").run()
    press(app, "unlock")
    assert "not right" in app.error[0].value
    app.text_input(key=f"{KEY}_token").set_value("open sesame").run()
    press(app, "unlock")
    assert not app.button(key=f"{KEY}_ask_Production").disabled


def test_a_training_runs_in_the_background_shows_its_fits_and_can_be_cancelled(visit, root, workspace):
    app = visit(view="train")
    assert 0.8 < float(app.metric[0].value) < 0.95  # the best reachable ROC-AUC
    app.select_slider(key=f"{KEY}_rows").set_value(1000)
    app.multiselect(key=f"{KEY}_algorithms").set_value(["logistic_regression", "random_forest"]).run()
    press(app, "train")
    job = job_board().current(root)
    assert job.status == "running"
    deadline = time.monotonic() + 60
    while not job.events and time.monotonic() < deadline:
        time.sleep(0.05)
    app.run()
    press(app, "cancel")
    assert job.wait(90).status == "cancelled"
    assert "was cancelled" in texts(app.run())
    assert not workspace.runs("attributes.status = 'RUNNING'").shape[0]


def test_a_file_is_inspected_before_training_and_its_roles_can_be_changed(visit):
    app = visit(view="train")
    app.segmented_control(key=f"{KEY}_source").set_value("Upload a CSV").run()
    assert app.button(key=f"{KEY}_train").disabled
    rows = "".join(f"{n},{n % 7},{n % 3},same,{'Yes' if n % 4 == 0 else 'No'}\n" for n in range(200))
    app.file_uploader(key=f"{KEY}_csv").upload(
        "c.csv", f"id,a,b,fixed,left\n{rows}".encode(), "text/csv"
    ).run()
    assert not app.exception
    assert app.selectbox(key=f"{KEY}_target").value == "left"
    findings = next(item.value for item in app.dataframe if "Finding" in item.value.columns)
    assert set(findings["Column"]) >= {"id", "fixed"}
    assert not app.button(key=f"{KEY}_train").disabled


@pytest.mark.parametrize("content", [b"", b"a,b\n", bytes(range(256)) * 8, b"a,left\n1,x\n2,y\n"])
def test_a_useless_file_is_explained_and_nothing_can_be_trained(visit, content):
    app = visit(view="train")
    app.segmented_control(key=f"{KEY}_source").set_value("Upload a CSV").run()
    app.file_uploader(key=f"{KEY}_csv").upload("c.csv", content, "text/csv").run()
    assert not app.exception
    assert len(app.error) == 1
    assert "This part of the page failed" not in app.error[0].value
    assert app.button(key=f"{KEY}_train").disabled


def test_a_store_that_cannot_be_opened_says_so_and_can_be_tried_again(tmp_path, set_settings):
    (tmp_path / "mlops").write_text("a file where the folder should be", encoding="utf-8")
    set_settings(HUB_DATA_DIR=str(tmp_path), **SMALL)
    app = settle(AppTest.from_file(str(ROOT / "pages" / "Experiment_Browser.py"), default_timeout=60).run())
    assert app.error
    assert app.button(key=f"{KEY}_retry")
    assert app.title[0].value == "Experiment Browser"


def test_two_sessions_share_one_opening(root):
    st.cache_resource.clear()
    assert state.opening(str(root)) is state.opening(str(root))
