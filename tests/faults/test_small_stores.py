"""The ratings file and the converted language model on broken disks; uploads have no folder to break."""

import shutil

import pytest
from filelock import FileLock

from core import generator_local
from core.config import settings
from core.errors import StoreError
from core.generator_local import LocalGenerator, local_source, prepared_model
from core.sql_ai.functions import opinion
from core.ui.rag import feedback
from core.ui.rag.state import ChatSettings, Turn
from core.weights import LANGUAGE_MODEL
from tests.faults.conftest import damage, locked

QUICK_S = 0.2


class Answer:
    """As much of an answer as a rating looks at."""

    passages = ()
    text = "25 days"
    refused = False


def rate():
    feedback.rate(Turn("How many days?", ChatSettings(4, "hybrid", "auto"), Answer()), up=True)


@pytest.fixture
def ratings(data_dir):
    rate()
    return feedback.path()


def refused():
    with pytest.raises(StoreError) as caught:
        rate()
    assert caught.value.hint
    return caught.value


@pytest.mark.fault(
    "the file of ratings is locked by another program",
    sees="a note that the rating was not stored, and why; the conversation",
    kept="the ratings so far",
    heals="by itself, when the other program ends",
)
def test_a_locked_ratings_file_refuses_a_thumb_and_heals(ratings, monkeypatch):
    monkeypatch.setattr(feedback, "_LOCK_WAIT_S", QUICK_S)
    with locked(ratings):
        assert "locked" in refused().message
    rate()
    assert feedback.tally().up == 2


@pytest.mark.fault(
    "the file of ratings is damaged",
    sees="a note that the rating was not stored, and to move the file away; the conversation",
    kept="the damaged file, untouched",
    heals="after the file was moved away",
)
def test_a_damaged_ratings_file_refuses_a_thumb_and_heals(ratings):
    damage(ratings)
    error = refused()
    assert "damaged" in error.message
    assert "Move" in error.hint
    ratings.rename(ratings.with_suffix(".aside"))
    rate()
    assert feedback.tally().up == 1


@pytest.mark.fault(
    "the file of ratings is deleted under the running app",
    sees="nothing",
    kept="ratings from then on",
    heals="by itself, at the next thumb",
)
def test_a_deleted_ratings_file_is_made_again(ratings):
    shutil.rmtree(ratings.parent)
    rate()
    assert feedback.tally().up == 1


@pytest.mark.fault(
    "the file of ratings lies on a full or a read-only disk",
    sees="a note that the rating was not stored, and what to do; the conversation",
    kept="the ratings so far",
    heals="at the next thumb, once it can be written",
)
@pytest.mark.parametrize("how", ["full", "read-only"])
def test_a_ratings_file_that_cannot_be_written_refuses_a_thumb_and_heals(disk, set_settings, how):
    set_settings(HUB_DATA_DIR=str(disk.path))
    rate()
    (disk.fill if how == "full" else disk.make_read_only)()
    assert how in refused().message
    (disk.free if how == "full" else disk.make_writable)()
    rate()
    assert feedback.tally().up == 2


@pytest.fixture
def quick_conversion(monkeypatch, local_generator):
    """Converting takes half a minute; here its result is copied by links instead."""
    real = prepared_model(local_source())
    made = []

    def convert(gguf, folder):
        made.append(folder)
        for file in real.iterdir():
            (folder / file.name).symlink_to(file.resolve())

    monkeypatch.setattr(generator_local, "_convert", convert)
    return made


@pytest.mark.fault(
    "the converted language model is damaged",
    sees="a slower first answer",
    kept="everything",
    heals="by itself: it is converted again from the checked weights",
)
def test_a_damaged_conversion_is_made_again(quick_conversion, tmp_path, set_settings):
    set_settings(HUB_DATA_DIR=str(tmp_path))
    folder = prepared_model(local_source())
    weights = folder / "model.safetensors"
    weights.unlink()
    weights.write_bytes(b"a torn file" * 1000)
    model = LocalGenerator()
    assert len(quick_conversion) == 2
    assert model.count_tokens("a word") > 0


@pytest.mark.fault(
    "the converted language model is deleted",
    sees="a slower first answer after a restart",
    kept="everything; a loaded model answers on",
    heals="by itself: it is converted again",
)
def test_a_deleted_conversion_is_made_again(quick_conversion, tmp_path, set_settings):
    set_settings(HUB_DATA_DIR=str(tmp_path))
    shutil.rmtree(prepared_model(local_source()))
    assert prepared_model(local_source()).is_dir()
    assert len(quick_conversion) == 2


