"""The promotion gates: a candidate and the champion judged on the same frozen hold-out."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.config_mlops import GateSettings
from core.errors import HubError, StoreError
from core.mlops import evaluation
from core.mlops.behaviour import check_behaviour
from core.mlops.models import ModelFacts
from core.mlops.schema import InputSchema, conform
from core.mlops.training import latency_p95_ms, positive_probability

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

_Z = 1.96


class GateRefused(HubError):
    """A promotion was refused because a gate failed."""


@dataclass(frozen=True)
class Gate:
    """One check: the value measured, the limit it is held to, the verdict and the reason."""

    name: str
    value: float | str | None
    limit: float | str | None
    passed: bool
    why: str
    warning: bool = False


@dataclass(frozen=True)
class GateReport:
    """All gates of one version at one time."""

    version: int
    champion: int | None
    passed: bool
    gates: tuple[Gate, ...]
    holdout_digest: str
    holdout_rows: int
    checked_at: str

    @property
    def failed(self) -> tuple[Gate, ...]:
        """The gates that did not pass."""
        return tuple(gate for gate in self.gates if not gate.passed)


@dataclass(frozen=True)
class Contender:
    """A version as the gates see it; ``load`` may raise StoreError, and does when ``facts`` are unreadable."""

    version: int
    facts: ModelFacts | None
    load: Callable[[], Any]
    example: "Callable[[], pd.DataFrame]"
    size_mb: float
    leak_columns: tuple[str, ...] = ()


@dataclass(frozen=True)
class Holdout:
    """The frozen rows both are judged on: raw cells and answers, and which rows the champion trained on."""

    cells: "pd.DataFrame"
    y: "np.ndarray"
    digest: str
    seen_by_champion: int = 0


@dataclass(frozen=True)
class _Scored:
    schema: InputSchema
    model: Any
    frame: "pd.DataFrame"
    y: "np.ndarray"
    p: "np.ndarray"


def judge(
    candidate: Contender, champion: Contender | None, holdout: Holdout, limits: GateSettings, seed: int = 0
) -> list[Gate]:
    """Every gate, in the order in which they are shown.

    A candidate that cannot be loaded fails the gates that need it; a champion that cannot be loaded, or that
    was made for other columns, cannot be compared with, and the gate says so.
    """
    assert candidate.facts is not None, "a candidate without a description is refused before"
    gates = [_versions(candidate.facts)]
    scored, problem = _try(lambda: _score(candidate, holdout))
    gates.append(_loads(candidate, scored, problem))
    if scored is None:
        return gates
    rival, rival_problem = _try(lambda: _score(champion, holdout)) if champion else (None, "")
    gates.append(_signature(candidate, champion))
    gates += _quality(scored, rival, rival_problem, champion, holdout, limits, seed)
    gates += _slices(scored, limits)
    results = check_behaviour(scored.model, scored.frame, scored.schema, limits.rules)
    bad = [f"{result.name}: {result.why}" for result in results if not result.passed]
    told = "; ".join(bad) or "; ".join(f"{result.name} ({result.why})" for result in results)
    gates.append(Gate("behaviour", f"{len(results) - len(bad)} of {len(results)}", "all", not bad, told))
    gates += _cost(candidate, scored, limits)
    return gates


def _versions(facts: ModelFacts) -> Gate:
    check = facts.check_versions()
    why = "; ".join(check.reasons) or "saved and running versions agree (patch level aside)"
    return Gate("versions", check.status, "ok or degraded", check.usable, why, check.status == "degraded")


def _try(call: "Callable[[], _Scored]") -> tuple["_Scored | None", str]:
    try:
        return call(), ""
    except HubError as error:
        return None, error.message
    except Exception as error:  # noqa: BLE001 - whatever a stored model raises is its failure, not ours
        return None, f"{type(error).__name__}: {error}"


def _score(who: Contender, holdout: Holdout) -> _Scored:
    model = who.load()
    assert who.facts is not None
    schema = who.facts.schema
    frame = conform(holdout.cells, schema).frame
    return _Scored(schema, model, frame, holdout.y, positive_probability(model, frame))


def _loads(candidate: Contender, scored: _Scored | None, problem: str) -> Gate:
    name, limit = "loads_and_predicts", "probabilities from 0 to 1"
    if scored is None:
        return Gate(name, "failed", limit, False, problem)
    try:
        p = positive_probability(scored.model, candidate.example())
    except (StoreError, ValueError, TypeError) as error:
        return Gate(name, "failed", limit, False, f"input example: {error}")
    sound = bool((p >= 0).all() and (p <= 1).all())
    shown = f"{p.min():.3f} to {p.max():.3f}"
    return Gate(name, shown, limit, sound, f"scored its input example ({len(p)} records) and the hold-out")


def _signature(candidate: Contender, champion: Contender | None) -> Gate:
    if champion is None:
        return Gate("signature", "no champion", "equal to the champion's", True, "first promotion")
    limit = "equal to the champion's"
    if champion.facts is None or candidate.facts is None:
        why = f"the description of version {champion.version} cannot be read"
        return Gate("signature", "unknown", limit, False, why)
    mine = {column.name: column.kind for column in candidate.facts.schema.columns}
    theirs = {column.name: column.kind for column in champion.facts.schema.columns}
    added, removed = sorted(set(mine) - set(theirs)), sorted(set(theirs) - set(mine))
    changed = sorted(name for name in set(mine) & set(theirs) if mine[name] != theirs[name])
    told = [
        f"{what} {', '.join(names)}"
        for what, names in (("new:", added), ("missing:", removed), ("other kind:", changed))
        if names
    ]
    why = "; ".join(told) or f"same {len(mine)} inputs as version {champion.version}"
    return Gate("signature", "different" if told else "equal", limit, not told, why)


def _quality(
    scored: _Scored,
    rival: _Scored | None,
    rival_problem: str,
    champion: Contender | None,
    holdout: Holdout,
    limits: GateSettings,
    seed: int,
) -> list[Gate]:
    auc = evaluation.roc_auc(scored.y, scored.p)
    spread = _Z * evaluation.hanley_mcneil(auc, int(scored.y.sum()), int((1 - scored.y).sum()))
    told = (
        f"{auc:.4f} on {len(scored.y):,} hold-out rows, 95% interval {auc - spread:.4f} to {auc + spread:.4f}"
    )
    floor = Gate("roc_auc_floor", auc, limits.min_roc_auc, auc >= limits.min_roc_auc, told)
    return [
        floor,
        _non_inferior(scored, rival, rival_problem, champion, holdout, limits, seed),
        _brier(scored, rival, limits),
        _calibration(scored, rival, limits),
    ]


def _non_inferior(
    scored: _Scored,
    rival: _Scored | None,
    problem: str,
    champion: Contender | None,
    holdout: Holdout,
    limits: GateSettings,
    seed: int,
) -> Gate:
    import numpy as np

    name, limit = "non_inferiority", -limits.margin
    if champion is None:
        return Gate(name, None, limit, True, "there is no champion to compare with: first promotion")
    if rival is None:
        return Gate(
            name, None, limit, False, f"the champion (version {champion.version}) cannot be scored: {problem}"
        )
    drawn = evaluation.paired_differences(scored.y, scored.p, rival.p, limits.resamples, seed)
    lower = float(np.quantile(drawn, limits.quantile))
    difference = evaluation.roc_auc(scored.y, scored.p) - evaluation.roc_auc(rival.y, rival.p)
    why = (
        f"ROC-AUC differs by {difference:+.4f} from version {champion.version} on the same {len(scored.y):,} rows "
        f"(SE {float(drawn.std()):.4f}); {100 * limits.quantile:g}% quantile of {limits.resamples:,} paired "
        f"resamples {lower:+.4f}, must be above {limit:+.4f}"
    )
    if holdout.seen_by_champion:
        why += f"; the champion trained on {holdout.seen_by_champion:,} of these rows, which favours it"
    return Gate(name, lower, limit, lower > limit, why)


def _brier(scored: _Scored, rival: _Scored | None, limits: GateSettings) -> Gate:
    import numpy as np

    mine = float(np.mean((scored.p - scored.y) ** 2))
    rate = float(scored.y.mean())
    base = rate * (1 - rate)
    theirs = float(np.mean((rival.p - rival.y) ** 2)) if rival else None
    limit = base if theirs is None else min(base, theirs + limits.brier_margin)
    against = f"champion {theirs:.4f}" if theirs is not None else "no champion"
    return Gate("brier", mine, limit, mine <= limit, f"{against}; guessing the base rate gives {base:.4f}")


def _calibration(scored: _Scored, rival: _Scored | None, limits: GateSettings) -> Gate:
    mine = evaluation.calibration_error(scored.y, scored.p)
    theirs = evaluation.calibration_error(rival.y, rival.p) if rival else None
    limit = limits.max_calibration_error
    if theirs is not None:
        limit = min(limit, theirs + limits.calibration_margin)
    noise = evaluation.calibration_noise(scored.p)
    limit = max(limit, noise)  # nobody is refused for what chance explains
    against = f"champion {theirs:.4f}" if theirs is not None else "no champion"
    why = f"expected calibration error over 10 bins; {against}; chance alone gives up to {noise:.4f}"
    return Gate("calibration", mine, limit, mine <= limit, why)


def _slices(scored: _Scored, limits: GateSettings) -> list[Gate]:
    """Ranking within groups of people, and calibration within every small set of categories.

    A slice of a strong predictor (customers with one contract) ranks worse by nature, as the predictor is
    constant in it; such slices are held to calibration, not to ROC-AUC.
    """
    wanted = {name.casefold() for name in limits.slice_columns}
    small = [
        c.name
        for c in scored.schema.columns
        if (c.kind == "category" and len(c.categories) <= 6) or c.boolean
    ]
    people = [c.name for c in scored.schema.columns if c.name.casefold() in wanted and c.name in small]
    found = evaluation.slices(scored.frame, scored.y, scored.p, small, limits.slice_min_rows)
    return [_worst_slice(scored, found, people, limits), _slice_calibration(found, limits)]


def _worst_slice(
    scored: _Scored, found: list[dict[str, Any]], people: list[str], limits: GateSettings
) -> Gate:
    whole = evaluation.roc_auc(scored.y, scored.p)
    judged = [part for part in found if part["column"] in people and part["roc_auc"] is not None]
    limit = whole - limits.slice_margin
    if not judged:
        return Gate(
            "worst_slice", None, limit, True, "no column names a group of people that is large enough"
        )
    worst = min(judged, key=lambda part: part["high"])
    why = (
        f"{worst['column']} = {worst['value']}: {worst['roc_auc']:.4f} on {worst['rows']:,} rows, 95% interval "
        f"{worst['low']:.4f} to {worst['high']:.4f}; fails when the whole interval is below {limit:.4f}"
    )
    return Gate("worst_slice", worst["roc_auc"], limit, worst["high"] >= limit, why)


def _slice_calibration(found: list[dict[str, Any]], limits: GateSettings) -> Gate:
    judged = [part for part in found if part["rows"] >= limits.slice_min_rows]
    if not judged:
        return Gate("slice_calibration", None, limits.slice_margin, True, "no slice is large enough")

    def beyond_chance(part: dict[str, Any]) -> float:
        rate = part["predicted"]
        spread = 3 * (rate * (1 - rate) / part["rows"]) ** 0.5  # three: dozens of slices are looked at
        return abs(rate - part["observed"]) - spread

    worst = max(judged, key=beyond_chance)
    gap = abs(worst["predicted"] - worst["observed"])
    why = (
        f"{worst['column']} = {worst['value']}: predicted {worst['predicted']:.3f}, observed "
        f"{worst['observed']:.3f} on {worst['rows']:,} rows; fails when more than the limit beyond chance"
    )
    return Gate(
        "slice_calibration", gap, limits.slice_margin, beyond_chance(worst) <= limits.slice_margin, why
    )


def _cost(candidate: Contender, scored: _Scored, limits: GateSettings) -> list[Gate]:
    latency = latency_p95_ms(scored.model, scored.frame)
    size = candidate.size_mb
    leaks = ", ".join(candidate.leak_columns)
    return [
        Gate(
            "latency_p95_ms", latency, limits.max_latency_ms, latency <= limits.max_latency_ms, "one record"
        ),
        Gate("size_mb", size, limits.max_size_mb, size <= limits.max_size_mb, "all files of the model"),
        Gate(
            "no_leak",
            leaks or "none",
            "none",
            not leaks,
            f"gives the target away: {leaks}" if leaks else "no input gives the target away",
        ),
    ]
