"""RAG Chat's stores on broken disks: the manifest (the truth), and the vector index made from it."""

import shutil

import pytest

from core.errors import StoreError
from core.rag import open_knowledge_base
from tests.faults.conftest import damage, locked, mounted
from tests.rag.conftest import hashing  # noqa: F401  fixture

PUMP = "The pump leaks at the seal. Replace the gasket every year."
LEAVE = "Annual leave is 25 days. It is booked in the portal."


def opened(folder):
    base = open_knowledge_base(folder)
    base.add_text(PUMP, name="pump.txt")
    return base


def names(base):
    return [info.id for info in base.documents()]


def answers(base):
    return base.search("where does the pump leak", k=1)[0].document == "pump.txt"


@pytest.fixture(autouse=True)
def quick(hashing, set_settings):  # noqa: F811
    set_settings(RAG__LOCK_TIMEOUT_S="0.3")


@pytest.mark.fault(
    "the document store is locked by another program",
    sees="that it is locked, and to try again; answers from what was read before",
    kept="every document",
    heals="by itself, when the other program ends",
)
def test_a_locked_manifest_is_told_and_heals(tmp_path):
    base = opened(tmp_path)
    assert answers(base)
    base.close()
    with (
        locked(tmp_path / "default.sqlite"),
        pytest.raises(StoreError, match="is locked") as caught,
    ):
        open_knowledge_base(tmp_path)
    assert "try again" in caught.value.hint
    base = open_knowledge_base(tmp_path)
    assert answers(base)
    base.close()


@pytest.mark.fault(
    "the document store is damaged under the running app",
    sees="that it is damaged, and which folder to move away",
    kept="what is in memory: answers go on; sources in assets/documents",
    heals="after the folder was moved away, the next start indexes again",
)
def test_a_manifest_damaged_while_open_is_told(tmp_path):
    base = opened(tmp_path)
    base.add_text(LEAVE * 200, name="leave.txt")
    base.close()
    path = tmp_path / "default.sqlite"
    base = open_knowledge_base(tmp_path)
    damage(path)
    with pytest.raises(StoreError, match="is damaged") as caught:
        base.add_text("new text", name="new.txt")
    assert "Move the folder" in caught.value.hint
    base.close()
    shutil.move(tmp_path, tmp_path.with_name("aside"))
    base = opened(tmp_path)
    assert answers(base)
    base.close()


@pytest.mark.fault(
    "the document store lies on a read-only disk",
    sees="that it cannot be opened, and to make the data folder writable",
    kept="every document",
    heals="with a writable disk, at the next try",
)
def test_a_read_only_disk_is_told_and_heals(disk):
    base = opened(disk.path)
    base.close()
    disk.make_read_only()
    with pytest.raises(StoreError) as caught:
        open_knowledge_base(disk.path)
    assert "writable" in caught.value.hint or "can be written" in caught.value.hint
    with pytest.raises(
        StoreError, match="document folder 'new' cannot be written: the place is read-only"
    ) as caught:
        open_knowledge_base(disk.path / "new")
    assert "HUB_DATA_DIR" in caught.value.hint
    disk.make_writable()
    base = open_knowledge_base(disk.path)
    assert answers(base)
    base.close()


@pytest.mark.fault(
    "the disk of the document store is full",
    sees="that the disk is full, and to free space; search and answers go on",
    kept="every document that was there; nothing of the one that did not fit",
    heals="by adding it again, once there is space",
)
def test_a_full_disk_adds_nothing_by_halves_and_heals(disk):
    base = opened(disk.path)
    disk.fill()
    with pytest.raises(StoreError, match="disk is full") as caught:
        base.add_text(LEAVE * 300, name="leave.txt")
    assert "Free some space" in caught.value.hint
    assert names(base) == ["pump.txt"]
    assert answers(base)
    disk.free()
    base.add_text(LEAVE * 300, name="leave.txt")
    assert names(base) == ["pump.txt", "leave.txt"]
    assert base.check_index().healthy
    base.close()


