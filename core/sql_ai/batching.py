"""Running a query to a fixpoint, so that models see distinct requests in batches.

SQLite calls functions row by row. Here an AI call whose answer is not known yet records its request and
gives NULL; after the pass the distinct requests go to the model in one batch for each function, and the
query runs again with the answers at hand, until a pass records nothing. That pass made the real rows.

A request is recorded only when it is certain to be made: each call site knows the sites that decide whether
it runs or that make up its arguments (``guards``, found by the compiler), and while one of these waits for an
answer anywhere in the pass, the call waits as well. So a placeholder never sends anything to a model that a
row-by-row evaluation would not have sent. Where a row-by-row evaluation stops at the first rows that pass (EXISTS, or
LIMIT inside a subquery), a pass asks about as many as are wanted each time the subquery starts, later about more.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from core.config_sql import SqlSettings
from core.errors import BadInput, HubError, LimitReached, NotAvailable
from core.sql_ai import answers, catalog
from core.sql_ai.answers import Done, Request, RowFault
from core.sql_ai.dialect.compilation import Site
from core.sql_ai.failures import FailureLog
from core.sql_ai.functions.pauses import checking
from core.sql_ai.kept_answers import KeptAnswers
from core.sql_ai.kinds import JSON_KINDS, Kind, SqlType
from core.sql_ai.memo import MISSING, VALUE_BYTES, Memo
from core.sql_ai.models import Batch, batch_function, run_batch
from core.sql_ai.pace import Pace
from core.sql_ai.results import FailureCause
from core.sql_ai.sandbox import Sandbox
from core.sql_ai.udfs.aggregates import MAX_COLLECTED_BYTES, too_much_collected
from core.sql_ai.values import display, dumps, loads

Predict = Callable[[str, list[dict[str, Any]]], list[Any]]
_OWN_MODEL = "PREDICT "
_HANDLING = "AI_SQL_ERROR_HANDLING_USE_FAIL_ON_ERROR"
_DECODED = 20_000  # argument tuples whose request is remembered within a statement
_DECODED_CHARS = 20_000_000  # .. and their texts together
EXACT_ROUNDS = 6  # passes that ask for what a row-by-row evaluation asks for, before batches grow
_CAREFUL, _LOOK_BACK = 0.75, 4


class PassStopped(HubError):
    """A recording pass has enough requests for now (LIMIT without ORDER BY)."""


@dataclass
class Count:
    """What the running statement has cost so far."""

    calls: int = 0
    inputs: dict[str, int] = field(default_factory=dict)
    by_call: dict[int, int] = field(default_factory=dict)
    rounds: int = 0
    batches: int = 0
    memo_hits: int = 0
    kept: int = 0
    tokens: int = 0
    model_ms: float = 0.0
    failures: FailureLog = field(default_factory=FailureLog)

    @property
    def model_inputs(self) -> int:
        """Distinct requests sent to models."""
        return sum(self.inputs.values())


class Engine:
    """The AI calls of one statement at a time; installed in a sandbox as ``ai_call`` and ``ai_gather``."""

    def __init__(
        self,
        sandbox: Sandbox,
        limits: SqlSettings,
        memo: Memo,
        overrides: Mapping[str, Batch],
        predict: Predict,
        kept: KeptAnswers | None,
    ) -> None:
        self._sandbox, self._limits, self._memo = sandbox, limits, memo
        self.kept = kept
        self._overrides, self._predict = overrides, predict
        self._parameters: Mapping[str, Any] = {}
        self._sites: Mapping[int, Site] = {}
        self._inline = False
        self.count = Count()
        self._known: dict[str, Any] = {}
        self._wanted: dict[str, Request] = {}
        self._origin: dict[str, int] = {}
        self._pending: set[int] = set()
        self._budget: int | None = None
        self._shown, self._unanswered = [0], 0
        self._prepared: dict[tuple[Any, ...], Any] = {}
        self._results: dict[tuple[Any, ...], Any] = {}
        self._decoded_chars = self._sent_chars = 0
        self._dry = False
        self._asking: frozenset[int] = frozenset()
        self._evaluated = 0
        self._passes = 0
        self._asked_inside: dict[int, int] = {}  # new requests of each stopping query since it started
        self._paces: dict[str, Pace] = {}
        self._failures = FailureLog()  # of the running pass
        sandbox.add_function("ai_call", -1, self._call, deterministic=False)
        sandbox.add_function("ai_enter", 1, self._enter, deterministic=False)
        sandbox.add_aggregate("ai_gather", self._gather)

    def start(
        self,
        sites: Mapping[int, Site],
        parameters: Mapping[str, Any],
        inline: bool = False,
        count: Count | None = None,
    ) -> None:
        """Get ready for a statement with these call sites; ``inline`` evaluates row by row."""
        self._sites, self._parameters, self._inline = sites, parameters, inline
        self.count = count if count is not None else Count()
        self._known, self._wanted, self._pending = {}, {}, set()
        self._prepared, self._results, self._budget = {}, {}, None
        self._decoded_chars = self._sent_chars = 0
        self._passes = 0
        self._asking = frozenset(number for number, site in sites.items() if asks_model(site))

    def start_pass(
        self, budget: int | None = None, shown: list[int] | None = None, dry: bool = False
    ) -> None:
        """Get ready for the next pass.

        With a ``budget`` of rows it stops as soon as the rows ``shown`` and the calls without an answer, each of
        which may let one more row through, are as many: what lies behind may not be needed.
        """
        self._wanted, self._pending, self._budget, self._dry = {}, set(), budget, dry
        self._shown, self._unanswered = shown or [0], 0
        self._origin = {}
        self._asked_inside, self._passes = {}, self._passes + 1
        self._failures = FailureLog()
        self.count.calls = 0
        self.count.rounds += 1

    def end_pass(self) -> None:
        """The pass that ended made the real rows: its failed calls are the statement's."""
        self.count.failures.extend(self._failures)

    @property
    def recorded(self) -> int:
        """Requests that the pass recorded."""
        return len(self._wanted)

    @property
    def waiting(self) -> bool:
        """Whether a call of the pass had no answer."""
        return bool(self._pending)

    def wanted_by_site(self) -> tuple[dict[int, int], dict[int, int]]:
        """How many requests the pass recorded for each call site, and about how many tokens they have."""
        counts: dict[int, int] = {}
        tokens: dict[int, int] = {}
        for key, request in self._wanted.items():
            number = self._origin[key]
            counts[number] = counts.get(number, 0) + 1
            tokens[number] = tokens.get(number, 0) + _tokens(request, None)
        return counts, tokens

    def evaluate_inline(self) -> None:
        """From now on evaluate each call at once (for queries that never settle)."""
        self._inline = True

    def answer(self) -> None:
        """Send what the pass recorded to the models, one batch for each provider."""
        by_provider: dict[str, list[Request]] = {}
        for key, request in self._wanted.items():
            self._count_call(self._origin[key])
            by_provider.setdefault(request.provider, []).append(request)
        for provider, requests in by_provider.items():
            self.count.batches += 1
            self._answer_in_pieces(provider, requests)

    def _answer_in_pieces(self, provider: str, requests: list[Request]) -> None:
        """One batch, in pieces small enough that the statement can be stopped in between."""
        pace, start = self._paces.setdefault(provider, Pace()), 0
        while start < len(requests):
            piece = requests[start : start + pace.size]
            start += len(piece)
            with pace.piece(self._sandbox.check_time) as check:
                check()
                found = self._ask(provider, piece, check)
            for request, answer in zip(piece, found, strict=True):
                self._known[request.key] = answer
                if not getattr(answer, "passing", False):
                    self._memo.put(request.key, answer)

    def _ask(self, provider: str, requests: list[Request], check: Callable[[], None]) -> list[Any]:
        total = self.count.model_inputs + len(requests)
        if total > self._limits.max_model_inputs:
            raise LimitReached(
                "The statement needs more model inputs than the limit "
                f"max_model_inputs = {self._limits.max_model_inputs:,}",
                "Filter the rows first, or raise SQL__MAX_MODEL_INPUTS; no partial result is given.",
            )
        self.count.inputs[provider] = self.count.inputs.get(provider, 0) + len(requests)
        started = time.perf_counter()
        with checking(check):
            found, kept = self._kept_or_from_model(provider, requests, check)
        self.count.kept += kept
        self.count.model_ms += (time.perf_counter() - started) * 1000
        self.count.tokens += sum(map(_tokens, requests, found))
        self._sandbox.check_time()
        return found

    def _kept_or_from_model(
        self, provider: str, requests: list[Request], check: Callable[[], None]
    ) -> tuple[list[Any], int]:
        """The answers, and how many were kept for all sessions; a session's own models are its own."""

        def ask(missing: list[Request]) -> list[Any]:
            return self._from_model(provider, missing)

        if self.kept is None or provider.startswith(_OWN_MODEL):
            return ask(requests), 0
        return self.kept.answers(requests, ask, check)

    def _from_model(self, provider: str, requests: list[Request]) -> list[Any]:
        if provider.startswith(_OWN_MODEL):
            return self._predict(
                provider.removeprefix(_OWN_MODEL), [request.arguments[0] for request in requests]
            )
        batch = batch_function(provider, self._overrides)
        return run_batch(provider, batch, [request.arguments for request in requests])

    def _call(self, number: int, _function: str, *raw: Any) -> Any:
        self._evaluated += 1
        if self._evaluated % 16 == 0:
            self._sandbox.check_time()
        site = self._sites[number]
        self.count.calls += number in self._asking
        if not self._inline and not site.guards.isdisjoint(self._pending):
            self._pending.add(number)
            return None
        ready = self._results.get((number, raw), MISSING)
        if ready is not MISSING:
            return self._noted(site, ready)
        prepared = self._prepare(site, raw)
        result = self._resolve(site, prepared)
        if result is MISSING:
            self._pending.add(number)
            return None
        if not self._inline and self._has_room(self._results, raw):
            self._results[(number, raw)] = result
        return self._noted(site, result)

    def _noted(self, site: Site, result: Any) -> Any:
        """The SQL value of a call's result; a failed call is counted and NULL."""
        if not isinstance(result, FailureCause):
            return result
        spec = catalog.find(site.function)
        self._failures.add(spec.sql_name if spec else site.function, result)
        return None

    def _prepare(self, site: Site, raw: tuple[Any, ...]) -> Any:
        key = (site.number, raw)
        if key in self._prepared:
            return self._prepared[key]
        arguments = {
            name: decode(value, kind)
            for name, value, kind in zip(site.parameters, raw, site.types, strict=True)
        }
        prepared = (arguments, self._request(site, arguments))
        if self._has_room(self._prepared, raw):
            self._prepared[key] = prepared
        return prepared

    def _has_room(self, kept: Mapping[Any, Any], raw: tuple[Any, ...]) -> bool:
        """Whether another argument tuple may be remembered, which then counts."""
        size = sum(len(item) for item in raw if isinstance(item, str | bytes))
        if len(kept) >= _DECODED or self._decoded_chars + size > _DECODED_CHARS:
            return False
        self._decoded_chars += size
        return True

    def _request(self, site: Site, arguments: Mapping[str, Any]) -> Any:
        if site.model is not None:
            data = arguments["INPUT_DATA"]
            return Done(None) if data is None else Request(f"{_OWN_MODEL}{site.model}", (data,))
        try:
            return answers.prepare(site.function, arguments)
        except (RowFault, HubError) as fault:
            return fault

    def _resolve(self, site: Site, prepared: Any) -> Any:
        """The SQL value of a call, why it failed, or a marker when its answer has yet to come."""
        arguments, request = prepared
        if isinstance(request, HubError):
            return self._failed(site, arguments, FailureCause(request.message, request.hint), request)
        if isinstance(request, RowFault):
            return self._failed(site, arguments, FailureCause(str(request), request.hint), None)
        if isinstance(request, Done):
            return self._done(site, arguments, request)
        answer = self._answer_to(site, request)
        if answer is MISSING:
            return MISSING
        if site.model is not None:
            return encode(answer)
        try:
            value = answers.finish(site.function, answer, arguments)
        except RowFault as fault:
            return self._failed(site, arguments, FailureCause(str(fault), fault.hint), None)
        return encode(
            {"value": value, "error": None} if arguments.get("RETURN_ERROR_DETAILS") is True else value
        )

    def _done(self, site: Site, arguments: Mapping[str, Any], request: Done) -> Any:
        if arguments.get("RETURN_ERROR_DETAILS") is not True:
            return encode(request.value)
        if request.value is None:
            return encode({"value": None, "error": "The input is NULL."})
        return encode({"value": request.value, "error": None})

    def _answer_to(self, site: Site, request: Request) -> Any:
        if self._inline:
            self._count_call(site.number)
            self.count.batches += 1
            return self._ask(request.provider, [request], self._sandbox.check_time)[0]
        key = request.key
        if key in self._known:
            return self._known[key]
        remembered = self._memo.get(key)
        if remembered is not MISSING:
            self.count.memo_hits += 1
            self._known[key] = remembered
            return remembered
        if self._budget is not None and self._shown[0] + self._unanswered >= self._budget:
            raise PassStopped("enough requests for this pass")
        self._unanswered += 1
        if key not in self._wanted and self._may_ask(site):
            self._record(key, request)
            self._origin[key] = site.number
        return MISSING

    def _enter(self, number: int) -> int:
        """A subquery that may end early starts anew."""
        self._asked_inside[number] = 0
        return 1

    def _may_ask(self, site: Site) -> bool:
        """Whether the stopping queries around a call let it ask for one answer more in this pass."""
        if any(self._asked_inside.get(stop.number, 0) >= self._allowed(stop.rows) for stop in site.stops):
            return False
        for stop in site.stops:
            self._asked_inside[stop.number] = self._asked_inside.get(stop.number, 0) + 1
        return True

    def _allowed(self, rows: int) -> int:
        """As many requests as rows are wanted; a few in the next passes, as most may have passed; then ever more."""
        if self._passes == 1:
            return rows
        return max(1, rows >> (self._passes + 1)) << max(0, self._passes - EXACT_ROUNDS)

    def _count_call(self, number: int) -> None:
        self.count.by_call[number] = self.count.by_call.get(number, 0) + 1

    def _record(self, key: str, request: Request) -> None:
        self._wanted[key] = request
        self._sent_chars += len(key)
        if self._sent_chars > self._limits.max_model_chars:
            raise LimitReached(
                "The statement sends models more characters than the limit "
                f"max_model_chars = {self._limits.max_model_chars:,}",
                "Filter the rows or shorten the texts first; no partial result is given.",
            )
        if self.count.model_inputs + len(self._wanted) > self._limits.max_model_inputs and not self._dry:
            raise LimitReached(
                "The statement needs more model inputs than the limit "
                f"max_model_inputs = {self._limits.max_model_inputs:,}",
                "Filter the rows first, or raise SQL__MAX_MODEL_INPUTS; no partial result is given.",
            )

    def _failed(
        self, site: Site, arguments: Mapping[str, Any], why: FailureCause, cause: HubError | None
    ) -> Any:
        """What a failing row becomes, by the function's rule (reference, section 4); ``why`` where that is NULL."""
        spec = catalog.find(site.function)
        assert spec is not None
        handling = self._parameters.get(_HANDLING)
        if cause is not None and site.function in ("AI_REDACT", "PROMPT"):
            raise cause
        if arguments.get("RETURN_ERROR_DETAILS") is True:
            return encode({"value": None, "error": why.message})
        if cause is not None and handling is not False:
            raise cause
        if spec.on_error == "own":
            return encode({"error": why.message, "response": None})
        fails = (
            spec.on_error == "raise"
            or (spec.on_error == "redact" and handling is not False)
            or handling is True
        )
        if fails:
            hint = f"{why.hint} {_failure_hint(spec)}".strip()
            raise NotAvailable(f"{spec.sql_name}: {why.message}", hint)
        return why

    def _gather(self) -> Any:
        engine = self

        class Gather:
            def __init__(self) -> None:
                self.number: int | None = None
                self.values: list[Any] = []
                self.size = 0
                self.rest: tuple[Any, ...] = ()

            def step(self, number: int, _function: str, value: Any, *rest: Any) -> None:
                self.number, self.rest = number, rest
                if value is None:
                    return
                self.values.append(value)
                self.size += VALUE_BYTES + (len(value) if isinstance(value, str | bytes) else 0)
                if self.size > MAX_COLLECTED_BYTES:
                    raise too_much_collected()

            def inverse(self, *_arguments: Any) -> None:
                raise BadInput("AI aggregates cannot slide over a window", "Use GROUP BY.")

            def value(self) -> Any:
                raise BadInput("AI aggregates cannot slide over a window", "Use GROUP BY.")

            def finalize(self) -> Any:
                return engine._finish_group(self.number, self.values, self.rest)

        return Gather()

    def _finish_group(self, number: int | None, texts: list[Any], rest: tuple[Any, ...]) -> Any:
        if number is None:
            return None
        self.count.calls += 1
        site = self._sites[number]
        if not self._inline and not site.guards.isdisjoint(self._pending):
            self._pending.add(number)
            return None
        kind = site.types[0]
        values = [
            item if isinstance(item, str) else display(item, kind.kind)
            for item in (decode(text, kind) for text in texts)
        ]
        arguments = {"EXPR": values} | {
            name: decode(value, kind)
            for name, value, kind in zip(site.parameters[1:], rest, site.types[1:], strict=True)
        }
        result = self._resolve(site, (arguments, self._request(site, arguments)))
        if result is MISSING:
            self._pending.add(number)
            return None
        return self._noted(site, result)


