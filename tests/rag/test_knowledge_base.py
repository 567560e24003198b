"""Documents in, passages out: adding, replacing, deleting, searching, surviving."""

import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
import threading
import time
import uuid
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.errors import BadInput, LimitReached, StoreError
from core.rag import open_knowledge_base, retrieval
from core.rag.base import Source
from core.rag.documents import MODES
from core.rag.evidence import read_passages
from core.rag.indexing import IndexingCancelled
from core.rag.matching import weights_of, words_in_context
from core.rag.parsing import kinds
from core.rag.questions import read_question

ROOT = Path(__file__).resolve().parents[2]
LEAVE = "Employees in Ghent have 27 days of paid annual leave.\n\nParental leave lasts sixteen weeks."
PUMP = "A leaking pump is replaced by a technician.\n\nThe vibration pump of the Solo S2 costs 58 euros."


@pytest.fixture
def kb(hashing):
    base = open_knowledge_base(None)
    base.add_text(LEAVE, name="leave.txt", metadata={"department": "HR", "year": 2026})
    base.add_text(PUMP, name="pump.txt", metadata={"department": "Service", "tags": ["solo", "parts"]})
    return base


def names(passages):
    return [passage.document for passage in passages]


# --- adding


def test_what_is_added_is_listed_with_its_model_and_size(kb):
    info = kb.documents()[0]
    assert (info.id, info.name, info.chunks, info.embedder) == ("leave.txt", "leave.txt", 1, "hashing")
    assert info.characters == len(LEAVE)
    assert info.metadata == {"department": "HR", "year": 2026}


def test_adding_the_same_name_again_replaces_the_document(kb):
    info = kb.add_text("Annual leave is now 30 days.", name="leave.txt")
    assert info.status == "replaced"
    assert [d.name for d in kb.documents()] == ["pump.txt", "leave.txt"]
    assert not any("27 days" in p.text for p in kb.search("annual leave", k=10))


def test_adding_an_unchanged_document_embeds_nothing(kb, hashing):
    before = len(hashing.encoded)
    assert (
        kb.add_text(
            PUMP, name="pump.txt", metadata={"department": "Service", "tags": ["solo", "parts"]}
        ).status
        == "unchanged"
    )
    assert len(hashing.encoded) == before


def test_the_last_of_several_versions_in_one_job_wins(hashing):
    base = open_knowledge_base(None)
    base.add_text("first version", name="a")
    base.add_many([Source("a", text="second version"), Source("a", text="first version")])
    assert base.document("a").text == "first version"
    assert [p.text for p in base.search("version", k=5)] == ["first version"]


def test_deleting_removes_every_trace_and_says_whether_there_was_something(kb):
    assert kb.delete("leave.txt") is True
    assert kb.delete("leave.txt") is False
    assert kb.delete(kb.documents()[0]) is True
    assert kb.documents() == []
    assert kb.search("annual leave") == []


def test_a_failed_document_leaves_the_store_as_it_was(kb):
    version = kb.corpus_version
    with pytest.raises(BadInput):
        kb.add_bytes(b"\x89PNG....", name="leave.txt")
    assert kb.corpus_version == version
    assert kb.document("leave.txt").text == LEAVE


def test_names_are_labels_without_a_path(kb):
    assert kb.add_bytes(b"words here", name="../../etc/pass\u202ewd\n.txt").name == "passwd .txt"
    long = kb.add_text("words", name="n" * 300)
    assert len(long.name) <= 120
    with pytest.raises(BadInput, match="has no name"):
        kb.add_text("words", name="\u200b ")


@pytest.mark.parametrize("metadata", [{"a": {"b": 1}}, {"": 1}, {"$and": 1}, {"a": None}])
def test_metadata_that_no_filter_could_use_is_refused(kb, metadata):
    with pytest.raises(BadInput, match="Metadata"):
        kb.add_text("words", name="m", metadata=metadata)


def test_progress_tells_rate_and_remaining_time_and_ends_complete(hashing):
    seen = []
    open_knowledge_base(None).add_many(
        [Source(f"d{i}", text="some words " * 30) for i in range(20)], on_progress=seen.append
    )
    assert seen[-1].documents_done == seen[-1].documents_total == 20
    assert seen[-1].chunks_done == 20
    assert seen[-1].rate > 0
    assert seen[-1].remaining_s == 0