@pytest.mark.fault(
    "the document store is deleted under the running app",
    sees="answers as before; adding says that the store is gone",
    kept="what is in memory; sources in assets/documents",
    heals="the next start indexes again",
)
def test_a_deleted_manifest_loses_no_write_silently(tmp_path):
    base = opened(tmp_path)
    assert answers(base)
    for path in tmp_path.glob("default.sqlite*"):
        path.unlink()
    with pytest.raises(StoreError, match="not there any more") as caught:
        base.add_text(LEAVE, name="leave.txt")
    assert "restart" in caught.value.hint
    assert answers(base)
    base.close()
    base = opened(tmp_path)
    assert names(base) == ["pump.txt"]
    base.close()


@pytest.mark.parametrize("again", ["while it is open", "after a restart"])
@pytest.mark.fault(
    "the vector index (Chroma) is damaged",
    sees="nothing: the answers stay right",
    kept="all: the index holds nothing that the document store has not; the damaged files are set aside",
    heals="by itself, at the next write or start",
)
def test_a_damaged_vector_index_is_made_anew(tmp_path, again):
    base = opened(tmp_path)
    damage(tmp_path / "chroma" / "chroma.sqlite3")
    if again == "after a restart":
        base.close()
        base = open_knowledge_base(tmp_path)
    base.add_text(LEAVE, name="leave.txt")
    assert base.check_index().healthy
    assert answers(base)
    assert (tmp_path / "chroma.damaged").is_dir()
    base.close()


@pytest.mark.fault(
    "the vector index (Chroma) is deleted",
    sees="nothing: the answers stay right",
    kept="all",
    heals="by itself, at the next write or start",
)
def test_a_deleted_vector_index_is_made_anew(tmp_path, set_settings):
    base = opened(tmp_path)
    shutil.rmtree(tmp_path / "chroma")
    base.add_text(LEAVE, name="leave.txt")
    assert base.check_index().healthy
    base.close()
    shutil.rmtree(tmp_path / "chroma")
    set_settings(RAG__VECTOR_INDEX="chroma", RAG__LOCK_TIMEOUT_S="0.3")
    base = open_knowledge_base(tmp_path)
    assert base.check_index().healthy
    assert answers(base)
    base.close()


@pytest.mark.fault(
    "the vector index breaks while a large corpus is searched",
    sees="answers, found by exact search",
    kept="all",
    heals="by itself, at once",
)
def test_a_search_through_a_broken_index_falls_back_to_exact_search(tmp_path, set_settings):
    base = opened(tmp_path)
    base.close()
    set_settings(RAG__VECTOR_INDEX="chroma", RAG__LOCK_TIMEOUT_S="0.3")
    base = open_knowledge_base(tmp_path)
    damage(tmp_path / "chroma" / "chroma.sqlite3")
    assert answers(base)
    assert base.check_index().healthy
    base.close()


@pytest.mark.parametrize("how", ["full", "read-only"])
@pytest.mark.fault(
    "the place of the vector index (Chroma) alone is full or read-only",
    sees="nothing: documents are added and found, by exact search",
    kept="every document: the document store has them",
    heals="by itself, at the next write or start once it can be written",
)
def test_a_vector_index_that_cannot_be_written_stays_behind_and_catches_up(tmp_path, set_settings, how):
    set_settings(RAG__VECTOR_INDEX="chroma", RAG__LOCK_TIMEOUT_S="0.3")
    with mounted(tmp_path / "chroma") as place:
        base = opened(tmp_path)
        base.close()
        (place.fill if how == "full" else place.make_read_only)()
        base = open_knowledge_base(tmp_path)
        base.add_text(LEAVE * 300, name="leave.txt")
        assert names(base) == ["pump.txt", "leave.txt"]
        assert answers(base)
        assert base.search("how many days of annual leave", k=1)[0].document == "leave.txt"
        assert not base.check_index().healthy, "the index has nothing of the new document"
        base.close()
        (place.free if how == "full" else place.make_writable)()
        base = open_knowledge_base(tmp_path)
        assert base.check_index().healthy
        assert base.search("how many days of annual leave", k=1)[0].document == "leave.txt"
        base.close()


def test_making_the_index_anew_on_purpose_says_when_there_is_no_room(tmp_path):
    with mounted(tmp_path / "chroma") as place:
        base = opened(tmp_path)
        base.add_text(LEAVE * 300, name="leave.txt")
        place.fill()
        with pytest.raises(StoreError, match="disk is full"):
            base.rebuild_index()
        place.free()
        base.rebuild_index()
        assert base.check_index().healthy
        base.close()
