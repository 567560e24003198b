"""EXPLAIN AI: which AI calls a query makes, where they run, how many model inputs they need, what was optimised."""

from typing import TYPE_CHECKING

from sqlglot import exp

from core.errors import BadInput, HubError
from core.sql_ai.batching import PassStopped, asks_model
from core.sql_ai.dialect.compilation import Site, refuse
from core.sql_ai.dialect.parse import parse
from core.sql_ai.dialect.pieces import sites_in
from core.sql_ai.kinds import FLOAT, INTEGER, VARCHAR
from core.sql_ai.outcomes import Outcome, compile_top

if TYPE_CHECKING:
    from core.sql_ai.session import Session

COLUMNS = (
    "CALL", "FUNCTION", "CLAUSE", "WAITS_FOR", "ESTIMATED_INPUTS", "ACTUAL_INPUTS",
    "ESTIMATED_TOKENS", "ESTIMATED_COST", "OPTIMISATION",
)  # fmt: skip
_TYPES = [INTEGER, VARCHAR, VARCHAR, VARCHAR, INTEGER, INTEGER, INTEGER, FLOAT, VARCHAR]


def explain_ai(session: "Session", text: str) -> Outcome:
    """One row for each AI call of the query; no model is asked.

    ESTIMATED_INPUTS counts the distinct new requests that one recording pass finds; it is NULL for a call that
    waits for other answers. ACTUAL_INPUTS is what the same query needed when it last ran in this session.
    """
    if not text:
        raise BadInput("EXPLAIN AI needs a query", "Write EXPLAIN AI SELECT ..")
    tree = parse(text, session.limits.max_expression_depth)
    if not isinstance(tree, exp.Select | exp.SetOperation | exp.Subquery):
        raise refuse("EXPLAIN AI of a statement that is not a query", "Write EXPLAIN AI SELECT ..")
    relation, state = compile_top(session, tree, text)
    used = sites_in(relation.sql)
    sites = [site for number, site in sorted(state.sites.items()) if number in used and asks_model(site)]
    asking = {site.number for site in sites}
    requests, tokens = _recorded(
        session, relation.sql, state.sites, state.stream_limit if state.ai_decides_rows else None
    )
    actual = _actual(session, text)
    notes = _notes(state.optimisations, state.stream_limit, session)
    price = session.limits.price_per_million_tokens
    rows = []
    for site in sites:
        waits = sorted(site.guards & asking - {site.number})
        estimate = None if waits else requests.get(site.number, 0)
        site_tokens = None if waits else tokens.get(site.number, 0)
        cost = None if price is None or site_tokens is None else site_tokens * price / 1_000_000
        rows.append(
            (site.number, site.function, site.clause, ", ".join(f"call {n}" for n in waits) or None, estimate,
             actual.get(site.number, 0) if actual is not None else None, site_tokens, cost, _applied(site, notes))
        )  # fmt: skip
    return Outcome(list(COLUMNS), list(_TYPES), rows)


def _recorded(
    session: "Session", sql: str, sites: dict[int, Site], stream_limit: int | None
) -> tuple[dict[int, int], dict[int, int]]:
    """Distinct new requests and their tokens for each call, from one pass that asks no model."""
    engine = session.engine
    engine.start(sites, session.parameters)
    shown = [0]
    engine.start_pass(stream_limit, shown, dry=True)
    try:
        with session.sandbox.translated():
            cursor = session.sandbox.run(sql)
            shown[0] = 1  # sqlite3 is always one row ahead of what it hands out
            for _row in cursor:
                shown[0] += 1
    except PassStopped:
        pass
    except HubError:
        if not engine.recorded:
            raise
    return engine.wanted_by_site()


def _actual(session: "Session", text: str) -> dict[int, int] | None:
    for entry in reversed(session.history):
        if entry.error is None and entry.sql.strip().rstrip(";").strip() == text.rstrip(";").strip():
            return entry.meter.inputs_by_call
    return None


def _notes(optimisations: list[str], stream_limit: int | None, session: "Session") -> list[str]:
    notes = ["distinct requests in one batch", f"memo of {session.limits.memo_entries:,} answers"]
    if stream_limit is not None:
        notes.append("growing batches under LIMIT")
    return [*notes, *optimisations]


def _applied(site: Site, notes: list[str]) -> str:
    shown = [note for note in notes if "rows that" not in note or site.clause == "SELECT"]
    return "; ".join(
        note for note in shown if "conditions" not in note or site.clause in ("WHERE", "JOIN ON")
    )
