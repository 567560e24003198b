"""What visitors see while a store under the app is broken: a message and a hint, and every other page."""

import shutil
import time

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core import demos
from core.config import ROOT
from core.rag import shared_corpus
from core.ui.mlops import state as mlops_state
from core.ui.rag import feedback
from tests.faults.conftest import damage, locked, mounted
from tests.rag.conftest import hashing  # noqa: F401  fixture

DOCUMENT = "# Leave\n\nIn Porto you have 25 days of annual leave."


@pytest.fixture(autouse=True)
def empty_caches():
    st.cache_data.clear()
    st.cache_resource.clear()
    yield
    st.cache_data.clear()
    st.cache_resource.clear()


def visit(page_file, **query):
    """The page once nothing is on its way any more."""
    app = AppTest.from_file(str(ROOT / page_file), default_timeout=120)
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    for _ in range(100):
        if not any("Preparing the model workspace" in text.value for text in app.markdown):
            break
        time.sleep(0.1)
        app.run()
    assert not app.exception, app.exception
    return app


def messages(app):
    return [error.value for error in app.error]


def other_pages_stand(broken_page):
    for demo in demos.installed():
        if demo.page_file != broken_page and demo.kind != "demo":
            app = visit(demo.page_file)
            assert not app.error, (demo.title, messages(app))
            assert [title.value for title in app.title] == [demo.title]


def close_what_the_page_opened(folder):
    opened = mlops_state.opening(str(folder))
    if opened.ended.wait(30) and opened.workspace is not None:
        opened.workspace.close()


@pytest.fixture
def workspace(workspace_template, data_dir):
    """The page's own workspace, filled; the page opens it."""
    folder = data_dir / "mlops"
    shutil.copytree(workspace_template, folder)
    yield folder
    close_what_the_page_opened(folder)


EXPERIMENTS = "pages/Experiment_Browser.py"


@pytest.mark.fault(
    "runs and registry break under an open page, in each of its views",
    sees="in place of the view what is wrong and what to do; no traceback",
    kept="the other pages, and this page's other tabs",
    heals="when the store is well again, at the next click",
)
@pytest.mark.parametrize(
    ("how", "view"),
    [
        ("locked", "runs"),
        ("damaged", "registry"),
        ("deleted", "registry"),
        ("locked", "registry"),
        ("locked", "watch"),
        pytest.param("damaged", "runs", marks=pytest.mark.soak),
        pytest.param("deleted", "runs", marks=pytest.mark.soak),
    ],
)
def test_the_experiment_browser_tells_what_is_wrong_with_its_store(
    workspace, data_dir, set_settings, how, view
):
    set_settings(HUB_DATA_DIR=str(data_dir), MLOPS__LOCK_TIMEOUT_S="0.2")
    app = visit(EXPERIMENTS, view=view)
    assert not app.error
    database = workspace / "mlflow.db"
    copy = workspace.with_name("copy.db")
    shutil.copy(database, copy)
    if how == "locked":
        with locked(database):
            app.run()
    elif how == "damaged":
        damage(database)
        app.run()
    else:
        database.unlink()
        app.run()
    assert not app.exception
    told = " ".join(messages(app))
    assert {"locked": "is locked", "damaged": "damaged", "deleted": "not there any more"}[how] in told
    assert "try again" in told or "restart" in told
    other_pages_stand(EXPERIMENTS)


@pytest.mark.fault(
    "the workspace cannot be opened at all (read-only disk)",
    sees="what is wrong, what to do, and a button to try again",
    kept="the other pages",
    heals="with the button, once the disk is writable",
)
def test_a_workspace_that_cannot_be_opened_offers_another_try(disk, workspace_template, set_settings):
    set_settings(HUB_DATA_DIR=str(disk.path))
    shutil.copytree(workspace_template, disk.path / "mlops")
    disk.make_read_only()
    app = visit(EXPERIMENTS, view="registry")
    assert any("read-only" in text and "writable" in text for text in messages(app))
    other_pages_stand(EXPERIMENTS)
    disk.make_writable()
    app.button(key="experiment_browser_retry").click().run()
    for _ in range(100):
        if not any("Preparing" in text.value for text in app.markdown):
            break
        time.sleep(0.1)
        app.run()
    assert not app.error
    mlops_state.opening(str(disk.path / "mlops")).workspace.close()


@pytest.fixture
def documents(hashing, data_dir, tmp_path, monkeypatch):  # noqa: F811
    """A shared corpus of one document, indexed in this test's data folder."""
    assets = tmp_path / "assets"
    (assets / "documents").mkdir(parents=True)
    (assets / "documents" / "leave.md").write_text(DOCUMENT)
    monkeypatch.setattr(shared_corpus, "ASSETS", assets)
    monkeypatch.setattr(shared_corpus, "_opened", {})
    shared_corpus.open_shared_corpus().close()
    shared_corpus._opened.clear()
    yield data_dir / "rag"
    for base in shared_corpus._opened.values():
        base.close()


@pytest.mark.fault(
    "the document store breaks before a page opens it",
    sees="under the question what is wrong and what to do; no traceback",
    kept="the question, the other pages",
    heals="when the store is well again, by asking again",
)
@pytest.mark.parametrize("how", ["locked", "damaged"])
def test_rag_chat_tells_what_is_wrong_with_its_store(documents, set_settings, how):
    set_settings(HUB_DATA_DIR=str(documents.parent), RAG__LOCK_TIMEOUT_S="0.3")
    page, question = (
        "pages/RAG_Chat.py",
        {"question": "How many days?", "run": "1", "generator": "extractive"},
    )
    copy = documents.with_name("copy.sqlite")
    shutil.copy(documents / "shared.sqlite", copy)
    if how == "locked":
        with locked(documents / "shared.sqlite"):
            app = visit(page, **question)
    else:
        damage(documents / "shared.sqlite")
        app = visit(page, **question)
    told = " ".join(messages(app))
    assert how in told or "not a database" in told
    assert "try again" in told or "Move the folder" in told
    assert str(documents) not in told
    other_pages_stand(page)
    shutil.copy(copy, documents / "shared.sqlite")
    again = next(button for button in app.button if button.label == "Ask again")
    again.click().run()
    assert not app.exception
    assert len(app.error) == 1, "the earlier question keeps its message, the new one has none"


