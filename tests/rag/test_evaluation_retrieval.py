"""The BEIR reader and the measures, and the command line around them."""

import json
import subprocess
import sys

import pytest

from core.errors import BadInput
from core.rag import __main__ as command_line
from core.rag.evaluation_retrieval import evaluate_beir, read_collection, read_judgements, score
from tests.rag.test_knowledge_base import ROOT

CORPUS = [
    {
        "_id": "1",
        "title": "Leave",
        "text": "Employees have 27 days of annual leave. " + "Other words follow here. " * 60,
    },
    {"_id": "2", "title": "", "text": "A leaking pump is replaced by a technician."},
    {"_id": "d/3", "title": "Only a title", "text": ""},
    {"_id": "4", "title": "Empty", "text": "Nothing about anything asked."},
]
QUESTIONS = [
    {"_id": "q1", "text": "how many days of annual leave"},
    {"_id": "q2", "text": "who replaces a leaking pump"},
    {"_id": "q3", "text": "a question nobody judged"},
]


@pytest.fixture
def beir(tmp_path):
    (tmp_path / "corpus.jsonl").write_text("\n".join(map(json.dumps, CORPUS)) + "\n\n")
    (tmp_path / "queries.jsonl").write_text("\n".join(map(json.dumps, QUESTIONS)))
    (tmp_path / "qrels").mkdir()
    (tmp_path / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\nq1\t1\t2\nq1\t4\t0\nq2\t2\t1\n")
    return tmp_path


def test_every_mode_is_measured_and_a_long_document_counts_by_its_best_chunk(hashing, beir):
    report = evaluate_beir(beir, tell=lambda message: None)
    assert (report["documents"], report["questions"]) == (4, 2)
    assert report["chunks"] > 4
    assert list(report["modes"]) == ["vector", "keyword", "hybrid", "hybrid+rerank"]
    for measures in report["modes"].values():
        assert set(measures) == {
            "ndcg@10",
            "mrr",
            "recall@1",
            "recall@5",
            "recall@10",
            "recall@100",
            "hit@1",
            "hit@5",
        }
    assert report["modes"]["keyword"]["ndcg@10"] == 1.0
    assert report["modes"]["hybrid"]["recall@1"] == 1.0


def test_measures_are_those_of_the_field():
    measures = score([["a", "b", "c"], ["x", "y"]], [{"b": 2, "c": 1, "z": 1}, {"y": 1}])
    gain = 2 / 1.584962500721156 + 1 / 2
    ideal = 2 + 1 / 1.584962500721156 + 1 / 2
    assert measures.ndcg_at_10 == pytest.approx((gain / ideal + 1 / 1.584962500721156) / 2)
    assert measures.mrr == pytest.approx(0.5)
    assert measures.recall_at_1 == 0
    assert measures.recall_at_5 == pytest.approx((2 / 3 + 1) / 2)
    assert measures.hit_at_5 == 1


@pytest.mark.parametrize(
    "content",
    ["query-id\tcorpus-id\tscore\nq\td\t1\n", "q\td\t1\n", "q\t0\td\t1\n", "q 0 d 1\n", "q\td\t1.0\n\n"],
)
def test_judgements_are_read_with_and_without_header_and_in_the_trec_layout(tmp_path, content):
    (tmp_path / "test.tsv").write_text(content)
    assert read_judgements(tmp_path / "test.tsv") == {"q": {"d": 1}}


def test_judgements_may_lie_beside_the_corpus(beir):
    (beir / "qrels" / "test.tsv").rename(beir / "qrels.tsv")
    assert set(read_collection(beir).judgements) == {"q1", "q2"}


def test_the_limit_keeps_the_first_questions_and_all_documents(beir):
    collection = read_collection(beir, limit=1)
    assert list(collection.judgements) == ["q1"]
    assert len(collection.documents) == 4


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("corpus.jsonl", "{broken", r"corpus\.jsonl, line 1"),
        ("queries.jsonl", '{"text": "no id"}', r"queries\.jsonl, line 1"),
        ("qrels/test.tsv", "h\th\th\nq1\t1\tgood\n", "'good' is not a grade"),
        ("qrels/test.tsv", "query-id\tcorpus-id\tscore\n", "No question"),
        ("corpus.jsonl", b"\xff\xfe{}", r"corpus\.jsonl, line 1"),
        ("corpus.jsonl", "[" * 100_000, r"corpus\.jsonl, line 1"),
        ("corpus.jsonl", '{"_id": null, "text": "x"}', r"corpus\.jsonl, line 1"),
        ("corpus.jsonl", "", "No document"),
        ("corpus.jsonl", '{"_id": "1", "title": " ", "text": null}', "No document"),
        ("corpus.jsonl", '{"_id": "other", "text": "x"}', "No judged document"),
        ("queries.jsonl", '{"_id": "q1"}', r"queries\.jsonl, line 1 .* an _id and a text"),
        ("queries.jsonl", '{"_id": "q1", "text": null}', r"queries\.jsonl, line 1"),
        ("queries.jsonl", '{"_id": "q1", "text": " "}', "No question"),
        ("qrels/test.tsv", b"\xff\xfe", r"test\.tsv cannot be read"),
        ("qrels/test.tsv", "q1\t1\t1\nq1\t2\tinf\n", "line 2: 'inf' is not a grade"),
        ("qrels/test.tsv", "q1\t1\t1\nq1\n", "line 2: 'q1' is not a grade"),
        ("qrels/test.tsv", "q1\t1\t1\nq1\t4\n", "line 2 has 2 fields"),
        ("qrels/test.tsv", "q1\t" + "x" * 200_000 + "\t1\n", "field larger than field limit"),
    ],
)
def test_a_broken_collection_is_named_by_file_and_line(beir, file, content, message):
    (beir / file).write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(BadInput, match=message) as caught:
        read_collection(beir)
    assert caught.value.hint