def test_a_cancelled_job_leaves_nothing_half_indexed(hashing):
    base = open_knowledge_base(None)
    cancel = threading.Event()
    with pytest.raises(IndexingCancelled, match="nothing of 'b' was indexed"):
        base.add_many(_cancelling(cancel), cancel=cancel)
    assert base.documents() == []


def _cancelling(cancel):
    yield Source("a", text="words of a")
    cancel.set()
    yield Source("b", text="words of b")


def test_embedding_happens_across_documents_in_few_calls(hashing, monkeypatch):
    calls = []
    encode = hashing.encode
    monkeypatch.setattr(hashing, "encode", lambda texts: calls.append(len(texts)) or encode(texts))
    open_knowledge_base(None).add_many([Source(f"d{i}", text=f"document {i}") for i in range(200)])
    assert calls == [200]


# --- searching


@pytest.mark.parametrize("mode", MODES)
def test_every_mode_finds_the_document_and_shows_every_score_and_rank(kb, mode):
    best = kb.search("leaking pump", k=1, mode=mode)[0]
    assert best.document == "pump.txt"
    assert 0 <= best.score <= 1
    assert set(best.scores) == {"vector", "keyword", "fused", "rerank"}
    assert (best.ranks["vector"], best.ranks["keyword"], best.ranks["hybrid"]) == (1, 1, 1)
    assert kb.document(best.document).text[best.start : best.end] == best.text


def test_scores_are_sorted_and_are_what_the_mode_sorts_by(kb):
    for mode, key in (("vector", "vector"), ("keyword", "keyword"), ("hybrid", "fused")):
        passages = kb.search("the pump of the Solo S2 and annual leave", k=4, mode=mode)
        assert [p.score for p in passages] == sorted((p.score for p in passages), reverse=True)
        assert all(p.score == pytest.approx(max(0, p.scores[key]), abs=1e-6) for p in passages)


def test_keyword_mode_returns_nothing_without_a_common_word(kb):
    assert kb.search("zebra", mode="keyword") == []
    assert kb.search("the of", mode="keyword") == []


def test_k_beyond_the_corpus_gives_everything_once(kb):
    assert sorted(names(kb.search("pump", k=99))) == ["leave.txt", "pump.txt"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"question": "  "}, "question is empty"),
        ({"k": 0}, "k is 0"),
        ({"mode": "magic"}, "Unknown mode"),
        ({"question": "x" * 3000}, "has 3,000 characters"),
        ({"rerank": "psychic"}, "Unknown reranker"),
    ],
)
def test_a_search_that_makes_no_sense_is_refused_with_a_hint(kb, options, message):
    with pytest.raises(BadInput, match=message) as caught:
        kb.search(**{"question": "pump", **options})
    assert caught.value.hint


def test_filters_narrow_the_search_and_the_ranks(kb):
    assert names(kb.search("pump", k=5, where={"department": "HR"})) == ["leave.txt"]
    assert names(kb.search("pump", k=5, where={"tags": {"$contains": "solo"}})) == ["pump.txt"]
    assert names(kb.search("leave", k=5, where={"document": {"$ne": "leave.txt"}})) == ["pump.txt"]
    assert kb.search("pump", where={"department": "none"}) == []
    assert kb.search("pump", k=5, where={"department": "HR"})[0].ranks["vector"] == 1


def test_reranking_keeps_the_candidates_and_shows_its_score(kb):
    plain = kb.search("vibration pump price", k=2)
    again = kb.search("vibration pump price", k=2, rerank="late")
    assert sorted(names(plain)) == sorted(names(again))
    assert all(0 <= p.scores["rerank"] <= 1 for p in again)
    assert sorted(p.ranks["rerank"] for p in again) == [1, 2]


def test_diversity_prefers_a_different_passage_over_a_repetition(hashing):
    base = open_knowledge_base(None)
    for name in ("a", "b"):
        base.add_text("the pump is leaking water now", name=name)
    base.add_text("the pump stands in the cellar", name="c")
    assert set(names(base.search("pump leaking water", k=2))) == {"a", "b"}
    assert "c" in names(base.search("pump leaking water", k=2, diversity=0.7))


