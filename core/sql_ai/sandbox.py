"""One in-memory SQLite database that SQL cannot leave, fill or stall."""

import sqlite3
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from core.config_sql import SqlSettings
from core.errors import BadInput, Cancelled, HubError, LimitReached

_STEPS_BETWEEN_CHECKS = 2_000
# The built-ins that compiled SQL calls; every other function is one of ours. Built-ins that reach outside the
# database or make huge values in one step, where no handler fires, are therefore out of reach.
_BUILT_IN = frozenset(
    {
        "abs", "avg", "coalesce", "count", "cume_dist", "dense_rank", "first_value", "json_extract",
        "lag", "last_value", "lead", "length", "max", "min", "nth_value", "ntile", "nullif",
        "percent_rank", "rank", "replace", "round", "row_number", "sum",
    }
)  # fmt: skip
_READING = frozenset(
    {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE}
)
_WRITING = _READING | {
    sqlite3.SQLITE_INSERT,
    sqlite3.SQLITE_UPDATE,
    sqlite3.SQLITE_DELETE,
    sqlite3.SQLITE_CREATE_TABLE,
    sqlite3.SQLITE_DROP_TABLE,
    sqlite3.SQLITE_SAVEPOINT,
    sqlite3.SQLITE_TRANSACTION,
}


