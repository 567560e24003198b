"""Rate limits and the admin token as a visitor meets them, on every page that has them."""

import ast
import shutil
from types import SimpleNamespace

import pytest
from streamlit.testing.v1 import AppTest

from core.config import ROOT
from core.errors import BadInput, LimitReached
from core.mlops.workspace import Workspace
from core.telemetry import Kind
from core.ui import actions
from core.ui.mlops import state
from tests.mlops.conftest import migrated  # noqa: F401  fixture

PAGES = {
    "sql": ("pages/SQL_AI_Playground.py", {"q": "SELECT 1", "run": "1"}),
    "question": ("pages/RAG_Chat.py", {"question": "How many days?", "run": "1", "generator": "extractive"}),
}


@pytest.mark.parametrize("kind", PAGES)
def test_too_many_requests_are_refused_with_the_time_to_wait(open_app, set_settings, monkeypatch, kind):
    page, query = PAGES[kind]
    set_settings(**{f"RATES__{kind.upper()}": "1"})
    limit = actions._limiter(Kind(kind), 1.0)
    monkeypatch.setattr(actions.visitors, "session_id", lambda: "one")
    assert limit.wait_s("one") == 0  # the one of this minute
    app = open_app(page, **query)
    (told,) = [error.value for error in app.error]
    assert "more than 1 times within a minute" in told
    assert "Try again in" in told
    assert f"RATES\\_\\_{kind.upper()}" in told


def test_sessions_of_one_address_share_a_wider_limit(set_settings, monkeypatch):
    set_settings(RATES__UPLOAD="1", RATES__PER_ADDRESS="2")

    class Here:
        ip_address = "203.0.113.5"

    monkeypatch.setattr(actions.st, "context", Here)
    answers = []
    for session in ("a", "b", "c"):
        monkeypatch.setattr(actions.visitors, "session_id", lambda session=session: session)
        answers.append(actions.refusal(Kind.UPLOAD))
    assert answers[:2] == [None, None]
    assert isinstance(answers[2], LimitReached)


def test_addresses_of_one_ipv6_network_share_their_limit(set_settings, monkeypatch):
    set_settings(RATES__UPLOAD="1", RATES__PER_ADDRESS="2")
    answers = []
    for number in range(3):
        monkeypatch.setattr(actions.st, "context", SimpleNamespace(ip_address=f"2001:db8::{number}"))
        monkeypatch.setattr(actions.visitors, "session_id", lambda number=number: f"v6 {number}")
        answers.append(actions.refusal(Kind.UPLOAD))
    assert answers[:2] == [None, None]
    assert isinstance(answers[2], LimitReached)


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_of_action_has_a_limit_that_is_on_by_default(kind):
    from core.config_rates import RateSettings

    assert getattr(RateSettings(), kind) > 0


CHANGES = ("register", "promote", "rollback", "set_challenger", "reset_stages", "delete_version")


@pytest.mark.parametrize("change", CHANGES)
def test_the_page_s_workspace_refuses_every_change_without_the_token(change, set_settings):
    """Whatever button, callback or future page leads there: the check is in the call itself."""
    set_settings(HUB_ADMIN_TOKEN="right")
    workspace = Workspace.__new__(Workspace)  # without a store: nothing may be asked of it
    workspace.authorize = lambda name: state.require_admin()
    arguments = {"register": ("run",), "rollback": ()}.get(change, (1,))
    with pytest.raises(BadInput, match="locked"):
        getattr(workspace, change)(*arguments)


def test_the_page_opens_its_workspace_with_that_check(set_settings, monkeypatch, tmp_path, migrated):  # noqa: F811
    shutil.copy(migrated, tmp_path / "mlflow.db")
    monkeypatch.setattr("core.mlops.seeding.needs_seed", lambda workspace: False)
    opening = state.Opening(tmp_path).start()
    assert opening.ended.wait(60)
    set_settings(HUB_ADMIN_TOKEN="right")
    with pytest.raises(BadInput, match="locked"):
        opening.workspace.authorize("promote")
    opening.workspace.close()


def test_every_change_of_the_registry_asks_first():
    """Each method that leads to a decision, or writes a version, calls `authorize` before anything else."""
    tree = ast.parse((ROOT / "core" / "mlops" / "workspace.py").read_text(encoding="utf-8"))
    methods = {node.name: ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    changing = {
        name
        for name, body in methods.items()
        if "self._decisions." in body and not name.startswith("_") and name not in ("history", "audit_status")
    }
    assert changing == set(CHANGES)
    assert set(CHANGES) <= set(dir(Workspace))
    for name in changing:
        assert "self.authorize(" in methods[name], name


def test_guessing_the_admin_token_is_slow(set_settings, monkeypatch):
    set_settings(HUB_ADMIN_TOKEN="right", RATES__DECISION="3")
    monkeypatch.setattr(actions.visitors, "session_id", lambda: "guesser")
    monkeypatch.setattr(state, "put", lambda name, value: pytest.fail("unlocked"))
    for _ in range(3):
        with pytest.raises(BadInput, match="not right"):
            state.check_token("wrong")
    with pytest.raises(LimitReached, match="within a minute"):
        state.check_token("right")


def service_page():
    from core.mlops.service_process import ServiceStatus
    from core.ui.mlops import serve

    class Failed:
        start = stop = None

        def status(self):
            return ServiceStatus("failed", None, None, "exit code 1: Traceback of the last line")

        def log(self):
            return 'Traceback\n  File "/srv/hub/core/x.py", value of a visitor'

    serve._control(Failed(), Failed().status())
    serve._explain(Failed().status(), Failed())


@pytest.mark.parametrize("token", [None, "s3cret"])
def test_the_service_s_log_is_shown_to_the_admin_alone(set_settings, token):
    """It has tracebacks, with paths and what requests were about; without a token everybody is the admin."""
    set_settings(HUB_ADMIN_TOKEN=token)
    app = AppTest.from_function(service_page).run()
    assert not app.exception
    shown = [element.value for element in (*app.code, *app.caption, *app.error, *app.markdown)]
    assert any("Traceback" in text for text in shown) is (token is None)
    assert any("admin token" in text for text in shown) is (token is not None)


def test_reading_ever_new_files_for_training_counts_as_adding_them(set_settings, monkeypatch):
    from core.ui.mlops import train

    class Workspace:
        def inspect(self, *_arguments, name):
            return name

    set_settings(RATES__UPLOAD="2")
    monkeypatch.setattr(actions.visitors, "session_id", lambda: "reader")
    look = [lambda n=n: train._inspected(Workspace(), b"%d" % n, "a.csv", None, None, ()) for n in range(3)]
    assert [look[0](), look[1](), look[0]()] == ["a.csv"] * 3
    with pytest.raises(LimitReached, match="more than 2 times"):
        look[2]()
