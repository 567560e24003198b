"""Code that only a start runs leaves memory, and everything runs on as before: also beside imports in other threads."""

import ctypes
import json
import struct
import subprocess
import sys

import pytest

from core import code_pages

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="only Linux lists what is mapped"
)

_RELEASE = """
import json
from pathlib import Path
import numpy, pyarrow.parquet, scipy.linalg, sklearn.ensemble
from core import code_pages

def file_mb():
    status = Path("/proc/self/status").read_text().split("RssFile:")[1]
    return int(status.split()[0]) / 1000

def work():
    matrix = numpy.arange(9.0).reshape(3, 3) + numpy.eye(3)
    return [scipy.linalg.det(matrix), float(numpy.linalg.svd(matrix)[1].sum()), json.dumps({"a": [1, 2.5]})]

expected, before = work(), file_mb()
code_pages.release()
after = file_mb()
same = work() == expected
code_pages.release()
print(json.dumps([before, after, same, file_mb()]))
"""

_BESIDE_IMPORTS = """
import importlib, sys, threading
from core import code_pages

over = threading.Event()

def release():
    while not over.is_set():
        code_pages.release()

threads = [threading.Thread(target=release) for _ in range(2)]
for thread in threads:
    thread.start()
for name in ("sqlite3", "lxml.etree", "numpy", "scipy.stats", "pandas", "pyarrow.parquet", "sklearn.ensemble"):
    importlib.import_module(name)
import numpy
assert numpy.linalg.inv(numpy.eye(50)).sum() == 50
try:
    numpy.linalg.inv(numpy.zeros((3, 3)))
except numpy.linalg.LinAlgError:
    print("raised")
over.set()
for thread in threads:
    thread.join()
print("imported")
"""


def _lines(program: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=True
    )
    return done.stdout.splitlines()


def test_most_pages_of_libraries_leave_memory_and_what_runs_again_answers_the_same():
    before, after, same, again = json.loads(_lines(_RELEASE)[-1])
    assert same
    assert before > 30  # MB
    assert after < 0.4 * before
    assert again < 0.4 * before


def test_libraries_may_be_imported_and_raise_while_others_are_given_back():
    assert _lines(_BESIDE_IMPORTS) == ["raised", "imported"]


def test_only_segments_that_their_file_marks_as_not_writable_are_given_back():
    """Addresses that the linker wrote lie in writable segments, also where they are read-only afterwards."""
    code_pages.release()
    given = [segment for segments in code_pages._known.values() for segment in segments]
    assert len(given) > 50
    changed = _changed_since_loading()
    assert changed  # or the test would hold whatever is given back
    for start, end in changed:
        assert not any(address < end and start < address + length for address, length in given)


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ([(1, 5), (5, 99), (0, 0)], False),
        ([(1, 5), (22, 0), (0, 0)], True),  # DT_TEXTREL
        ([(30, 8), (0, 0)], False),  # DT_FLAGS with DF_BIND_NOW alone
        ([(30, 8 | 4), (0, 0)], True),  # with DF_TEXTREL
    ],
)
def test_a_library_whose_code_was_written_by_the_linker_is_left_alone(entries, expected):
    packed = b"".join(struct.pack("<qQ", *entry) for entry in entries)
    buffer = ctypes.create_string_buffer(packed, len(packed))
    assert code_pages._is_relocated_in_place(ctypes.addressof(buffer), len(packed)) is expected


def test_without_proc_all_pages_stay(monkeypatch, tmp_path):
    monkeypatch.setattr(code_pages, "_MAPS", tmp_path / "maps")
    assert list(code_pages._libraries_in_memory()) == []
    code_pages.release()


def test_a_file_that_is_no_library_is_not_pinned(tmp_path):
    data = tmp_path / "table.so"
    data.write_bytes(b"not a library" * 1000)
    assert code_pages._pinned_at(0x1000, str(data)) is False


def _changed_since_loading() -> list[tuple[int, int]]:
    """Mapped parts of libraries that hold anything else than their file."""
    found, part = [], (0, 0)
    with open("/proc/self/smaps", encoding="utf-8", errors="surrogateescape") as lines:
        for line in lines:
            first, *rest = line.split()
            if "-" in first and not first.endswith(":"):
                start, end = (int(number, 16) for number in first.split("-"))
                part = (start, end) if len(rest) > 4 and ".so" in rest[-1] else (0, 0)
            elif first == "Anonymous:" and int(rest[0]) and part != (0, 0):
                found.append(part)
    return found