class Sandbox:
    """The database of one session.

    Statements reach it only as text that the dialect compiled; the authorizer is the second wall.
    ``failure`` holds the real exception of a user-defined function, which sqlite3 replaces.
    """

    def __init__(self, limits: SqlSettings) -> None:
        self.limits = limits
        self.lock = threading.RLock()
        self.failure: HubError | None = None
        self._deadline = float("inf")
        self._cancelled = threading.Event()
        self._allowed = _READING
        self._functions = set(_BUILT_IN)
        self._orders: set[str] = set()
        self._callbacks: list[Callable[..., Any]] = []
        self._in_transaction = False  # whether the visitor began a transaction
        self._connection = self._open()

    def check_time(self) -> None:
        """Raise LimitReached when the statement's time is over, Cancelled when the user stopped it."""
        if self._cancelled.is_set():
            raise _stopped()
        if time.monotonic() > self._deadline:
            raise self._too_slow()

    def cancel(self) -> None:
        """Stop the running statement at its next check; a statement that starts later is not concerned."""
        self._cancelled.set()

    @contextmanager
    def deadline(self) -> Iterator[None]:
        """Give the statements inside the time of one statement; an outer deadline stays in force."""
        outer = self._deadline
        if outer == float("inf"):
            self._cancelled.clear()
        self._deadline = min(outer, time.monotonic() + self.limits.time_limit_s)
        try:
            yield
        finally:
            self._deadline = outer

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Let the statements inside change tables; what they did is undone when they fail."""
        before, self._allowed = self._allowed, _WRITING
        try:
            self.run("SAVEPOINT change")
            try:
                yield
            except BaseException:
                self._undo("change")
                raise
            else:
                self.run("RELEASE change", guarded=False)
        finally:
            self._allowed = before

    def begin(self) -> None:
        """Start a transaction of the visitor's; inside of one, do nothing."""
        if not self._in_transaction:
            self._control("SAVEPOINT visitor")
            self._in_transaction = True

    def commit(self) -> None:
        """Keep what the visitor's transaction changed, if there is one.

        Raises BadInput when SQLite undid it because a statement inside met a limit.
        """
        if self._in_transaction:
            self._in_transaction = False
            if not self._connection.in_transaction:
                raise BadInput(
                    "The transaction was rolled back when a statement in it met a limit",
                    "Run its statements again, beginning with BEGIN.",
                )
            self._control("RELEASE visitor")

    def rollback(self) -> None:
        """Undo what the visitor's transaction changed, if there is one."""
        if self._in_transaction:
            self._in_transaction = False
            with self._writing_allowed():
                self._undo("visitor")

    def _control(self, sql: str) -> None:
        with self._writing_allowed():
            self.run(sql, guarded=False)

    @contextmanager
    def _writing_allowed(self) -> Iterator[None]:
        before, self._allowed = self._allowed, _WRITING
        try:
            yield
        finally:
            self._allowed = before

    def _undo(self, savepoint: str) -> None:
        """Back to a savepoint, which SQLite itself may have left: some errors undo the whole transaction."""
        if self._connection.in_transaction:
            failure = self.failure  # the statement's own error; the next lines must not forget it
            self.run(f"ROLLBACK TO {savepoint}", guarded=False)
            self.run(f"RELEASE {savepoint}", guarded=False)
            self.failure = failure

    def run(self, sql: str, values: tuple[Any, ...] = (), guarded: bool = True) -> sqlite3.Cursor:
        """A cursor on compiled SQL; every SQLite error becomes a HubError."""
        with self.translated():
            if guarded:
                self.check_time()
            else:
                self._connection.set_progress_handler(None, 0)
            try:
                return self._connection.execute(sql, values)
            finally:
                if not guarded:
                    self._watch()

    def run_many(self, sql: str, rows: Sequence[tuple[Any, ...]]) -> None:
        """Run ``sql`` once for each row of values."""
        with self.translated():
            self._connection.executemany(sql, rows)

    @contextmanager
    def translated(self) -> Iterator[None]:
        """Turn errors of sqlite3 into the HubError that the user can act on."""
        self.failure = None
        try:
            yield
        except (sqlite3.Error, sqlite3.Warning, OverflowError, MemoryError, RecursionError) as error:
            raise self._explain(error) from None

    def add_function(
        self, name: str, arguments: int, function: Callable[..., Any], deterministic: bool = True
    ) -> None:
        """Register a scalar function; its exceptions reach the user, and it watches the clock."""
        self._functions.add(name.lower())
        self._connection.create_function(
            name, arguments, self._held_weakly(self._guarded(function)), deterministic=deterministic
        )

    def add_aggregate(self, name: str, make: Callable[[], Any]) -> None:
        """Register an aggregate that also works as a window function."""

        def guarded() -> tuple[Callable[..., Any], ...]:
            inner = make()
            return tuple(map(self._guarded, (inner.step, inner.inverse, inner.value, inner.finalize)))

        made = self._held_weakly(guarded)

        class Guarded:
            def __init__(self) -> None:
                self.step, self.inverse, self.value, self.finalize = made()

        self._functions.add(name.lower())
        self._connection.create_window_function(name, -1, Guarded)

    def add_collation(self, name: str, compare: Callable[[str, str], int]) -> None:
        """Register an order of texts, once; ``compare`` gives -1, 0 or 1, and raises nothing: SQLite would not tell."""
        if name in self._orders:
            return
        self._orders.add(name)
        self._connection.create_collation(name, self._held_weakly(compare))

    def close(self) -> None:
        """Free the database."""
        with self.lock:
            self._connection.close()

    def _held_weakly(self, callback: Callable[..., Any]) -> Callable[..., Any]:
        """The callback for SQLite, which holds it where Python's collector does not look.

        What SQLite held strongly would keep this sandbox, and so the connection, alive for ever.
        """
        self._callbacks.append(callback)
        reference = weakref.ref(callback)

        def call(*values: Any) -> Any:
            return reference()(*values)  # type: ignore[misc]  # the connection is used by its sandbox only

        return call

    def _guarded(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*values: Any) -> Any:
            try:
                if time.monotonic() > self._deadline or self._cancelled.is_set():
                    self.check_time()
                return function(*values)
            except HubError as error:
                self.failure = error
                raise
            except (
                ValueError,
                TypeError,
                ArithmeticError,
                LookupError,
                RecursionError,
                AttributeError,
            ) as error:
                self.failure = BadInput(
                    f"{function.__name__.strip('_').upper()} cannot use its arguments: {error}",
                    "Check the types of the arguments; DESCRIBE TABLE shows those of columns.",
                )
                raise

        return call

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            ":memory:", check_same_thread=False, isolation_level=None, cached_statements=0
        )
        pages = self.limits.max_database_bytes // 4096
        connection.execute("PRAGMA page_size = 4096")
        connection.execute(f"PRAGMA max_page_count = {pages}")
        connection.execute("PRAGMA temp_store = MEMORY")
        # A sort of a large join is no part of the database: without this it took gigabytes within the time limit.
        # The limit is that of the process, for all its connections; it can be lowered, never raised.
        connection.execute(f"PRAGMA hard_heap_limit = {self.limits.max_heap_bytes}")
        connection.execute("PRAGMA trusted_schema = OFF")
        # The first use of a table-valued function declares a table inside, which the authorizer would deny.
        connection.execute("SELECT * FROM json_each('[]')").fetchall()
        self._bound(connection)
        connection.set_authorizer(self._held_weakly(self._authorize))
        self._connection = connection
        self._late = self._held_weakly(self._is_late)
        self._watch()
        return connection

    def _bound(self, connection: sqlite3.Connection) -> None:
        limits = self.limits
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, limits.max_value_bytes)
        connection.setlimit(sqlite3.SQLITE_LIMIT_SQL_LENGTH, limits.max_value_bytes)
        connection.setlimit(sqlite3.SQLITE_LIMIT_EXPR_DEPTH, 1_000)
        connection.setlimit(sqlite3.SQLITE_LIMIT_COMPOUND_SELECT, limits.max_compound_selects + 1)
        connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
        connection.setlimit(sqlite3.SQLITE_LIMIT_TRIGGER_DEPTH, 1)
        connection.setlimit(sqlite3.SQLITE_LIMIT_WORKER_THREADS, 0)

    def _watch(self) -> None:
        self._connection.set_progress_handler(self._late, _STEPS_BETWEEN_CHECKS)

    def _is_late(self) -> int:
        return int(self._cancelled.is_set() or time.monotonic() > self._deadline)

    def _authorize(self, action: int, first: str | None, second: str | None, *_place: Any) -> int:
        if action not in self._allowed:
            return sqlite3.SQLITE_DENY
        if action == sqlite3.SQLITE_FUNCTION and (second or "").lower() not in self._functions:
            return sqlite3.SQLITE_DENY
        return sqlite3.SQLITE_OK

    def _explain(self, error: BaseException) -> HubError:
        if self.failure is not None:
            failure, self.failure = self.failure, None
            return failure
        text = str(error)
        if "interrupted" in text:
            return _stopped() if self._cancelled.is_set() else self._too_slow()
        if "too big" in text:
            return LimitReached(
                f"A value is larger than the limit max_value_bytes = {self.limits.max_value_bytes:,}",
                "Shorten the values, or raise SQL__MAX_VALUE_BYTES.",
            )
        if isinstance(error, MemoryError):
            return LimitReached(
                f"The statement needs more memory than the limit max_heap_bytes = {self.limits.max_heap_bytes:,}",
                "Sort or join fewer rows, with WHERE. All sessions share this memory: trying again may help.",
            )
        if "full" in text:
            return LimitReached(
                f"The session's database reached the limit max_database_bytes = {self.limits.max_database_bytes:,}",
                "Drop tables or reset the sandbox.",
            )
        if "not authorized" in text or "prohibited" in text:
            return BadInput(
                f"The sandbox does not allow this: {text}", "It reads and writes its own tables only."
            )
        if "parser stack overflow" in text:
            return LimitReached(
                "The statement nests deeper than SQLite's parser can hold",
                "Split it with WITH or into several.",
            )
        if "too many terms in compound" in text:
            return LimitReached(
                f"More SELECTs in one UNION than the limit max_compound_selects = {self.limits.max_compound_selects}",
                "Split the statement.",
            )
        if isinstance(error, OverflowError) or "integer overflow" in text:
            return BadInput("A number does not fit into 64 bits", "Cast it to FLOAT.")
        return BadInput(
            f"The statement cannot be run: {text}", "See the function help for what is supported."
        )

    def _too_slow(self) -> LimitReached:
        return LimitReached(
            f"The statement took longer than the limit time_limit_s = {self.limits.time_limit_s:g}",
            "Narrow it with WHERE or LIMIT, or raise SQL__TIME_LIMIT_S.",
        )


def _stopped() -> Cancelled:
    return Cancelled("The statement was cancelled", "Nothing of it was kept; run it again when you like.")
