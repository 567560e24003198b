"""The reset on Home: the visitor's pages, and on request the shared workspace."""

import pytest

from core.config_mlops import MlopsSettings
from core.ui.mlops import state


def reset(app):
    return app.button(key="frame_reset_hub").click().run()


def test_what_the_visitor_left_on_every_page_is_dropped(open_app):
    app = open_app("Home.py")
    left = ("sql_ai_sql", "experiment_browser_filter", "rag_chat_turns")
    for key in left:
        app.session_state[key] = "left over"
    app.session_state["frame_other"] = "stays"
    reset(app)
    assert not app.exception
    for key in left:
        assert key not in app.session_state
    assert app.session_state["frame_other"] == "stays"
    assert any("seeded state" in toast.value for toast in app.toast)


def test_the_shared_workspace_goes_back_when_asked_for(open_app, data_dir, monkeypatch):
    from core.mlops import open_workspace
    from core.mlops.seeding import seed

    small = MlopsSettings(seed_rows=400)
    workspace = open_workspace(data_dir / "mlops", settings=small)
    seed(workspace)
    first = workspace.stages()["Production"]
    other = next(run for run in workspace.runs()["run_id"] if run != workspace.version(first).run_id)
    later = workspace.register(other, reason="try", actor="visitor")

    app = open_app("Home.py")
    app.checkbox(key="frame_reset_shared").check().run()
    reset(app)
    assert not app.exception
    assert not app.error
    assert later not in workspace.stages()
    assert workspace.history()[0].actor == "hub"


def test_a_wrong_token_leaves_everything_as_it_is(open_app, set_settings, monkeypatch):
    set_settings(HUB_ADMIN_TOKEN="right")
    monkeypatch.setattr(state, "opening", lambda root: pytest.fail("opened without the token"))
    app = open_app("Home.py")
    app.session_state["sql_ai_sql"] = "SELECT 1"
    app.checkbox(key="frame_reset_shared").check().run()
    app.text_input(key="frame_reset_token").input("wrong").run()
    reset(app)
    assert "token" in app.error[0].value
    assert app.session_state["sql_ai_sql"] == "SELECT 1"