def test_near_duplicates_are_flagged(hashing):
    base = open_knowledge_base(None)
    base.add_text("the pump is leaking water now", name="a")
    base.add_text("The pump is leaking water now!", name="b")
    base.add_text("holidays in spring", name="c")
    first, second = base.search("leaking pump", k=2)
    assert (first.duplicate_of, second.duplicate_of) == (None, first.chunk_id)
    assert len(base.near_duplicates()) == 1


def test_a_passage_can_be_widened_to_its_neighbours(hashing):
    base = open_knowledge_base(None)
    base.add_text("\n\n".join(f"Paragraph {n}: " + "word " * 90 for n in range(5)), name="long")
    passage = next(p for p in base.search("paragraph", k=5) if p.index == 2)
    wide = base.expand(passage)
    assert [c.index for c in base.neighbours(passage.chunk_id)] == [1, 2, 3]
    assert wide.text == base.document("long").text[wide.start : wide.end]
    assert "Paragraph 1" in wide.text
    assert "Paragraph 3" in wide.text
    wider = base.search("paragraph", k=1, widen=2000)[0]
    assert wider.hits
    assert base.expand(wider, 0, 0).hits == (), "they stand in what is no longer there"


def test_sentence_vectors_belong_to_the_sentences_and_are_kept(kb, hashing):
    passages = kb.search("leave", k=2)
    first = kb.sentence_vectors(passages)
    calls = len(hashing.encoded)
    second = kb.sentence_vectors(passages)
    assert len(hashing.encoded) == calls
    for passage, (spans, vectors) in zip(passages, first, strict=True):
        assert vectors.shape == (len(spans), hashing.dimension)
        assert np.allclose(vectors[0], hashing.encode([passage.text[slice(*spans[0])]])[0])
    assert all((a[1] == b[1]).all() for a, b in zip(first, second, strict=True))


def test_many_threads_read_while_one_writes(kb):
    problems = []

    def read():
        try:
            for _ in range(30):
                for passage in kb.search("pump leave", k=3):
                    assert passage.text
        except Exception as error:  # noqa: BLE001 - reported below
            problems.append(error)

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for number in range(20):
        kb.add_text(f"Note {number} about the pump.", name=f"note{number % 3}")
    for thread in threads:
        thread.join()
    assert problems == []


# --- on disk


def test_a_folder_is_found_again_with_sources_and_vectors(hashing, tmp_path):
    base = open_knowledge_base(tmp_path / "store")
    base.add_text(LEAVE, name="leave.txt", metadata={"department": "HR"})
    before = base.search("annual leave", k=1)[0]
    base.close()
    again = open_knowledge_base(str(tmp_path / "store") + "/")
    encoded = len(hashing.encoded)
    after = again.search("annual leave", k=1)[0]
    assert after == before
    assert len(hashing.encoded) == encoded + 1  # only the question
    assert again.check_index().healthy
    again.close()


def test_chroma_holds_the_same_chunks_and_is_rebuilt_from_the_manifest(hashing, tmp_path):
    import chromadb

    base = open_knowledge_base(tmp_path)
    base.add_text(LEAVE, name="leave.txt")
    base.add_text(PUMP, name="pump.txt")
    base.delete("leave.txt")
    report = base.check_index()
    assert report.healthy
    assert report.chunks == 1
    base._store._index.delete(list(base._store._index.ids()))  # someone damages the index
    assert not base.check_index().healthy
    base.rebuild_index()
    assert base.check_index().healthy
    base.close()
    client = chromadb.PersistentClient(str(tmp_path / "chroma"))
    collection = client.get_collection("default", embedding_function=None)
    assert collection.count() == 1
    assert collection.configuration["hnsw"]["space"] == "cosine"
    client.close()


def folders(store):
    return {path.name for path in (store / "chroma").iterdir() if path.is_dir()}


def test_an_index_made_anew_leaves_nothing_of_the_old_one_and_all_of_its_neighbours(
    hashing, tmp_path, set_settings
):
    set_settings(RAG__VECTOR_INDEX="chroma")
    base, neighbour = open_knowledge_base(tmp_path), open_knowledge_base(tmp_path, "neighbour")
    base.add_text(PUMP, name="pump.txt")
    first = folders(tmp_path)
    neighbour.add_text(LEAVE, name="leave.txt")
    others = folders(tmp_path) - first
    for name in (str(uuid.uuid4()), "not-of-chroma"):  # the first as a killed process leaves it
        (tmp_path / "chroma" / name).mkdir()
    for _ in range(3):
        base.rebuild_index()
    assert len(first) == len(others) == 1
    assert not folders(tmp_path) & first
    assert folders(tmp_path) > others | {"not-of-chroma"}
    assert len(folders(tmp_path)) == 3
    assert base.search("where does the pump leak", k=1)[0].document == "pump.txt"
    assert neighbour.search("how many days of annual leave", k=1)[0].document == "leave.txt"
    assert base.check_index().healthy
    assert neighbour.check_index().healthy
    base.close()
    neighbour.close()


