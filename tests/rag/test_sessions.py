"""Visitors: a shared corpus that stays as it is, and uploads nobody else sees."""

import subprocess
import sys
import textwrap
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import embedder as embedder_module
from core.errors import BadInput, LimitReached, StoreError
from core.rag import open_knowledge_base, open_session_knowledge_base, open_shared_corpus
from core.rag.base import Source
from core.rag.filters import keeps_document
from tests.rag.hashing import HashingEmbedder
from tests.rag.test_knowledge_base import ROOT


@pytest.fixture
def shared(hashing):
    base = open_knowledge_base(None)
    base.add_text("Employees have 27 days of paid annual leave.", name="leave.md")
    base.add_text("The pump is replaced by a technician.", name="pump.md")
    return base


@pytest.fixture
def folder(tmp_path):
    documents = tmp_path / "documents"
    documents.mkdir()
    (documents / "leave.md").write_text("# Leave\n\nEmployees have 27 days of paid annual leave.")
    (documents / "pump.txt").write_text("The pump is replaced by a technician.")
    return documents


def test_an_upload_is_found_beside_the_corpus_and_says_where_it_is_from(shared):
    session = open_session_knowledge_base(shared)
    session.add_text("The annual leave of interns is 12 days.", name="interns.txt")
    passages = session.search("annual leave", k=2)
    assert {(p.document, p.origin) for p in passages} == {("interns.txt", "upload"), ("leave.md", "corpus")}
    assert [p.score for p in passages] == sorted((p.score for p in passages), reverse=True)
    assert [(d.name, d.origin) for d in session.documents()][:1] == [("interns.txt", "upload")]
    assert session.corpus_size == 3


def test_visitors_never_see_each_others_documents(shared):
    one, two = open_session_knowledge_base(shared), open_session_knowledge_base(shared)
    one.add_text("My secret salary is 90,000 euros.", name="secret.txt")
    assert "secret.txt" not in {d.name for d in two.documents()}
    assert "secret.txt" not in {p.document for p in two.search("secret salary", k=10)}
    assert "secret.txt" not in {d.name for d in shared.documents()}
    with pytest.raises(BadInput):
        two.document("secret.txt")
    one.close()


def test_a_visitor_cannot_remove_or_replace_a_shared_document(shared):
    session = open_session_knowledge_base(shared)
    with pytest.raises(BadInput, match="belongs to the shared corpus"):
        session.delete("leave.md")
    session.add_text("Poisoned: leave is 0 days.", name="leave.md")
    assert shared.document("leave.md").text.startswith("Employees")
    assert session.document("leave.md").text.startswith("Poisoned")
    assert {p.origin for p in session.search("leave days", k=5) if p.document == "leave.md"} == {
        "upload",
        "corpus",
    }
    assert session.delete("leave.md") is True
    assert session.document("leave.md").text.startswith("Employees")


def test_a_filter_tells_uploads_from_the_corpus_and_kinds_of_files_apart(shared):
    session = open_session_knowledge_base(shared)
    session.add_text("item;days\nannual leave;12\n", name="interns.csv", media_type="text/csv")

    def found(where):
        return {(p.document, p.origin) for p in session.search("annual leave", k=10, where=where)}

    assert found({"origin": "upload"}) == {("interns.csv", "upload")}
    assert found({"origin": "corpus"}) == {("leave.md", "corpus"), ("pump.md", "corpus")}
    assert found({"file_type": {"$in": ["csv"]}}) == {("interns.csv", "upload")}
    assert found({"file_type": "txt"}) == found({"origin": "corpus"}), "a text that is added is plain text"
    assert found({"document": {"$in": ["pump.md", "interns.csv"]}, "origin": "corpus"}) == {
        ("pump.md", "corpus")
    }
    assert found({"chunk": {"$gte": 1}}) == set()
    session.close()


_FIELDS = st.sampled_from(["origin", "file_type", "document", "title"])
_VALUES = st.sampled_from(["upload", "corpus", "txt", "md", "leave.md", "leave"])


@given(where=st.dictionaries(_FIELDS, _VALUES, max_size=3))
def test_a_filter_keeps_a_document_exactly_when_it_keeps_its_chunks(where):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(embedder_module, "_loaded", HashingEmbedder())
        base = open_knowledge_base(None)
        base.add_text("Employees have leave.", name="leave.md")
        (info,) = base.documents()
        assert keeps_document(where, info) == bool(base.search("leave", where=where or None))
        base.close()


