"""A visitor's session: a sandbox with tables, models, variables, memo and history."""
# ruff: noqa: S608
# This module compiles SQL: names are quoted by `quote`, texts by `text_literal`, and the authorizer stands behind.

import logging
import time
import uuid
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from core.config import settings
from core.config_sql import SqlSettings
from core.errors import BadInput, Cancelled, HubError, LimitReached
from core.sql_ai.batching import EXACT_ROUNDS, Count, Engine, PassStopped, further
from core.sql_ai.collations import Collation, collation
from core.sql_ai.dialect.checks import too_deep
from core.sql_ai.dialect.compilation import Compilation, Table, View, unknown
from core.sql_ai.dialect.parse import projection_texts, without_comments
from core.sql_ai.dialect.pieces import Relation, Scope, quote
from core.sql_ai.dialect.routines import Routine
from core.sql_ai.dialect.splitting import split_statements
from core.sql_ai.kept_answers import KeptAnswers
from core.sql_ai.kinds import JSON_KINDS, Kind, SqlType
from core.sql_ai.memo import Memo
from core.sql_ai.models import Batch
from core.sql_ai.outcomes import Outcome
from core.sql_ai.results import CallFailures, Meter, Result
from core.sql_ai.sandbox import Sandbox
from core.sql_ai.sequences import Sequences
from core.sql_ai.statements import is_script, run_statement
from core.sql_ai.tables import TableInfo, Tables, frame_columns, frame_rows
from core.sql_ai.udfs import register_all
from core.sql_ai.udfs.draws import Draws
from core.sql_ai.values import typed_rows

if TYPE_CHECKING:
    import pandas as pd

_HISTORY = 100
_KEPT_TIMES = 2  # how many results of full size RESULT_SCAN may keep
_READ_TIMES = 8  # .. and one statement may read: a block can hold the rows of many
_LIST_BYTES, _OBJECT_BYTES = 60, 180  # what a list and a dict take in Python, where JSON takes two letters
_WIDE = JSON_KINDS | {Kind.VARCHAR, Kind.BINARY, Kind.NULL}  # what makes a result large
_log = logging.getLogger(__name__)


class InternalFault(HubError):
    """A statement met a mistake of this program; the log has the details."""

    def __init__(self, error: Exception) -> None:
        super().__init__(
            f"The statement met an error in the engine: {type(error).__name__}: {error}",
            "This is a bug; write the statement another way. The log has the details.",
        )


@dataclass(frozen=True)
class HistoryEntry:
    """One statement that was run."""

    sql: str
    at: datetime
    rows: int
    meter: Meter
    error: str | None


def open_session(
    samples: bool = True,
    overrides: Mapping[str, Batch] | None = None,
    limits: SqlSettings | None = None,
    kept: KeptAnswers | None = None,
) -> "Session":
    """A fresh sandbox, with the sample tables unless ``samples`` is False.

    ``overrides`` replaces the model behind a function in tests: a batch function takes argument tuples and
    gives as many answers. ``limits`` replaces the settings. Sessions with the same ``kept`` share answers about
    the texts that all of them have.
    """
    return Session(samples, overrides or {}, limits or settings().sql, kept)


@cache
def _sample_tables() -> list[tuple[str, list[tuple[str, SqlType]], list[tuple[Any, ...]]]]:
    """Name, columns and rows of each sample table as SQLite takes them: every session starts with them."""
    from core.sql_ai import samples

    described = [(name, frame, frame_columns(frame)) for name, frame in samples.tables().items()]
    return [(name, own, frame_rows(frame, [kind for _, kind in own])) for name, frame, own in described]


