"""Process set-up that must happen before any heavy library is imported."""

import ctypes
import os
import sys
import threading
from functools import cache
from typing import Any

_OLDEST_SQLITE = (3, 35, 0)  # chromadb refuses older ones
_TORCH_THREADS = "2"
_SOON_S = 1.0
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8  # of malloc.h
# What lies between two layers of a model (3 MB for a pass of 1,024 word pieces, 6 MB for the longest prompt) is taken
# from the heap and stays there for the next layer. Fetched anew from the system, page by page, it cost a third of the
# processor time of embedding in bulk.
_MMAP_BYTES, _TRIM_BYTES = 8 << 20, 16 << 20
_HEAPS = 12  # more than glibc has made by the time `prepare` can tell it to make no more: it was 7
_FROM_HEAP_BYTES, _OVER_TRIM_BYTES = 32 << 20, 24 << 20  # the largest threshold glibc takes; a block below it

# OMP_WAIT_POLICY: spinning OpenMP threads beside one busy neighbour make a batch 3 times and a single
# text 25 times slower (measured, DESIGN section 6).
_ENVIRONMENT = {
    "OMP_WAIT_POLICY": "PASSIVE",
    "OMP_NUM_THREADS": _TORCH_THREADS,
    # NumPy's BLAS threads spin whatever the policy; on our small matrices a second one doubled the processor time
    # of a forecast and took a regression from 0.03 to 0.45 s of it, beside busy neighbours far more by the clock.
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": _TORCH_THREADS,
    # A row of a product is the same whatever rows lie beside it; without it, a text's float32 vector depends on the
    # texts it is embedded with, in the seventh digit. Costs nothing measurable.
    "MKL_CBWR": "AUTO,STRICT",
    # Torch keeps compiled kernels and scratch memory for each of the last 1,024 shapes it has seen; texts of all
    # lengths fill that with 150 MB. With 64 it stays at 35 MB, with 16 at 8 MB, in the same processor time; with 1
    # a single text takes a third longer.
    "ONEDNN_PRIMITIVE_CACHE_CAPACITY": "16",
    "LRU_CACHE_CAPACITY": "16",
    # Arrow's own allocator keeps what tables took when they were stored or sent to a page: 15 MB and more.
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "TOKENIZERS_PARALLELISM": "false",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_SKIP_PIP_REQUIREMENTS_CHECK": "true",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",  # standard output belongs to our JSON
    # MLflow's own patience with a server that is not there is several minutes.
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "15",
    "GIT_PYTHON_REFRESH": "quiet",
    "ANONYMIZED_TELEMETRY": "False",
    "CHROMA_TELEMETRY_IMPL": "",
    "STREAMLIT_BROWSER_GATHER_USAGE_STATS": "false",
    "DO_NOT_TRACK": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "TRANSFORMERS_VERBOSITY": "error",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
}


def prepare() -> None:
    """Set threads, telemetry and hub access for this process; calling it again changes nothing.

    Values that the environment already has win. Every entry point calls this before its first heavy
    import: OpenMP and the hub client read their variables once, when they are loaded.
    """
    for name, value in _ENVIRONMENT.items():
        if value:
            os.environ.setdefault(name, value)
    _keep_hub_offline()
    _swap_old_sqlite()
    _share_arenas()


def return_memory() -> None:
    """Give freed memory and code that only a start runs back to the system; 10 ms after heavy work. Only with glibc.

    Python's cache of attributes goes first: each of its 4,096 entries keeps the name that was asked for. A C library
    makes a new string of it at each call, and one string in the middle of a megabyte of objects keeps the megabyte.
    """
    sys._clear_type_cache()
    if libc := _glibc():
        if _arenas_shared and _trimming.acquire(blocking=False):
            try:
                _trim_ends_of_heaps(libc)
            finally:
                _trimming.release()
        libc.malloc_trim(0)
        from core import code_pages  # of names that only systems like Linux have

        code_pages.release()


def return_memory_soon() -> None:
    """As `return_memory`, in a second and on a thread of its own; calls in between are one. For bulk work."""
    global _returning
    with _asking:
        if _returning is None or not _returning.is_alive():
            _returning = threading.Timer(_SOON_S, return_memory)
            _returning.daemon = True
            _returning.start()


_asking, _trimming = threading.Lock(), threading.Lock()
_returning: threading.Timer | None = None
_arenas_shared = False


def _trim_ends_of_heaps(libc: Any) -> None:
    """Give back the free ends of all heaps but the first, up to `_TRIM_BYTES` each, which ``malloc_trim`` leaves alone.

    glibc looks at the end of a heap when a thread that uses this heap frees a block there. Threads that start at once
    get the heaps nobody uses, one each, then the others in turn.
    """
    libc.mallopt(_M_MMAP_THRESHOLD, _FROM_HEAP_BYTES)
    together = threading.Barrier(_HEAPS, timeout=_SOON_S)
    visits = [threading.Thread(target=_visit_heap, args=(libc, together)) for _ in range(_HEAPS)]
    try:
        for visit in visits:
            visit.start()
        for visit in visits:
            visit.join()
    finally:
        libc.mallopt(_M_MMAP_THRESHOLD, _MMAP_BYTES)


def _visit_heap(libc: Any, together: threading.Barrier) -> None:
    block = libc.malloc(_OVER_TRIM_BYTES)  # nothing touches it: it takes no memory
    try:
        together.wait()
    except threading.BrokenBarrierError:
        pass  # a busy machine: some heaps keep their ends until the next time
    finally:
        libc.free(block)


def _share_arenas() -> None:
    """Let all threads take memory from two heaps: glibc gives each its own, and keeps what is freed in every one."""
    global _arenas_shared
    if "MALLOC_ARENA_MAX" not in os.environ and (libc := _glibc()):
        _arenas_shared = True
        libc.mallopt(_M_ARENA_MAX, 2)
        libc.mallopt(_M_MMAP_THRESHOLD, _MMAP_BYTES)
        libc.mallopt(_M_TRIM_THRESHOLD, _TRIM_BYTES)


@cache
def _glibc() -> Any:
    """The C library where it is glibc, else None."""
    if not sys.platform.startswith("linux"):
        return None
    library = ctypes.CDLL(None)
    if not hasattr(library, "malloc_trim"):
        return None
    library.malloc.restype, library.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
    library.free.argtypes = [ctypes.c_void_p]
    return library


def _keep_hub_offline() -> None:
    from core.config import settings

    if not settings().hub_allow_downloads:
        os.environ.setdefault("HF_HUB_OFFLINE", "1")
        os.environ.setdefault("TRANSFORMERS_OFFLINE", "1")


def _swap_old_sqlite() -> None:
    """Replace a too old sqlite3 by pysqlite3; it also serves MLflow and the SQL sandbox then."""
    import sqlite3

    if sqlite3.sqlite_version_info >= _OLDEST_SQLITE:
        return
    try:
        import pysqlite3
    except ImportError:
        from core.errors import NotAvailable

        raise NotAvailable(
            f"SQLite {sqlite3.sqlite_version} is too old for chromadb (3.35 or newer)",
            "Install pysqlite3-binary, or use a Python built with a newer SQLite.",
        ) from None
    sys.modules["sqlite3"] = pysqlite3
    sys.modules["sqlite3.dbapi2"] = pysqlite3.dbapi2
