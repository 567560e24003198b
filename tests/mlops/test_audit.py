import json
import threading

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import StoreError
from core.mlops.audit import AuditLog

contents = st.dictionaries(
    st.text(max_size=8),
    st.none() | st.booleans() | st.integers() | st.text(max_size=20) | st.lists(st.integers()),
    max_size=4,
)


def test_what_is_appended_is_read_back_in_order_by_another_process(tmp_path):
    log = AuditLog(tmp_path / "audit.jsonl")
    for number in range(5):
        log.append("intent", {"version": number, "reason": "naïve – \n 'quoted'"})
    records = AuditLog(tmp_path / "audit.jsonl").records()
    assert [record.content["version"] for record in records] == list(range(5))
    assert [record.number for record in records] == [1, 2, 3, 4, 5]
    assert log.verify().intact


@given(st.lists(contents, min_size=1, max_size=6), st.data())
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_changing_any_byte_of_the_log_is_noticed(tmp_path_factory, written, data):
    path = tmp_path_factory.mktemp("audit") / "audit.jsonl"
    log = AuditLog(path)
    for content in written:
        log.append("intent", content)
    anchor = log.head()
    content = bytearray(path.read_bytes())
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= data.draw(st.integers(1, 255))
    path.write_bytes(content)
    assert not AuditLog(path).verify(anchor).intact


@given(st.integers(2, 6), st.data())
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_removing_any_line_is_noticed(tmp_path_factory, count, data):
    path = tmp_path_factory.mktemp("audit") / "audit.jsonl"
    log = AuditLog(path)
    for number in range(count):
        log.append("intent", {"version": number})
    anchor = log.head()
    lines = path.read_bytes().splitlines(keepends=True)
    del lines[data.draw(st.integers(0, count - 1))]
    path.write_bytes(b"".join(lines))
    assert not AuditLog(path).verify(anchor).intact


@pytest.mark.fault(
    "a torn last line in the audit log",
    sees="the history without it",
    kept="every whole record",
    heals="by itself, on opening",
)
def test_a_torn_last_line_is_set_aside_and_writing_goes_on(tmp_path):
    path = tmp_path / "audit.jsonl"
    AuditLog(path).append("intent", {"version": 1})
    with path.open("ab") as file:
        file.write(b'{"number": 2, "at": "20')
    log = AuditLog(path)
    log.append("intent", {"version": 2})
    status = log.verify()
    assert (status.intact, status.records, status.quarantined) == (True, 2, 1)
    assert b'"number": 2, "at": "20' in (tmp_path / "audit.torn").read_bytes()


@pytest.mark.fault(
    "an altered audit log",
    sees="that no decision is taken until it is restored",
    kept="runs, versions and serving",
    heals="restoring the log",
)
def test_a_damaged_log_takes_no_further_record(tmp_path):
    path = tmp_path / "audit.jsonl"
    log = AuditLog(path)
    log.append("intent", {"actor": "mallory"})
    path.write_bytes(path.read_bytes().replace(b"mallory", b"alice12"))
    with pytest.raises(StoreError, match="was changed"):
        log.append("intent", {"actor": "bob"})
    assert len(path.read_bytes().splitlines()) == 1


def test_many_writers_at_once_make_one_unbroken_chain(tmp_path):
    path = tmp_path / "audit.jsonl"
    threads = [
        threading.Thread(target=lambda n=n: [AuditLog(path).append("x", {"n": n, "i": i}) for i in range(10)])
        for n in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    status = AuditLog(path).verify()
    assert (status.intact, status.records) == (True, 40)
    for n in range(4):  # each writer's own records keep their order
        own = [
            r["content"]["i"]
            for r in map(json.loads, path.read_text().splitlines())
            if r["content"]["n"] == n
        ]
        assert own == list(range(10))