def test_what_an_old_index_left_stays_while_it_cannot_be_told_from_the_new_one(
    hashing, tmp_path, monkeypatch
):
    base = open_knowledge_base(tmp_path)
    base.add_text(PUMP, name="pump.txt")
    before = folders(tmp_path)

    def locked(*given):
        raise sqlite3.OperationalError("database is locked")

    monkeypatch.setattr("core.rag.vectors.open_existing", locked)
    base.rebuild_index()
    assert folders(tmp_path) > before
    assert base.check_index().healthy
    base.close()


def test_approximate_search_gives_the_exact_scores(hashing, tmp_path, set_settings):
    base = open_knowledge_base(tmp_path)
    base.add_many([Source(f"d{i}", text=f"text number {i} about topic {i % 7}") for i in range(300)])
    exact = base.search("topic 3", k=5)
    set_settings(RAG__VECTOR_INDEX="chroma")
    approximate = base.search("topic 3", k=5)
    assert [(p.document, round(p.score, 5)) for p in exact] == [
        (p.document, round(p.score, 5)) for p in approximate
    ]
    base.close()


@pytest.mark.fault(
    "another embedding model than the store was made with",
    sees="a message with the remedy",
    kept="sources and chunks",
    heals="reindexing",
)
def test_another_model_is_refused_with_the_remedy_and_reindexing_is_one(hashing, tmp_path):
    base = open_knowledge_base(tmp_path)
    base.add_text(PUMP, name="pump.txt")
    hashing.model_id, hashing.dimension = "other", 32
    for action in (lambda: base.search("pump"), lambda: base.add_text("x y", name="y")):
        with pytest.raises(
            StoreError, match="indexed with embedder hashing; the hub now uses other"
        ) as caught:
            action()
        assert "reindex" in caught.value.hint
    assert base.reindex() == 1
    assert base.search("leaking pump", k=1)[0].document == "pump.txt"
    assert base.check_index().healthy
    base.close()


def test_other_chunk_sizes_are_refused_too(hashing, tmp_path, set_settings):
    base = open_knowledge_base(tmp_path)
    base.add_text(PUMP, name="pump.txt")
    set_settings(RAG__CHUNK_CHARACTERS="200")
    with pytest.raises(StoreError, match="chunker"):
        base.search("pump")
    base.close()


@pytest.mark.fault(
    "a damaged document store",
    sees="a message with the remedy; other pages stand",
    kept="the files, untouched",
    heals="rebuilding the index, as the hint says",
)
def test_a_damaged_store_says_so(tmp_path):
    (tmp_path / "default.sqlite").write_bytes(b"this is no database, it is text" * 100)
    with pytest.raises(StoreError, match="cannot be opened"):
        open_knowledge_base(tmp_path)


@pytest.mark.parametrize("name", ["a/b", "", "..", "x" * 100, "ünïcode"])
def test_collection_names_are_checked(name):
    with pytest.raises(BadInput, match="cannot name a collection"):
        open_knowledge_base(None, name)


def test_in_memory_collections_do_not_share_anything(hashing):
    one, two = open_knowledge_base(None), open_knowledge_base(None)
    one.add_text(PUMP, name="pump.txt")
    assert two.documents() == []
    assert two.search("pump") == []


@pytest.mark.fault(
    "a document store locked by another process",
    sees="a message that names the lock",
    kept="everything",
    heals="when the other process ends",
)
def test_a_long_wait_for_another_writer_ends_with_a_clear_error(hashing, tmp_path, set_settings):
    from filelock import FileLock

    set_settings(RAG__LOCK_TIMEOUT_S="0.2")
    base = open_knowledge_base(tmp_path)
    with FileLock(tmp_path / "write.lock"), pytest.raises(StoreError, match="Another process"):
        base.add_text(PUMP, name="pump.txt")
    assert base.documents() == []
    base.close()