ASKED = {"question": "How many days of leave are there?", "run": "1", "generator": "extractive"}
CHAT = "pages/RAG_Chat.py"


def restart():
    """Let go of all that is in memory."""
    for base in shared_corpus._opened.values():
        base.close()
    shared_corpus._opened.clear()
    st.cache_resource.clear()


def answered(app):
    return "25 days" in " ".join(element.proto.body for element in app.get("html"))


@pytest.mark.fault(
    "documents and vector index are deleted under an open chat",
    sees="answers as before",
    kept="what is in memory; sources in assets/documents",
    heals="the next start indexes again",
)
def test_an_open_chat_answers_on_without_its_files(documents):
    app = visit(CHAT, **ASKED)
    assert answered(app)
    shutil.rmtree(documents)
    app.chat_input[0].set_value("Where do I have leave?").run()
    assert not app.exception
    assert not app.error
    assert len(app.get("feedback")) == 2, "both questions have an answer to rate"
    restart()
    again = visit(CHAT, **ASKED)
    assert answered(again)
    assert not again.error


@pytest.fixture
def documents_disk(data_dir):
    """A small disk of their own for the documents, mounted before they are indexed."""
    with mounted(data_dir / "rag") as disk:
        yield disk


@pytest.mark.fault(
    "the disk of the documents is full or read-only, under an open chat and at its start",
    sees="answers as before in an open chat; at a start with a read-only disk what is wrong and what to do",
    kept="every document, the question, the other pages",
    heals="by asking again, once the disk can be written",
)
@pytest.mark.parametrize("how", ["full", "read-only"])
def test_a_chat_whose_disk_takes_nothing_answers_or_tells_why(documents_disk, documents, how):
    app = visit(CHAT, **ASKED)
    assert answered(app)
    if how == "full":
        documents_disk.fill()
        app.chat_input[0].set_value("Where do I have leave?").run()
        assert not app.error
        assert len(app.get("feedback")) == 2, "both questions have an answer to rate"
    restart()
    if how == "read-only":
        documents_disk.make_read_only()
    again = visit(CHAT, **ASKED)
    if how == "full":
        assert answered(again)
        assert not again.error
    else:
        assert any("cannot be opened" in told and "can be written" in told for told in messages(again))
    other_pages_stand(CHAT)
    documents_disk.make_writable()
    documents_disk.free()
    restart()
    assert answered(visit(CHAT, **ASKED))


@pytest.mark.fault(
    "the file of ratings breaks under an open chat",
    sees="a note that the rating was not stored, and what to do (nothing when it was deleted); the conversation",
    kept="the conversation; a damaged file stays as it is",
    heals="at the next thumb, once the file is well",
)
@pytest.mark.parametrize("how", ["locked", "damaged", "deleted"])
def test_a_thumb_on_an_open_page_tells_what_is_wrong_with_the_ratings(documents, monkeypatch, how):
    monkeypatch.setattr(feedback, "_LOCK_WAIT_S", 0.2)
    app = visit(CHAT, **ASKED)
    thumb = lambda value: app.get("feedback")[0].set_value(value).run()  # noqa: E731
    thumb(1)
    assert feedback.tally().up == 1
    copy = feedback.path().with_name("copy")
    shutil.copy(feedback.path(), copy)
    if how == "locked":
        with locked(feedback.path()):
            thumb(0)
    elif how == "damaged":
        damage(feedback.path())
        thumb(0)
    else:
        feedback.path().unlink()
        thumb(0)
    assert not app.exception
    assert answered(app), "the conversation stands"
    noted = " ".join([*messages(app), *(note.value for note in [*app.warning, *app.toast])])
    if how == "deleted":
        assert feedback.tally().down == 1
        return
    assert how in noted
    shutil.copy(copy, feedback.path())
    thumb(1)
    thumb(0)
    assert not app.exception
    assert (feedback.tally().up, feedback.tally().down) == (0, 1)


@pytest.mark.fault(
    "the model in Production is deleted or damaged under an open page",
    sees="predictions of the loaded model as before; after a restart which model it is, and to roll back",
    kept="runs, versions, decisions, the other views",
    heals="putting the files back, rolling back, or training again",
)
@pytest.mark.parametrize("how", ["deleted", "damaged"])
def test_an_open_page_without_the_model_s_files(workspace, how):
    app = visit(EXPERIMENTS, view="predict")
    assert not app.error
    opened = mlops_state.opening(str(workspace)).workspace
    folder = opened.store.model_folder(opened.version(1).model_id)
    aside = workspace.with_name("aside")
    shutil.copytree(folder, aside)
    if how == "deleted":
        shutil.rmtree(folder)
    else:
        damage(folder / "model.skops")
    app.run()
    assert not app.exception
    assert not app.error, "the loaded model answers on"
    st.cache_data.clear()
    st.cache_resource.clear()  # a restart
    opened.close()
    app = visit(EXPERIMENTS, view="predict")
    told = " ".join(messages(app))
    assert "gone" in told or "damaged" in told
    assert "roll back" in told.lower()
    assert str(workspace) not in told
    for view in ("runs", "registry", "train"):
        assert not visit(EXPERIMENTS, view=view).error, view
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(aside, folder)
    app.run()
    assert not app.error
