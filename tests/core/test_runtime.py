"""What is set before the heavy libraries are loaded keeps their memory bounded."""

import json
import os
import subprocess
import sys

_SHAPES = """
import json
import psutil
from core.runtime import prepare, return_memory
prepare()
from core.embedder import get_embedder

def resident() -> float:
    return_memory()
    return psutil.Process().memory_info().rss / 1e6

embedder = get_embedder()
embedder.encode(["warm up"])
before = resident()
for count in range(1, 5):
    embedder.encode_layer([" ".join(["late"] * length) for length in range(4, 64) for _ in range(count)], 0.67)
print(json.dumps(resident() - before))
"""


def test_texts_of_all_lengths_leave_little_memory_behind():
    """240 shapes: with torch's own bound of 1,024 kernels they leave 300 MB instead of 35."""
    done = subprocess.run([sys.executable, "-c", _SHAPES], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout.splitlines()[-1]) < 100


_BULK = """
import json, threading, time
import psutil
from core.runtime import prepare, return_memory_soon
prepare()
process = psutil.Process()
pieces = [bytearray(100_000) for _ in range(2_000)]  # all of them on the heap
held = pieces[::20]  # between the others, or glibc would return what is free at the end of the heap by itself
del pieces
full = process.memory_info().rss
for _ in range(100):
    return_memory_soon()
waiting = [thread for thread in threading.enumerate() if isinstance(thread, threading.Timer)]
for thread in waiting:
    thread.join()
print(json.dumps([len(waiting), (full - process.memory_info().rss) / 1e6]))
"""


def test_memory_is_returned_soon_after_bulk_work_by_one_thread_however_often_it_is_asked():
    done = subprocess.run([sys.executable, "-c", _BULK], capture_output=True, text=True, check=True)
    waiting, returned_mb = json.loads(done.stdout.splitlines()[-1])
    assert waiting == 1
    assert returned_mb > 100


_ENDS = """
import ctypes, json, threading
import psutil
from core.runtime import prepare, return_memory
prepare()
process = psutil.Process()
libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
libc.free.argtypes = libc.memset.argtypes = [ctypes.c_void_p]
blocks = [0] * 140  # made here, so that nothing of Python's lies behind the last block

def work() -> None:
    for number in range(len(blocks)):
        blocks[number] = libc.malloc(100_000)
        libc.memset(blocks[number], 1, 100_000)
    for block in blocks:
        libc.free(block)

thread = threading.Thread(target=work)
thread.start()
thread.join()
libc.malloc_trim(0)
full = process.memory_info().rss
return_memory()
print(json.dumps((full - process.memory_info().rss) / 1e6))
"""


def test_a_thread_that_has_ended_leaves_no_free_memory_at_the_end_of_its_heap():
    """Below the trim threshold glibc keeps it, here 14 MB, and ``malloc_trim`` leaves it there."""
    environment = {name: value for name, value in os.environ.items() if name != "MALLOC_ARENA_MAX"}
    done = subprocess.run(
        [sys.executable, "-c", _ENDS], env=environment, capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout.splitlines()[-1]) > 10


_TABLES = """
import io, json
import psutil
from core.runtime import prepare, return_memory
prepare()
import numpy, pandas, pyarrow, pyarrow.parquet

def work(rows: int) -> None:
    frame = pandas.DataFrame(numpy.arange(10.0 * rows).reshape(rows, 10)).add_prefix("c")
    pyarrow.parquet.write_table(pyarrow.Table.from_pandas(frame), io.BytesIO())

work(10)
return_memory()
before = psutil.Process().memory_info().rss
for _ in range(5):
    work(20_000)
return_memory()
print(json.dumps((psutil.Process().memory_info().rss - before) / 1e6))
"""


def test_tables_that_were_stored_leave_no_memory_behind():
    """With the allocator that Arrow brings they leave 17 MB here."""
    environment = {name: value for name, value in os.environ.items() if name != "ARROW_DEFAULT_MEMORY_POOL"}
    done = subprocess.run(
        [sys.executable, "-c", _TABLES], env=environment, capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout.splitlines()[-1]) < 10


_NAMES = """
import json, os, re, sys, tempfile
from core.runtime import prepare, return_memory
prepare()

def held_mb() -> int:
    with tempfile.TemporaryFile() as told:
        kept = os.dup(2)
        os.dup2(told.fileno(), 2)
        sys._debugmallocstats()  # written by C, past sys.stderr
        os.dup2(kept, 2)
        told.seek(0)
        return int(re.search(rb"arenas allocated current += +([0-9]+)", told.read())[1])

class Thing:
    pass

thing, pieces, before = Thing(), [], held_mb()
for _ in range(2_000):
    pieces.append([str(number) for number in range(100_000, 100_400)])
    thing.__reduce__()  # C looks a function up by a name that it makes for the purpose
full = held_mb()
del pieces
freed = held_mb()
return_memory()
print(json.dumps([mb - before for mb in (full, freed, held_mb())]))
"""


def _returns_names() -> bool:
    """Whether a new process gives back most of it. Where the names lie is chance: one arena keeps them in some."""
    done = subprocess.run([sys.executable, "-c", _NAMES], capture_output=True, text=True, check=True)
    full, freed, returned = json.loads(done.stdout.splitlines()[-1])
    assert full > 40
    assert freed > full / 2, "this Python keeps no such names: nothing is shown"
    return bool(returned < freed / 2)


def test_names_that_were_looked_up_between_many_objects_do_not_keep_their_memory():
    assert any(_returns_names() for _ in range(4))