# --- other processes


CHILD = """
    import sys
    from core.runtime import prepare
    prepare()
    from core import embedder
    from tests.rag.hashing import HashingEmbedder
    embedder._loaded = HashingEmbedder()
    from core.rag import open_knowledge_base
    kb = open_knowledge_base(sys.argv[1])
"""


def child(body, folder):
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(CHILD) + textwrap.dedent(body), str(folder)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def test_what_another_process_writes_is_found_and_what_it_deletes_is_gone(hashing, tmp_path, set_settings):
    base = open_knowledge_base(tmp_path)
    base.add_text(LEAVE, name="leave.txt")
    assert base.search("annual leave")
    other = child(
        """
        kb.add_text("The elevator is inspected in May.", name="elevator.txt")
        kb.delete("leave.txt")
    """,
        tmp_path,
    )
    other.communicate(timeout=120)
    assert other.returncode == 0
    assert names(base.search("elevator inspected", k=5)) == ["elevator.txt"]
    set_settings(RAG__VECTOR_INDEX="chroma")
    assert names(base.search("elevator inspected", k=5)) == ["elevator.txt"]
    base.add_text(PUMP, name="pump.txt")
    assert base.check_index().healthy
    base.close()


def test_two_processes_that_write_at_once_lose_nothing(hashing, tmp_path):
    body = """
        for i in range(5):
            kb.add_text(f"Document {i} says hello.", name=f"%s-{i}")
    """
    writers = [child(body % name, tmp_path) for name in ("left", "right")]
    for writer in writers:
        writer.communicate(timeout=200)
    assert [writer.returncode for writer in writers] == [0, 0]
    base = open_knowledge_base(tmp_path)
    assert len(base.documents()) == 10
    assert base.check_index().healthy
    base.close()


@pytest.mark.fault(
    "kill -9 while documents are indexed",
    sees="after the restart the documents that were finished",
    kept="whole documents only",
    heals="adding the rest again",
)
@pytest.mark.skipif(os.name == "nt", reason="SIGKILL")
@pytest.mark.parametrize("after", [3, 12])
def test_a_killed_writer_leaves_whole_documents_only(hashing, tmp_path, after):
    writer = child(
        """
        i = 0
        while True:
            for version in range(2):
                parts = [f"Document {i}, part {part}, version {version}. " + "word " * 100 for part in range(6)]
                text = "\\n\\n".join(parts)
                kb.add_text(text, name=f"doc{i}")
            print(i, flush=True)
            i += 1
    """,
        tmp_path,
    )
    finished = -1
    for line in writer.stdout:
        finished = int(line)
        if finished >= after:
            break
    time.sleep(0.01 * after)
    writer.send_signal(signal.SIGKILL)
    writer.communicate()
    base = open_knowledge_base(tmp_path)
    infos = {info.id: info for info in base.documents()}
    assert all(f"doc{i}" in infos for i in range(finished + 1))
    for info in infos.values():
        chunks = base.chunks(info.id)
        assert (info.chunks, [c.index for c in chunks]) == (6, list(range(6)))
        text = base.document(info.id).text
        assert all(text[c.start : c.end] == c.text for c in chunks)
    report = base.check_index()
    assert report.healthy, report
    base.close()


def test_limits_of_the_settings_hold(hashing, set_settings):
    set_settings(RAG__MAX_CHARACTERS="100", RAG__MAX_FILE_BYTES="50")
    base = open_knowledge_base(None)
    with pytest.raises(LimitReached, match="Characters in the document"):
        base.add_text("x " * 100, name="a")
    with pytest.raises(LimitReached, match=r"Bytes in a\.txt"):
        base.add_bytes(b"x " * 100, name="a.txt")


SECTIONS = """# Rules

## Parking

Bicycles stand in the yard.

## Keys

Keys hang behind the bar.

## Music

The radio stays off."""


@pytest.fixture
def rules(hashing):
    base = open_knowledge_base(None)
    base.add_text(SECTIONS, name="rules", media_type=kinds.MARKDOWN)
    base.add_text("Bicycles are sold in the shop.", name="shop")
    return base


