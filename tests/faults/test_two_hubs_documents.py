"""Two processes on one document store: two hubs, a command line while the hub runs."""

import pytest

from core.errors import StoreError
from core.rag import open_knowledge_base
from core.rag.base import Source
from tests.rag.conftest import hashing  # noqa: F401  fixture
from tests.support.other_process import in_another_process

PUMP = "The pump leaks at the seal. Replace the gasket every year."
LEAVE = "Annual leave is 25 days. It is booked in the portal."
OTHER = """
import sys
from core.runtime import prepare
prepare()
from core import embedder
from tests.rag.hashing import HashingEmbedder
embedder._loaded = HashingEmbedder()
from core.rag import open_knowledge_base
kb = open_knowledge_base(sys.argv[1])
"""


@pytest.fixture
def base(hashing, tmp_path):  # noqa: F811
    opened = open_knowledge_base(tmp_path)
    opened.add_text(PUMP, name="pump.txt")
    opened.add_text(LEAVE, name="leave.txt")
    yield opened
    opened.close()


@pytest.fixture
def meanwhile(hashing, tmp_path, monkeypatch):  # noqa: F811
    """``meanwhile(body)``: another process does this while this one embeds its next texts."""

    def arrange(body):
        encode = hashing.encode

        def after_the_other(texts):
            monkeypatch.setattr(hashing, "encode", encode)
            in_another_process(OTHER, body, tmp_path)
            return encode(texts)

        monkeypatch.setattr(hashing, "encode", after_the_other)

    return arrange


def texts(base):
    return {info.id: base.document(info.id).text for info in base.documents()}


@pytest.mark.fault(
    "documents are added, replaced and removed while another process makes the index anew for other settings",
    sees="nothing; the reindexing takes a little longer",
    kept="every change: the newest text of each document, no document that was removed",
    heals="nothing to heal: what changed meanwhile is embedded again",
)
def test_what_changes_while_documents_are_reindexed_is_kept(base, meanwhile):
    meanwhile("""
        kb.add_text("The pump was repaired.", name="pump.txt")
        kb.delete("leave.txt")
        kb.add_text("Bicycles stand in the yard.", name="bicycle.txt")
    """)
    assert base.reindex() == 2
    assert texts(base) == {
        "pump.txt": "The pump was repaired.",
        "bicycle.txt": "Bicycles stand in the yard.",
    }
    assert base.check_index().healthy


@pytest.mark.fault(
    "the index is made anew for other settings while a document is being added with the old ones",
    sees="that the settings differ, and to reindex or to set the old value again",
    kept="the documents and one kind of vectors: those of the two settings do not mix",
    heals="by adding the document again with the same settings",
)
def test_a_document_that_was_cut_by_the_old_settings_is_refused_after_a_reindexing(base, meanwhile):
    meanwhile("""
        embedder._loaded.dimension, embedder._loaded.model_id = 32, "smaller"
        kb.reindex()
    """)
    with pytest.raises(StoreError, match="indexed with embedder smaller"):
        base.add_text("Bicycles stand in the yard.", name="bicycle.txt")
    assert set(texts(base)) == {"pump.txt", "leave.txt"}
    assert base.vectors()[1].shape == (2, 32)


@pytest.mark.fault(
    "a document is removed by another process while documents are added",
    sees="which document was removed, and to add it again",
    kept="the other documents",
    heals="by adding it again",
)
def test_a_document_that_another_process_removes_during_an_addition_is_named(base, meanwhile):
    meanwhile("kb.delete('pump.txt')")
    with pytest.raises(StoreError, match=r"'pump\.txt' was removed by another process") as caught:
        base.add_many([Source("pump.txt", text=PUMP), Source("bicycle.txt", text="Bicycles stand there.")])
    assert "again" in caught.value.hint
    assert set(texts(base)) == {"leave.txt", "bicycle.txt"}


@pytest.mark.fault(
    "the vector index of a large corpus is made anew by another process",
    sees="nothing",
    kept="the index of the other process",
    heals="by itself: it is opened again, and not made anew once more",
)
def test_an_index_that_another_process_made_anew_is_taken_over(base, tmp_path, set_settings, monkeypatch):
    set_settings(RAG__VECTOR_INDEX="chroma")
    assert base.search("where does the pump leak", k=1)[0].document == "pump.txt"
    old = {path.name for path in (tmp_path / "chroma").iterdir() if path.is_dir()}
    in_another_process(OTHER, "kb.rebuild_index()", tmp_path)
    assert not old & {path.name for path in (tmp_path / "chroma").iterdir()}
    made_anew = []
    monkeypatch.setattr(base._store, "rebuild", lambda: made_anew.append(1))
    assert base.search("where does the pump leak", k=1)[0].document == "pump.txt"
    assert made_anew == []
