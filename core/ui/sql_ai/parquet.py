"""Unpacks a Parquet file at a safe distance: `python -m core.ui.sql_ai.parquet BYTES MEMORY` with files as stdio.

A Parquet file of some kilobytes can stand for gigabytes (one long value named a million times, a page that
compresses well), and what its own directory says about that may be a lie. So a child process with limits on memory
and time unpacks it, and gives the table back as an Arrow stream of at most BYTES.
"""

import contextlib
import io
import os
import subprocess
import sys
import tempfile
import threading
from typing import IO, TYPE_CHECKING

from core.config import ROOT
from core.errors import BadInput, LimitReached, NotAvailable

if TYPE_CHECKING:
    import pyarrow as pa

_MEMORY = 1_000_000_000  # bytes of address space, the libraries' own included
_SECONDS = 20
_DAMAGED, _TOO_LARGE = 3, 4  # exit codes of the child
_KEPT_ENVIRONMENT = ("PATH", "LANG", "LC_ALL", "SYSTEMROOT", "TMPDIR", "TEMP", "TMP", "LD_LIBRARY_PATH")
_one_at_a_time = threading.Lock()


def unpack(file_name: str, content: bytes, most_bytes: int) -> "pa.Table":
    """The file's table, of at most ``most_bytes`` in Arrow's memory.

    Raises LimitReached when it is larger, BadInput when it is damaged, NotAvailable when others' files take too long.
    """
    import pyarrow as pa

    with tempfile.TemporaryFile() as source, tempfile.TemporaryFile() as answer:
        source.write(content)
        source.seek(0)
        code = _run(file_name, source, answer, most_bytes)
        answer.seek(0)
        if code == 0:
            return pa.ipc.open_stream(answer).read_all()
        if code == _DAMAGED:
            detail = answer.read(300).decode("utf-8", "replace")
            raise BadInput(
                f"{file_name} is not a readable Parquet file: {detail}", "Write it again, or use CSV."
            )
    raise LimitReached(
        f"{file_name} unpacks to more than the limit of {most_bytes / 1e6:.0f} MB",
        "Upload fewer rows or columns.",
    )


def _run(file_name: str, source: IO[bytes], answer: IO[bytes], most_bytes: int) -> int:
    """The child's exit code; what a signal or the clock ended counts as too large."""
    if not _one_at_a_time.acquire(timeout=2 * _SECONDS):
        raise NotAvailable(f"{file_name} was not read: other files are being read", "Try again in a minute.")
    try:
        return subprocess.run(  # noqa: S603 - our own module and two numbers
            [sys.executable, "-m", "core.ui.sql_ai.parquet", str(most_bytes), str(_MEMORY)],
            stdin=source,
            stdout=answer,
            stderr=subprocess.DEVNULL,
            env={key: os.environ[key] for key in _KEPT_ENVIRONMENT if key in os.environ},
            cwd=ROOT,
            timeout=2 * _SECONDS,
            check=False,
        ).returncode
    except subprocess.TimeoutExpired:
        return _TOO_LARGE
    finally:
        _one_at_a_time.release()


def main() -> int:
    """Unpack standard input onto standard output; the exit code tells how it went."""
    most_bytes, memory = map(int, sys.argv[1:])
    content = sys.stdin.buffer.read()
    _limit_this_process(memory)
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = _plain(pq.ParquetFile(io.BytesIO(content)).read(use_threads=False))
        if table.nbytes > most_bytes:
            return _TOO_LARGE
        with pa.ipc.new_stream(sys.stdout.buffer, table.schema) as stream:
            stream.write_table(table)
    except (MemoryError, pa.ArrowCapacityError):
        return _TOO_LARGE
    except (pa.ArrowException, OSError, ValueError) as error:
        sys.stdout.write(str(error))
        return _DAMAGED
    return 0


def _plain(table: "pa.Table") -> "pa.Table":
    """The table with every value where it is used: one that is named many times counts as often."""
    import pyarrow as pa

    for index, field in enumerate(table.schema):
        if pa.types.is_dictionary(field.type):
            table = table.set_column(index, field.name, table.column(index).cast(field.type.value_type))
    return table


def _limit_this_process(memory: int) -> None:
    with contextlib.suppress(ImportError):  # Windows has no such limits; the wall clock remains
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
        resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS + 1))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    sys.exit(main())