def test_judgements_that_are_a_folder_are_told(beir):
    (beir / "qrels" / "test.tsv").unlink()
    (beir / "qrels" / "test.tsv").mkdir()
    with pytest.raises(BadInput, match=r"test\.tsv cannot be read"):
        read_collection(beir)


def test_documents_whose_ids_look_alike_are_all_found(hashing, beir):
    ids = ["a b", "a  b", "a\nb", "é" * 200 + "1", "é" * 200 + "2", "x/../y"]
    corpus = [{"_id": identity, "text": f"pump number {n}"} for n, identity in enumerate(ids)]
    (beir / "corpus.jsonl").write_text("\n".join(map(json.dumps, corpus)))
    (beir / "queries.jsonl").write_text(json.dumps({"_id": "q1", "text": "pump"}))
    (beir / "qrels" / "test.tsv").write_text("q1\ta b\t1\nq1\ta  b\t1\nq1\tx/../y\t1\n")
    report = evaluate_beir(beir, tell=lambda message: None)
    assert (report["documents"], report["chunks"]) == (6, 6)
    assert report["modes"]["keyword"]["recall@10"] == 1.0


@pytest.mark.parametrize("limit", [0, -1])
def test_a_limit_below_one_is_refused(beir, limit):
    with pytest.raises(BadInput, match="limit is"):
        evaluate_beir(beir, limit=limit)


def test_a_missing_split_names_those_there_are(beir):
    with pytest.raises(BadInput, match="no judgements 'train'") as caught:
        read_collection(beir, split="train")
    assert "test" in caught.value.hint


# --- the command line


def run(capsys, *arguments):
    code = command_line.main([str(argument) for argument in arguments])
    return code, json.loads(capsys.readouterr().out)


def test_documents_are_added_searched_listed_and_deleted_from_the_shell(hashing, tmp_path, capsys):
    files = tmp_path / "files"
    (files / "sub").mkdir(parents=True)
    (files / "pump.md").write_text("# Pump\n\nA leaking pump is replaced by a technician.")
    (files / "sub" / "leave.txt").write_text("Employees have 27 days of annual leave.")
    store = tmp_path / "store"
    code, added = run(capsys, "--store", store, "add", files, "--json")
    assert (code, [item["id"] for item in added]) == (0, ["pump.md", "sub/leave.txt"])
    code, passages = run(
        capsys, "--store", store, "search", "leaking pump", "--k", 1, "--mode", "keyword", "--json"
    )
    assert (code, len(passages), passages[0]["document"]) == (0, 1, "pump.md")
    where = '{"document": "sub/leave.txt"}'
    code, passages = run(capsys, "--store", store, "search", "leaking pump", "--where", where)
    assert [passage["document"] for passage in passages] == ["sub/leave.txt"]
    code, documents = run(capsys, "documents", "--store", store, "--json")
    assert [document["chunks"] for document in documents] == [1, 1]
    assert run(capsys, "--store", store, "delete", "pump.md") == (0, {"deleted": True})
    code, report = run(capsys, "--store", store, "check")
    assert (report["chunks"], report["missing"], report["surplus"]) == (1, [], [])


def test_every_file_whose_ending_the_parsers_know_is_found_in_a_folder(hashing, tmp_path, capsys):
    files = tmp_path / "files"
    (files / "deeper").mkdir(parents=True)
    texts = ("txt", "text", "md", "markdown", "csv", "tsv", "TSV")
    for ending in texts:
        (files / "deeper" / f"of_{ending}.{ending}").write_text(f"words\tof\n{ending}\tfiles\n")
    pages = ("html", "htm", "xhtml")
    for ending in pages:
        (files / f"of_{ending}.{ending}").write_text(f"<html><body><p>Words of {ending}</p></body></html>")
    (files / "program.exe").write_text("no document")
    code, added = run(capsys, "--store", tmp_path / "store", "add", files, "--json")
    found = {f"deeper/of_{ending}.{ending}" for ending in texts} | {
        f"of_{ending}.{ending}" for ending in pages
    }
    assert code == 0, added
    assert {item["id"] for item in added} == found


@pytest.mark.parametrize(
    "arguments",
    [
        ["search", "x"],
        ["--store", "S", "add", "missing.txt"],
        ["--store", "S", "search", "x", "--where", "{"],
        ["--store", "S", "search", "x", "--where", "[1]"],
        ["--store", "S", "search", "x", "--where", "[" * 100_000],
        ["--store", "S", "search", "x", "--where", '{"x": ' + "9" * 5000 + "}"],
        ["--store", "S", "add", "x" * 5000],
        ["--store", "S", "add", "a\0b"],
        ["--store", "a\0b", "documents"],
        ["--store", "S", "ask", "?!"],
        ["--store", "S", "ask", "\0"],
        ["evaluate", "retrieval", "--beir", "nowhere"],
    ],
)
def test_bad_input_is_a_json_error_and_exit_code_2(hashing, tmp_path, capsys, monkeypatch, arguments):
    monkeypatch.chdir(tmp_path)
    code, answer = run(capsys, *arguments)
    assert code == 2
    assert answer["error"]["message"]
    assert answer["error"]["hint"]


def test_the_real_command_prints_one_json_document(tmp_path):
    command = [sys.executable, "-m", "core.rag", "--store", str(tmp_path), "documents", "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert (done.returncode, json.loads(done.stdout)) == (0, [])
