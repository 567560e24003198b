"""One writer at a time, across threads and processes."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.errors import StoreError
from core.stores import store_error


@contextmanager
def file_lock(path: Path, timeout_s: float = 120.0) -> Iterator[None]:
    """Hold the lock file ``path``; the system frees it when the process dies.

    Raises StoreError when another process keeps it for longer than ``timeout_s``.
    """
    from filelock import FileLock, Timeout

    lock = FileLock(path, timeout=timeout_s)
    try:
        lock.acquire()
    except Timeout:
        raise StoreError(
            f"Another process has held '{path.name}' for {timeout_s:.0f} s", "Try again when it has finished."
        ) from None
    except OSError as error:
        raise store_error(f"The lock file '{path.name}'", error) from error
    try:
        yield
    finally:
        lock.release()
