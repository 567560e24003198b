"""Unpacks a Parquet file at a safe distance.

A Parquet file of some kilobytes can stand for gigabytes (one long value named a million times, a page that
compresses well), and what its own directory says about that may be a lie. So a child process with limits on memory
and time unpacks it, and gives the table back as an Arrow stream of at most as many bytes as are allowed.
"""

import io
import sys
from typing import TYPE_CHECKING

from core.errors import BadInput, LimitReached
from core.isolated import Isolated, Limits

if TYPE_CHECKING:
    import pyarrow as pa

_MEMORY = 1_000_000_000  # bytes of address space, the libraries' own included
_SECONDS = 20
_HEADS = 1_000_000  # bytes of an answer for what it says of its columns; as many as the values for that of its parts
_DAMAGED, _TOO_LARGE = 3, 4  # exit codes of the child
_CHILD = Isolated("core.ui.sql_ai.parquet", at_once=1)


def unpack(file_name: str, content: bytes, most_bytes: int) -> "pa.Table":
    """The file's table, of at most ``most_bytes`` in Arrow's memory.

    Raises LimitReached when it is larger, or takes too much memory or time, BadInput when it is damaged, NotAvailable
    when others' files take too long.
    """
    import pyarrow as pa

    limits = Limits(memory_bytes=_MEMORY, seconds=_SECONDS, answer_bytes=2 * most_bytes + _HEADS)
    ended = _CHILD.run(file_name, content, limits, str(most_bytes))
    if ended.code == 0:
        return pa.ipc.open_stream(ended.answer).read_all()
    if ended.code == _DAMAGED:
        detail = ended.answer[:300].decode("utf-8", "replace")
        raise BadInput(f"{file_name} is not a readable Parquet file: {detail}", "Write it again, or use CSV.")
    raise LimitReached(
        f"{file_name} unpacks to more than the limit of {most_bytes / 1e6:.0f} MB",
        "Upload fewer rows or columns.",
    )


def main(most_bytes: str) -> int:
    """In the child: unpack standard input onto standard output; the exit code tells how it went."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    content = sys.stdin.buffer.read()
    try:
        table = _plain(pq.ParquetFile(io.BytesIO(content)).read(use_threads=False))
        if table.nbytes > int(most_bytes):
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