@pytest.mark.parametrize("limit", [1, 60, 75, 90, 500])
def test_widened_passages_slice_the_source_keep_their_scores_and_share_no_chunk(rules, limit):
    plain = {p.chunk_id: p for p in rules.search("where do bicycles stand", k=10)}
    wide = rules.search("where do bicycles stand", k=10, widen=limit)
    for passage in wide:
        hit = plain[passage.chunk_id]
        assert passage.text == rules.document(passage.document).text[passage.start : passage.end]
        assert passage.text == hit.text or len(hit.text) < len(passage.text) <= limit
        assert (passage.score, passage.scores, passage.heading) == (hit.score, hit.scores, hit.heading)
    covered = [(p.document, i) for p in wide for i in range(p.start, p.end)]
    assert len(covered) == len(set(covered))
    assert {name for name, _ in covered} == {"rules", "shop"}


def test_a_short_passage_reads_on_into_its_neighbours_and_makes_room_for_another_hit(rules):
    plain = rules.search("bicycles yard keys bar", k=2)
    assert {p.heading.rpartition(" › ")[2] for p in plain} == {"Parking", "Keys"}
    first, second = rules.search("bicycles yard keys bar", k=2, widen=90)
    assert first.chunk_id == plain[0].chunk_id
    assert "Bicycles stand in the yard." in first.text
    assert "Keys hang behind the bar." in first.text
    assert second.document == "shop"


@pytest.mark.parametrize("near", [0, 60, 90, 500])
def test_a_widened_passage_says_where_its_hits_are_and_no_chunk_is_in_two_of_them(rules, set_settings, near):
    set_settings(RAG__NEAR_CHARACTERS=str(near))
    plain = {p.chunk_id: p for p in rules.search("bicycles yard keys bar", k=10)}
    wide = rules.search("bicycles yard keys bar", k=10, widen=500)
    assert [p.document for p in wide] == ["rules", "shop"]
    for passage in wide:
        assert passage.hits[0].chunk_id == passage.chunk_id
        assert [hit.score for hit in passage.hits] == sorted(
            (hit.score for hit in passage.hits), reverse=True
        )
        ends = [passage.start]
        for hit in sorted(passage.hits, key=lambda hit: hit.start):
            found = plain[hit.chunk_id]
            assert (hit.score, hit.heading) == (found.score, found.heading)
            assert ends[-1] <= hit.start <= found.start
            assert found.end <= hit.end <= passage.end
            assert hit.end - hit.start <= max(near, len(found.text))
            ends.append(hit.end)
    assert len(wide[0].hits) == {0: 3, 60: 2, 90: 1, 500: 1}[near]


def test_only_what_is_close_to_the_hits_is_read_and_it_is_found_again_in_the_whole_passage(
    rules, set_settings
):
    set_settings(RAG__NEAR_CHARACTERS="0")
    question = "bicycles yard keys bar"
    passage = rules.search(question, k=1, widen=500)[0]
    weights, words = weights_of(rules), words_in_context(rules.embedder)

    def read(hits):
        given = replace(passage, hits=hits)
        reading = read_passages(rules, read_question(question), [given], weights, words)
        assert all(given.text[c.start : c.end] == c.text for c in reading.candidates)
        return sorted(c.text for c in reading.candidates)

    everything = ["Bicycles stand in the yard.", "Keys hang behind the bar.", "The radio stays off."]
    assert read(()) == read(passage.hits) == everything
    for hit in passage.hits:
        assert read((hit,)) == [passage.text[hit.start - passage.start : hit.end - passage.start]]


def test_widening_never_reads_what_a_filter_leaves_out(rules):
    where = {"$and": [{"document": "rules"}, {"chunk": {"$in": [0, 2]}}]}
    for passage in rules.search("bicycles keys radio", k=5, where=where, widen=500):
        assert "Keys hang" not in passage.text


def test_answers_widen_their_passages_as_the_setting_says(rules, set_settings):
    texts = [p.text for p in rules.ask("Where do bicycles stand?", threshold=0).passages]
    assert any("yard" in text and "behind the bar" in text for text in texts)
    set_settings(RAG__PASSAGE_CHARACTERS="0")
    texts = [p.text for p in rules.ask("Where do bicycles stand?", threshold=0).passages]
    assert not any("yard" in text and "behind the bar" in text for text in texts)