def further(goal: int, history: Sequence[tuple[int, int]], waiting: int) -> int:
    """The next pass's budget when ``goal`` rows are wanted.

    ``history`` has, for each pass, the answers it had and the rows they let through; ``waiting`` requests are being
    answered. The pass asks for three quarters of what the share of the last passes lets expect, so that it seldom
    asks for too many, and at least for the rows that are missing. A share of the last passes only: once rows stop
    coming, the batches must grow by a factor each time.
    """
    (asked, shown), (asked_before, shown_before) = history[-1], history[-min(len(history), _LOOK_BACK)]
    # Rows can also become fewer: one that stood while an answer was missing may fall with it.
    share = (max(shown - shown_before, 0) + 1) / (asked - asked_before + 2)
    expected = shown + share * waiting
    return max(goal, int(expected + _CAREFUL * max(goal - expected, 1.0) / share))


def asks_model(site: Site) -> bool:
    """Whether the call can ask a model; PROMPT and its like cannot, and count as ordinary functions."""
    spec = catalog.find(site.function)
    return site.model is not None or (spec is not None and spec.uses_model)


def decode(value: Any, kind: SqlType) -> Any:
    """An argument from SQLite as the Python value that the catalogue's functions take."""
    if value is None:
        return None
    if kind.kind in JSON_KINDS:
        return loads(value)
    if kind.kind is Kind.BOOLEAN:
        return bool(value)
    if kind.kind in (Kind.NUMBER, Kind.FLOAT, Kind.VARCHAR, Kind.NULL):
        return value
    return display(value, kind.kind)