def test_diversity_sees_that_an_upload_repeats_the_corpus(shared):
    session = open_session_knowledge_base(shared)
    session.add_text("Employees have 27 days of paid annual leave.", name="copy.txt")
    asked = "paid annual leave of employees"
    assert {p.document for p in session.search(asked, k=2)} == {"leave.md", "copy.txt"}
    varied = session.search(asked, k=2, diversity=0.7)
    assert len({p.document for p in varied} & {"leave.md", "copy.txt"}) == 1
    assert "pump.md" in {p.document for p in varied}
    session.close()


def test_helpers_follow_the_passage_to_its_part(shared):
    session = open_session_knowledge_base(shared)
    session.add_text("Alpha beta.\n\n" + "word " * 160 + "\n\nOmega end.", name="own.txt")
    for passage in session.search("alpha leave", k=5):
        wide = session.expand(passage)
        holder = session.own if passage.origin == "upload" else shared
        assert holder.document(passage.document).text[wide.start : wide.end] == wide.text
        assert session.neighbours(passage.chunk_id)
        assert len(session.sentence_vectors([passage])[0][0]) >= 1


def test_limits_of_a_visitor_are_named_and_nothing_is_kept(shared, set_settings):
    set_settings(RAG__VISITOR_DOCUMENTS="2", RAG__VISITOR_CHUNKS="5")
    session = open_session_knowledge_base(shared)
    with pytest.raises(LimitReached, match="Chunks of one visitor"):
        session.add_text("\n\n".join("word " * 100 for _ in range(9)), name="long.txt")
    assert session.own.documents() == []
    session.add_many([Source("a", text="one"), Source("b", text="two")])
    with pytest.raises(LimitReached, match="Documents of one visitor: 3"):
        session.add_text("three", name="c")
    assert session.add_text("two again", name="b").status == "replaced"


# --- the shared corpus


def test_the_corpus_is_indexed_once_and_follows_its_files(hashing, folder, tmp_path):
    store = tmp_path / "rag"
    corpus = open_shared_corpus(folder, store)
    assert [d.name for d in corpus.documents()] == ["leave.md", "pump.txt"]
    encoded = len(hashing.encoded)
    assert open_shared_corpus(folder, store) is corpus
    assert len(hashing.encoded) == encoded
    (folder / "leave.md").write_text("# Leave\n\nEmployees have 30 days now.")
    (folder / "pump.txt").unlink()
    (folder / "new.csv").write_text("part,price\nvalve,4\n")
    changed = open_shared_corpus(folder, store)
    assert sorted(d.name for d in changed.documents()) == ["leave.md", "new.csv"]
    assert "30 days" in changed.search("leave days", k=1)[0].text
    corpus.close()


def test_the_corpus_is_read_only(hashing, folder, tmp_path):
    corpus = open_shared_corpus(folder, tmp_path / "rag")
    for action in (
        lambda: corpus.add_text("x y", name="x"),
        lambda: corpus.add_bytes(b"x y", name="x.txt"),
        lambda: corpus.delete("leave.md"),
        lambda: corpus.reindex(),
    ):
        with pytest.raises(BadInput, match="read-only"):
            action()
    corpus.close()


def test_other_settings_reindex_the_corpus_instead_of_refusing(hashing, folder, tmp_path, set_settings):
    open_shared_corpus(folder, tmp_path / "rag")
    set_settings(RAG__CHUNK_CHARACTERS="200")
    corpus = open_shared_corpus(folder, tmp_path / "rag")
    assert corpus.search("annual leave", k=1)[0].document == "leave.md"
    corpus.close()


def test_many_threads_and_processes_start_at_once_and_one_indexes(hashing, folder, tmp_path):
    store = tmp_path / "rag"
    body = """
        import sys
        from pathlib import Path
        from core.runtime import prepare
        prepare()
        from core import embedder
        from tests.rag.hashing import HashingEmbedder
        embedder._loaded = HashingEmbedder()
        from core.rag import open_shared_corpus
        corpus = open_shared_corpus(Path(sys.argv[1]), Path(sys.argv[2]))
        assert len(corpus.documents()) == 2
    """
    command = [sys.executable, "-c", textwrap.dedent(body), str(folder), str(store)]
    children = [subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL) for _ in range(2)]
    found = []
    threads = [
        threading.Thread(target=lambda: found.append(open_shared_corpus(folder, store))) for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [process.wait(timeout=120) for process in children] == [0, 0]
    assert len({id(base) for base in found}) == 1
    assert found[0].check_index().healthy
    assert len(found[0].documents()) == 2
    found[0].close()


def test_a_folder_without_documents_is_an_error(hashing, tmp_path):
    with pytest.raises(StoreError, match="no documents"):
        open_shared_corpus(tmp_path, tmp_path / "rag")