class Session:
    """Runs statements one at a time, from any thread; everything it changes belongs to it alone."""

    def __init__(
        self,
        samples: bool,
        overrides: Mapping[str, Batch],
        limits: SqlSettings,
        kept: KeptAnswers | None,
    ) -> None:
        self.limits, self._kept = limits, kept
        self._samples, self._overrides = samples, dict(overrides)
        self.memo = Memo(limits.memo_entries)
        self.history: list[HistoryEntry] = []
        self.values: dict[str, Any] = {}  # the running statement's ``:name`` parameters
        self._begin()

    def execute(self, sql: str, optimize: bool = True, values: Mapping[str, Any] | None = None) -> Result:
        """Run exactly one statement; ``values`` fills its ``:name`` parameters.

        Raises HubError: BadInput for what the user can correct, LimitReached naming the limit, NotAvailable for
        what this engine does not do.
        """
        with self.sandbox.lock, self.sandbox.deadline():
            started = time.perf_counter()
            self.count, self._optimize, self.values = Count(), optimize, dict(values or {})
            self._read = self._unkept = 0
            self.now = datetime.now(UTC).replace(tzinfo=None)
            self._draws.seed += 1
            try:
                return self._finish(sql, self._run(sql), started)
            except HubError as error:
                error.hint = error.hint or "See the function help for what is expected here."
                self._remember_failure(sql, started, error)
                raise
            except RecursionError:
                depth = too_deep(self.limits.max_expression_depth)
                self._remember_failure(sql, started, depth)
                raise depth from None
            except Exception as error:
                # The last wall of a public SQL box: a mistake of ours must not take the page down.
                _log.exception("statement failed")  # without its text, which is the visitor's
                fault = InternalFault(error)
                self._remember_failure(sql, started, fault)
                raise fault from error

    def cancel(self) -> None:
        """Stop the statement that runs now, from any thread; it fails with Cancelled. Without one, do nothing.

        A forward pass in progress ends first; training and text generation are left to end unheard.
        """
        self.sandbox.cancel()

    def run_script(
        self, sql: str, optimize: bool = True, values: Mapping[str, Any] | None = None
    ) -> list[Result]:
        """Run statements separated by semicolons; a failure becomes a Result with ``error`` and the rest go on."""
        results = []
        for statement in split_statements(sql):
            started = time.perf_counter()
            try:
                results.append(self.execute(statement, optimize, values))
            except HubError as error:
                results.append(Result(statement, error=error, meter=self._meter(started)))
        return results

    @contextmanager
    def asking_anew(self) -> Iterator[None]:
        """Ask the models about everything inside: the memo is emptied, and what sessions share is left alone."""
        self.memo.clear()
        self.engine.kept = None
        try:
            yield
        finally:
            self.engine.kept = self._kept

    def load_table(self, name: str, frame: "pd.DataFrame") -> None:
        """Make a table from a DataFrame, replacing one of that name; column names become upper case."""
        with self.sandbox.lock, self.sandbox.deadline():
            self.store.load(name.upper(), frame)

    def tables(self, sample_rows: int = 3) -> list[TableInfo]:
        """Every table and view with its columns, types, row count and first rows, for the schema browser."""
        with self.sandbox.lock, self.sandbox.deadline():
            return [self._describe(name, sample_rows) for name in self.store.names()]

    def reset(self) -> None:
        """Start again: tables, models, variables, results and history are gone; the memo stays."""
        with self.sandbox.lock:
            self.sandbox.close()
            self.history.clear()
            self._begin()

    def close(self) -> None:
        """Free the session's memory."""
        self.sandbox.close()

    # -- what the statements use ------------------------------------------------------------------------

    def compilation(self, text: str = "") -> Compilation:
        """The state for compiling one query of this statement."""
        return Compilation(
            self,
            self.values,
            self._optimize,
            self.limits.max_recursion_rows,
            self.limits.max_expression_depth,
            projection_texts(text) if text else [],
        )

    def select(
        self, relation: Relation, state: Compilation, most: int | None = None
    ) -> tuple[list[tuple[Any, ...]], bool]:
        """The typed rows of a compiled query and whether ``most`` (default: the row limit) cut them."""
        limit = most if most is not None else self.limits.max_rows
        types = [column.type for column in relation.columns]
        wide = [(index, _weigher(kind)) for index, kind in enumerate(types) if kind.kind in _WIDE]
        shown, skipped, held = [0], state.skipped_rows, 0

        def run() -> list[tuple[Any, ...]]:
            nonlocal held
            shown[0] = 0
            rows, size = [], 0
            cursor = self.sandbox.run(relation.sql)
            shown[0] = 1  # sqlite3 is always one row ahead of what it hands out
            with self.sandbox.translated():
                for row in cursor:
                    shown[0] += 1
                    if shown[0] <= skipped + 1:
                        continue
                    rows.append(row)
                    for index, weight in wide:
                        size += weight(row[index]) if isinstance(row[index], str | bytes) else 0
                    if size > self.limits.max_result_bytes or shown[0] % 256 == 0:
                        self._check_size(size)
                    if len(rows) > limit:
                        break
            held = size
            return rows

        most_read = limit + 1 + skipped
        goal = min(state.stream_limit or most_read, most_read) if state.ai_decides_rows else None
        raw = self.fixpoint(run, state, goal, shown)
        self._count_read(held)
        cut = len(raw) > limit
        return typed_rows(raw[:limit], types), cut

    def change(self, sql: str, state: Compilation, check: Callable[[], None] | None = None) -> int:
        """Run compiled SQL that changes a table; nothing stays changed when it fails. Gives the row count."""

        def run() -> int:
            with self.sandbox.writing():
                affected = self.sandbox.run(sql).rowcount
                if self.engine.recorded or self.engine.waiting:
                    raise PassStopped("not all answers are known yet")
                if check is not None:
                    check()
            return affected

        return int(self.fixpoint(run, state, None, [0]))

    def keep(
        self,
        sql: str,
        outcome: Outcome,
        meter: Meter | None = None,
        failures: tuple[CallFailures, ...] = (),
    ) -> str:
        """Keep a statement's rows for RESULT_SCAN; gives their query id."""
        self.store.drop_temporary()
        query_id = str(uuid.uuid4())
        self.results[query_id] = Result(
            sql,
            outcome.columns,
            outcome.rows,
            None,
            meter or Meter(),
            outcome.truncated,
            outcome.types,
            query_id,
            failures,
            self._unkept,
        )
        self._unkept = 0
        while len(self.results) > 1 and self._keeps_too_much():
            self.results.popitem(last=False)
        return query_id

    def fixpoint(self, run: Callable[[], Any], state: Compilation, goal: int | None, shown: list[int]) -> Any:
        """Repeat ``run`` until no AI call waits for an answer; see batching.py.

        ``goal`` is how many rows are wanted, ``shown`` how many the running pass has given. The first passes ask
        only for what a row-by-row evaluation would ask for as well; when few rows get through, later ones ask for
        nearly as many as the share of rows that got through so far lets expect.
        """
        engine, budget, asked, history = self.engine, goal, 0, [(0, 0)]
        engine.start(state.sites, self.parameters, not state.optimize, self.count)
        for number in range(1, self.limits.max_rounds + 1):
            self.sandbox.check_time()
            self._start_pass()
            engine.start_pass(budget, shown)
            failure: HubError | None = None
            result = None
            try:
                result = run()
            except (LimitReached, Cancelled):
                raise
            except PassStopped:
                pass
            except HubError as error:
                failure = error  # provisional while answers are missing
            if not engine.recorded:
                if failure is not None and not engine.waiting:
                    raise failure
                if not engine.waiting:
                    self._end_pass()
                    return result
                engine.evaluate_inline()
                continue
            history.append((asked, shown[0]))
            if goal is not None and number >= EXACT_ROUNDS:
                budget = further(goal, history, engine.recorded)
            asked += engine.recorded
            engine.answer()
        engine.evaluate_inline()
        self._start_pass()
        engine.start_pass()
        result = run()
        self._end_pass()
        return result

    def _start_pass(self) -> None:
        """Begin random numbers and sequences where the pass before began."""
        self._draws.start_pass()
        self.sequences.start_pass()

    def _end_pass(self) -> None:
        """The pass that ended made the real rows: what it failed at and took from sequences is the statement's."""
        self.engine.end_pass()
        self.sequences.end_pass()

    def frame(self, relation: Relation, state: Compilation, most: int) -> "pd.DataFrame":
        """The result of a compiled query as a DataFrame; raises LimitReached when it has more than ``most`` rows."""
        import pandas as pd

        rows, cut = self.select(relation, state, most)
        if cut:
            raise LimitReached(
                f"The input has more rows than the limit max_training_rows = {most:,}",
                "Narrow it with WHERE.",
            )
        frame = pd.DataFrame(rows, columns=[column.name for column in relation.columns])
        for column in relation.columns:
            if column.type.kind in ("TIMESTAMP_NTZ", "DATE"):
                frame[column.name] = pd.to_datetime(frame[column.name])
            if column.type.kind is Kind.ZONED:
                frame[column.name] = pd.to_datetime(frame[column.name], utc=True).dt.tz_localize(None)
        return frame

    # -- what the compiler asks (Catalogue) --------------------------------------------------------------

    def relation(self, name: str) -> Table | View | None:
        """The table or view called ``name``."""
        return self.store.find(name)

    def names(self) -> list[str]:
        """Names of all tables and views."""
        return self.store.names()

    def table_function(self, node: exp.Expression, scope: Scope) -> Table:
        """``TABLE(m!METHOD(..))``, ``TABLE(RESULT_SCAN(id))`` and INFORMATION_SCHEMA views as tables."""
        if isinstance(node, exp.Table):
            from core.sql_ai.information import information

            return information(self, node.db, node.name)
        if isinstance(node, exp.ModelAttribute):
            from core.sql_ai.ml_statements import call_method

            outcome = call_method(self, node)
            return self.store.temporary(outcome.columns, outcome.types, outcome.rows)
        query_id = scope.state.expression(node.expressions[0], scope).literal if node.expressions else None
        if isinstance(query_id, int):
            query_id = self.last_query_id(query_id)
        kept = self.results.get(str(query_id))
        if kept is None:
            raise BadInput(
                f"There is no result with the id {query_id}",
                "RESULT_SCAN(LAST_QUERY_ID()) reads the last one.",
            )
        if kept.truncated:
            raise LimitReached(
                f"That result was cut at the limit max_rows = {self.limits.max_rows:,}",
                "Store it with CREATE TABLE AS.",
            )
        return self.store.temporary(kept.columns, kept.types, kept.rows)

    def model(self, name: str) -> Any:
        """The SNOWFLAKE.ML model called ``name``."""
        if name not in self.models:
            raise unknown("Model", name, list(self.models))
        return self.models[name]

    def column_values(self, relation: Relation, state: Compilation) -> list[Any]:
        """The first column of a compiled query, run while another one is compiled."""
        return [row[0] for row in self.select(relation, state)[0]]

    def routine(self, kind: str, name: str, count: int) -> Routine | None:
        """The user's FUNCTION or PROCEDURE of that name which takes ``count`` arguments."""
        found = (one for one in self.routines.values() if one.kind == kind and one.name == name)
        found = (one for one in (*found, *self._folded(kind, name)) if one.takes(count))
        return next(found, None)

    def ddl(self, kind: str, written: str) -> str:
        """The statement that makes the object of that kind and name anew."""
        from core.sql_ai.ddl import ddl

        return ddl(self, kind, written)

    def has_sequence(self, name: str) -> bool:
        """Whether there is a sequence called ``name``."""
        return name in self.sequences

    def last_query_id(self, position: int) -> str | None:
        """The id of an earlier statement: -1 is the last one, 1 the first."""
        ids = list(self.results)
        index = position if position < 0 else position - 1
        return ids[index] if -len(ids) <= index < len(ids) else None

    def collation(self, written: str) -> Collation:
        """The collation called ``written``, which SQLite knows from now on."""
        found = collation(written)
        self.sandbox.add_collation(found.name, found.compared)
        return found

    def check_time(self) -> None:
        """Raise LimitReached when the running statement's time is over."""
        self.sandbox.check_time()

    # -- private -----------------------------------------------------------------------------------------

    def _folded(self, kind: str, name: str) -> list[Routine]:
        upper = name.upper()
        return [one for one in self.routines.values() if one.kind == kind and one.name == upper]

    def _begin(self) -> None:
        self.sandbox = Sandbox(self.limits)
        self._draws = Draws()
        register_all(self.sandbox, self._draws)
        self.engine = Engine(self.sandbox, self.limits, self.memo, self._overrides, self._predict, self._kept)
        self.store = Tables(self.sandbox)
        self.variables: dict[str, Any] = {}
        self.parameters: dict[str, Any] = {}
        self.models: dict[str, Any] = {}
        self.routines: dict[tuple[str, str, int], Routine] = {}
        self.sequences = Sequences(self.sandbox, self.limits, self._draws)
        self.results: OrderedDict[str, Result] = OrderedDict()
        # Bytes of the running statement, and of its rows that are not kept yet.
        self._read = self._unkept = 0
        self.count, self._optimize = Count(), True
        self.values, self.open_blocks = {}, 0
        self.now = datetime.now(UTC).replace(tzinfo=None)
        if self._samples:
            self._load_samples()

    def _load_samples(self) -> None:
        with self.sandbox.lock, self.sandbox.deadline():
            for name, columns, rows in _sample_tables():
                self.store.check_length(len(rows))
                self.store.make(name, columns, [rows])

    def _run(self, sql: str) -> Outcome:
        if len(sql) > self.limits.max_statement_chars:
            raise LimitReached(
                f"The statement has {len(sql):,} characters, more than the limit max_statement_chars = "
                f"{self.limits.max_statement_chars:,}",
                "Split it, or load the data with load_table.",
            )
        statements = split_statements(sql)
        if len(statements) != 1:
            raise BadInput(
                f"Expected one statement, found {len(statements)}",
                "run_script takes several, separated by semicolons.",
            )
        return run_statement(
            self, statements[0] if is_script(statements[0]) else without_comments(statements[0])
        )

    def _finish(self, sql: str, outcome: Outcome, started: float) -> Result:
        meter = self._meter(started)
        query_id = self.keep(sql, outcome, meter, self.count.failures.found())
        result = self.results[query_id]
        self._remember(HistoryEntry(sql, datetime.now(UTC), len(outcome.rows), meter, None))
        return result

    def _remember_failure(self, sql: str, started: float, error: HubError) -> None:
        self.store.drop_temporary()
        self._remember(HistoryEntry(sql, datetime.now(UTC), 0, self._meter(started), error.message))

    def _remember(self, entry: HistoryEntry) -> None:
        self.history.append(entry)
        del self.history[:-_HISTORY]

    def _meter(self, started: float) -> Meter:
        count, price = self.count, self.limits.price_per_million_tokens
        return Meter(
            model_inputs=count.model_inputs,
            calls=count.calls,
            rounds=count.rounds,
            batches=count.batches,
            memo_hits=count.memo_hits,
            kept=count.kept,
            cache_hits=max(count.calls - count.model_inputs, 0),
            tokens=count.tokens,
            elapsed_ms=round((time.perf_counter() - started) * 1000, 3),
            model_ms=round(count.model_ms, 3),
            cost=None if price is None else count.tokens * price / 1_000_000,
            inputs_by_function=dict(count.inputs),
            inputs_by_call=dict(count.by_call),
        )

    def _keeps_too_much(self) -> bool:
        size = sum(result.size for result in self.results.values())
        return (
            len(self.results) > self.limits.kept_results or size > _KEPT_TIMES * self.limits.max_result_bytes
        )

    def _count_read(self, size: int) -> None:
        self._read += size
        self._unkept += size
        if self._read > _READ_TIMES * self.limits.max_result_bytes:
            raise LimitReached(
                f"The statement reads more than {_READ_TIMES} times the limit "
                f"max_result_bytes = {self.limits.max_result_bytes:,}",
                "Read fewer rows into the block, or split it.",
            )

    def _check_size(self, size: int) -> None:
        if size > self.limits.max_result_bytes:
            raise LimitReached(
                f"The result is larger than the limit max_result_bytes = {self.limits.max_result_bytes:,}",
                "Select fewer columns or rows.",
            )
        self.sandbox.check_time()

    def _describe(self, name: str, sample_rows: int) -> TableInfo:
        self.values, self._optimize = {}, True
        found = self.store.find(name)
        if isinstance(found, Table):
            count = int(self.sandbox.run(f"SELECT COUNT(*) FROM {quote(found.physical)}").fetchone()[0])
            names = ", ".join(quote(column.physical) for column in found.columns)
            types = [column.type for column in found.columns]
            raw = self.sandbox.run(
                f"SELECT {names} FROM {quote(found.physical)} LIMIT {int(sample_rows)}"
            ).fetchall()
            rows = typed_rows(raw, types)
            return TableInfo(name, "TABLE", [(c.name, c.type.text) for c in found.columns], count, rows)
        columns = self.store.columns_of(name)
        return TableInfo(name, "VIEW", [(column.name, column.type.text) for column in columns], None, [])

    def _predict(self, name: str, records: list[dict[str, Any]]) -> list[Any]:
        return list(self.model(name).predict(records))


def _weigher(kind: SqlType) -> Callable[[Any], int]:
    """How many bytes a text of this type is going to take as a Python value, about."""
    return _nested_weight if kind.kind in JSON_KINDS else len


def _nested_weight(text: str) -> int:
    return len(text) + _LIST_BYTES * text.count("[") + _OBJECT_BYTES * text.count("{")