def encode(value: Any) -> Any:
    """A result as SQLite keeps it."""
    if value is None or isinstance(value, str | float):
        return value
    if isinstance(value, bool):
        return int(value)
    return value if isinstance(value, int) else dumps(value)


def _tokens(request: Request, answer: Any) -> int:
    """About four characters a token, input and output, plus the prompt that Snowflake adds for each row."""
    from core.sql_ai.functions.tokens import MANAGED_PROMPT

    if hasattr(answer, "prompt_tokens"):
        return int(answer.prompt_tokens + answer.completion_tokens)
    sent = len(dumps(list(request.arguments))) - 4
    free_output = request.provider in ("AI_EMBED", "AI_SIMILARITY") or not isinstance(answer, str)
    received = 0 if free_output else len(answer)
    return -(-(sent + received) // 4) + MANAGED_PROMPT.get(request.provider.lower(), 0)


def _failure_hint(spec: catalog.FunctionSpec) -> str:
    if spec.on_error == "redact":
        return (
            f"ALTER SESSION SET {_HANDLING} = FALSE gives NULL for such rows; "
            "return_error_details => TRUE shows why."
        )
    if any(parameter.name == "RETURN_ERROR_DETAILS" for parameter in spec.parameters):
        return "return_error_details => TRUE keeps the other rows."
    if spec.family == "legacy":
        return "Its AI_ successor gives NULL for such a row instead; see the function help."
    return f"Write {spec.signatures[0]}."