def test_headings_inside_a_widened_passage_are_not_read_as_sentences(rules):
    passage = next(p for p in rules.search("bicycles yard", k=2, widen=500) if p.document == "rules")
    (spans, vectors), (own, _) = rules.sentence_vectors([passage, rules.search("bicycles yard", k=1)[0]])
    assert "Keys\n" in passage.text
    assert [passage.text[a:b] for a, b in spans] == [
        "Bicycles stand in the yard.",
        "Keys hang behind the bar.",
        "The radio stays off.",
    ]
    assert len(vectors) == 3
    assert len(own) == 1


DECOMPOSED, HALF = "Kovac\u030c", "\ud800"


def test_questions_titles_and_ids_have_the_normal_form_of_texts(kb):
    kb.add_text(f"{DECOMPOSED} repairs the pump.", name=f"{DECOMPOSED}.txt", title=f"{DECOMPOSED}{HALF}")
    document = kb.document(f"{DECOMPOSED}.txt")
    assert document.title == "Kovač\ufffd"
    found = kb.search(DECOMPOSED, mode="keyword")[0]
    assert (found.document, found.scores["keyword"] > 0) == (document.id, True)
    assert kb.search(f"pump {HALF}\0", mode="hybrid")
    assert kb.delete(f"{DECOMPOSED}.txt")
    assert kb.delete(HALF) is False


@pytest.mark.parametrize(
    ("question", "options", "told"),
    [
        (None, {}, "not NoneType"),
        (b"pump", {}, "not bytes"),
        ("\0", {}, "is empty"),
        ("pump", {"k": 2.5}, "not a whole number"),
        ("pump", {"k": "4"}, "not a whole number"),
        ("pump", {"k": -1, "widen": 600}, "k is -1; allowed are 1"),
        ("pump", {"k": 2.0, "widen": 600}, "k is 2.0, which"),
        ("pump", {"k": 10**9}, "k is 1,000,000,000; allowed are 1 to 1,000"),
        ("pump", {"k": 1001, "widen": 600, "rerank": True}, "k is 1,001; allowed are 1 to 1,000"),
        ("pump", {"widen": 10**9}, "widen is 1,000,000,000; allowed are 0 to 100,000"),
        ("pump", {"widen": -1}, "widen is -1; allowed are 0"),
        ("pump", {"widen": "600"}, "widen is '600', which is not a whole number"),
        ("pump", {"widen": 0.5}, "widen is 0.5, which is not a whole number"),
        ("pump", {"where": {5: 1}}, "Unknown operator 5"),
        ("pump", {"weight": float("nan")}, "weight is nan"),
        ("pump", {"diversity": -1}, "diversity is -1"),
        ("pump", {"diversity": "much"}, "diversity is 'much'"),
    ],
)
def test_what_cannot_be_searched_for_is_refused_in_words(kb, question, options, told):
    kb.add_text("A pump.", name="pump")
    with pytest.raises(BadInput, match=told) as caught:
        kb.search(question, **options)
    assert caught.value.hint


def test_as_many_passages_as_the_limit_says_are_found_and_its_setting_is_named(kb, set_settings):
    kb.add_text("\n\n".join(f"Pump {n} stands in hall {n}." * 20 for n in range(300)), name="pumps")
    assert len(kb.search("pump", k=1000)) == kb.corpus_size > 300
    set_settings(RAG__MAX_PASSAGES="7", RAG__MAX_PASSAGE_CHARACTERS="700")
    assert len(kb.search("pump", k=7, widen=700)) == 7
    for options, name in (({"k": 8}, "RAG__MAX_PASSAGES"), ({"widen": 701}, "RAG__MAX_PASSAGE_CHARACTERS")):
        with pytest.raises(BadInput) as caught:
            kb.search("pump", **options)
        assert name in caught.value.hint


def test_a_search_is_checked_once(kb, monkeypatch):
    kb.add_text("A pump.", name="pump")
    checked = []
    monkeypatch.setattr(retrieval, "check", checked.append)
    assert kb.search("pump", k=2, widen=600)
    assert [(request.k, request.widen) for request in checked] == [(2, 600)]


@pytest.mark.parametrize("path", ["a\0b", HALF, "x" * 5000, "."])
def test_a_path_that_no_file_can_have_is_refused_in_words(kb, path):
    with pytest.raises(BadInput, match="cannot be read"):
        kb.add_file(path)
    with pytest.raises(StoreError, match="cannot be used"):
        open_knowledge_base(path if path != "." else __file__)