@pytest.mark.fault(
    "the converted language model has other bytes than it was written with",
    sees="a slower first answer",
    kept="everything; no answer of altered weights",
    heals="by itself: it is converted again from the checked weights",
)
def test_an_altered_conversion_is_made_again(quick_conversion, tmp_path, set_settings):
    set_settings(HUB_DATA_DIR=str(tmp_path))
    weights = prepared_model(local_source()) / "model.safetensors"
    original = weights.resolve()
    weights.unlink()
    content = bytearray(original.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    LocalGenerator()
    assert len(quick_conversion) == 2
    assert weights.resolve() == original


@pytest.mark.fault(
    "the app is killed while it converts the language model",
    sees="a slower first answer after the restart",
    kept="everything; what was half-written is removed",
    heals="by itself: it is converted again",
)
def test_what_a_killed_conversion_left_is_removed_and_never_loaded(quick_conversion, tmp_path, set_settings):
    set_settings(HUB_DATA_DIR=str(tmp_path))
    left = tmp_path / "models" / "converting-abc"
    earlier = tmp_path / "models" / f"{LANGUAGE_MODEL.name}-of-an-earlier-version"
    for folder in (left, earlier):
        folder.mkdir(parents=True)
        (folder / "model.safetensors").write_bytes(b"half")
    made = prepared_model(local_source())
    assert [path for path in (tmp_path / "models").iterdir() if path.is_dir()] == [made]


@pytest.mark.fault(
    "another process holds the lock of the conversion and does not end",
    sees="that the folder is locked, on Home and where a model should speak; quoted answers go on",
    kept="everything",
    heals="at the next try, when the other process has ended",
)
def test_a_conversion_locked_by_another_process_is_told_and_heals(
    quick_conversion, tmp_path, set_settings, monkeypatch
):
    set_settings(HUB_DATA_DIR=str(tmp_path))
    shutil.rmtree(target := prepared_model(local_source()))
    monkeypatch.setattr(generator_local, "_CONVERSION_S", QUICK_S)
    with FileLock(f"{target}.lock"), pytest.raises(StoreError, match="locked") as caught:
        prepared_model(local_source())
    assert caught.value.hint
    assert prepared_model(local_source()).is_dir()


@pytest.mark.fault(
    "there is no room, or no right, to convert the language model",
    sees="why on Home and where a model should speak; quoted answers go on",
    kept="everything else; no half-made conversion",
    heals="at the next try, once it can be written",
)
@pytest.mark.parametrize("how", ["full", "read-only"])
def test_a_conversion_that_cannot_be_written_leaves_nothing_and_heals(
    disk, quick_conversion, monkeypatch, set_settings, how
):
    set_settings(HUB_DATA_DIR=str(disk.path))
    quick = generator_local._convert

    def convert(gguf, folder):
        (folder / "model.safetensors").write_bytes(b"\0" * 1_000_000)  # what a conversion writes first
        (folder / "model.safetensors").unlink()
        quick(gguf, folder)

    monkeypatch.setattr(generator_local, "_convert", convert)
    (disk.path / "models").mkdir()
    (disk.fill if how == "full" else disk.make_read_only)()
    with pytest.raises(StoreError, match=how) as caught:
        prepared_model(local_source())
    assert caught.value.hint
    assert not list((settings().data_dir / "models").glob("converting-*"))
    (disk.free if how == "full" else disk.make_writable)()
    assert prepared_model(local_source()).is_dir()


@pytest.fixture
def learning(monkeypatch):
    """How often the coefficients of sentiment were learnt; learning itself takes some seconds."""
    import numpy as np

    learnt = []

    def train(texts, labels):
        learnt.append(len(texts))
        return opinion._Weights(*(np.ones((2, 2)) for _ in range(4)))

    monkeypatch.setattr(opinion, "_train", train)
    opinion._weights.cache_clear()
    yield learnt
    opinion._weights.cache_clear()


@pytest.mark.fault(
    "what sentiment has learnt is damaged, or cannot be stored (full or read-only disk)",
    sees="nothing but some seconds at the first AI_SENTIMENT after a start",
    kept="the answers: it is learnt again from the project's own texts",
    heals="by itself",
)
@pytest.mark.parametrize("how", ["damaged", "full", "read-only"])
def test_sentiment_is_learnt_again_when_it_cannot_be_read_or_kept(disk, learning, set_settings, how):
    set_settings(HUB_DATA_DIR=str(disk.path))
    if how == "damaged":
        opinion._weights("x")
        damage(*disk.path.glob("sql_ai/opinion-x.npz"))
        opinion._weights.cache_clear()
    else:
        (disk.path / "sql_ai").mkdir()
        (disk.fill if how == "full" else disk.make_read_only)()
    assert opinion._weights("x").base.shape == (2, 2)
    assert len(learning) == 1 + (how == "damaged")
    assert not [path for path in disk.path.glob("sql_ai/.*") if path.is_file()]


@pytest.mark.fault(
    "a visitor's SQL sandbox is gone: more visitors than sandboxes, a restart, or no visit for long",
    sees="the sample tables, and by name which table does not exist; the SQL stays in the editor",
    kept="nothing on disk to break: sandboxes and remembered answers live in memory",
    heals="a new sandbox opens by itself; own tables are added again",
)
def test_a_lost_sandbox_opens_anew_and_names_what_is_missing():
    import pandas as pd

    from core.errors import BadInput
    from core.ui.sql_ai.sandboxes import Sandboxes

    open_now = Sandboxes(most=1)
    open_now.get("one").load_table("MINE", pd.DataFrame({"A": [1]}))
    assert open_now.get("one").execute("SELECT A FROM MINE").rows == [(1,)]
    open_now.get("two")  # the only place goes to another visitor
    with pytest.raises(BadInput, match="MINE") as caught:
        open_now.get("one").execute("SELECT A FROM MINE")
    assert "PRODUCT_REVIEWS" in caught.value.hint
    assert len(open_now) == 1
