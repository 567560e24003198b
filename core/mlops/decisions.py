"""Registering, promoting, rolling back, deleting: each decided once, recorded first, then carried out."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from core.errors import BadInput, StoreError
from core.mlops.audit import AuditLog, AuditRecord, AuditStatus
from core.mlops.gates import GateReport
from core.mlops.locks import file_lock
from core.mlops.registry import Registry

Action = Literal["register", "promote", "rollback", "challenger", "archive", "delete", "reset"]
_ANCHOR_TAG = "hub.audit_head"


@dataclass(frozen=True)
class Decision:
    """Who did what to which version, when and why.

    ``completed`` is False while it is being carried out, and for ever when its version was deleted meanwhile.
    """

    number: int
    at: str
    actor: str
    action: Action
    version: int
    from_version: int | None  # what held the stage before
    from_stage: str
    to_stage: str
    reason: str
    override: bool
    gates_passed: bool | None
    failed_gates: tuple[str, ...]
    aliases_before: dict[str, int]
    aliases_after: dict[str, int | None]
    completed: bool
    recovered: bool
    hash: str


class DecisionLog:
    """The registry's aliases and the audit log, changed only together.

    An intent is on disk before an alias moves and a second record follows when all have moved. Whoever opens
    the workspace after a crash carries the last intent through.
    """

    def __init__(self, root: Path, registry: Registry, store: Any) -> None:
        self._registry, self._store = registry, store
        self._audit = AuditLog(root / "audit.jsonl")
        self._lock = root / ".registry.lock"

    def recover(self) -> int:
        """Carry decisions through that a dead process left half done; how many there were."""
        if not self._open_intents() or not self.status().intact:
            return 0
        with file_lock(self._lock):
            intents = self._open_intents()  # another process may have been faster
            for intent in intents:
                if self._apply(intent.content):
                    self._write("done", {"intent": intent.number, "recovered": True})
                else:
                    self._write("void", {"intent": intent.number, "why": "its version was deleted elsewhere"})
            return len(intents)

    def status(self) -> AuditStatus:
        """Whether the log is whole, checked against the anchor kept in the tracking store."""
        experiment = self._store.client.get_experiment(self._store.experiment_id)
        return self._audit.verify(experiment.tags.get(_ANCHOR_TAG, ""))

    def history(self) -> list[Decision]:
        """All decisions, newest first."""
        records = self._audit.records()
        done = {r.content["intent"]: bool(r.content.get("recovered")) for r in records if r.kind == "done"}
        return [_decision(record, done) for record in reversed(records) if record.kind == "intent"]

    def knows(self, version: int) -> bool:
        """Whether it is on record that a version was registered."""
        return any(d.action == "register" and d.version == version for d in self.history())

    def registered(self, version: int, actor: str, reason: str) -> Decision:
        """Record that a version was registered."""
        return self._carry_out(_Plan("register", version, actor, reason, "None", "None"))

    def promote(
        self,
        version: int,
        to: Literal["Staging", "Production"],
        *,
        reason: str,
        actor: str,
        override: bool,
        report: GateReport,
    ) -> Decision:
        """Give a version a stage; the one that held Production becomes ``previous``.

        Raises BadInput when ``report`` compares with a version that is no longer in Production: somebody else
        promoted meanwhile, and what passed against the old champion may be worse than the new one.
        """
        alias = to.lower()

        def plan() -> _Plan:
            before = self._registry.aliases()
            stages = self._registry.stages()
            if version not in stages:
                self._registry.get(version)
            if before.get(alias) == version:
                raise BadInput(f"Version {version} is already in {to}", "Choose another version.")
            if to == "Staging" and before.get("production") == version:
                raise BadInput(
                    f"Version {version} is in Production", "Promote or roll back to another one first."
                )
            if report.champion != before.get("production"):
                raise BadInput(
                    f"Production has changed since version {version} was judged: "
                    f"{_named(report.champion)} then, {_named(before.get('production'))} now",
                    "Promote again; it will be judged against the version that is there now.",
                )
            after: dict[str, int | None] = {alias: version}
            if to == "Production":
                after |= {name: None for name in ("staging", "challenger") if before.get(name) == version}
                if "production" in before:
                    after["previous"] = before["production"]
            return _Plan(
                "promote",
                version,
                actor,
                reason,
                stages[version],
                to,
                before.get(alias),
                before,
                after,
                override,
                report,
            )

        return self._carry_out(plan)

    def rollback(
        self,
        *,
        reason: str,
        actor: str,
        usable: Callable[[int], object],
        instead_of: int | None = None,
    ) -> Decision:
        """Put the previous Production version back; the two change places, so it can be undone.

        ``usable`` is called with the version and raises when it cannot serve. Raises BadInput when Production
        is not (any more) the version ``instead_of``.
        """

        def plan() -> _Plan:
            before = self._registry.aliases()
            if instead_of is not None and before.get("production") != instead_of:
                raise BadInput(
                    "Production has changed since the rollback was asked for: "
                    f"{_named(instead_of)} then, {_named(before.get('production'))} now",
                    "Look at the registry again; somebody else may have rolled back.",
                )
            if "previous" not in before:
                raise BadInput("There is no earlier Production version", "Promote a second version first.")
            version = before["previous"]
            usable(version)
            after: dict[str, int | None] = {"production": version, "previous": before.get("production")}
            after |= {name: None for name in ("staging", "challenger") if before.get(name) == version}
            stage = self._registry.stages()[version]
            return _Plan(
                "rollback",
                version,
                actor,
                reason,
                stage,
                "Production",
                before.get("production"),
                before,
                after,
            )

        return self._carry_out(plan)

    def set_challenger(self, version: int | None, *, reason: str, actor: str) -> Decision:
        """Let a version shadow-score live traffic; None ends it."""

        def plan() -> _Plan:
            before = self._registry.aliases()
            named = version if version is not None else before.get("challenger")
            if named is None:
                raise BadInput("No version is the challenger", "There is nothing to end.")
            if version is not None and before.get("production") == version:
                raise BadInput(
                    f"Version {version} is in Production", "The challenger has to be another version."
                )
            stage = self._registry.get(named).stage
            return _Plan(
                "challenger",
                named,
                actor,
                reason,
                stage,
                stage,
                before.get("challenger"),
                before,
                {"challenger": version},
            )

        return self._carry_out(plan)

    def archive(self, version: int, *, reason: str, actor: str) -> Decision:
        """Take a version out of Staging."""

        def plan() -> _Plan:
            before = self._registry.aliases()
            if before.get("staging") != version:
                raise BadInput(
                    f"Version {version} is not in Staging", "Only a staged version can be archived."
                )
            return _Plan(
                "archive", version, actor, reason, "Staging", "Archived", version, before, {"staging": None}
            )

        return self._carry_out(plan)

    def reset(self, version: int, *, reason: str, actor: str) -> Decision:
        """Put a version into Production and take every other stage away."""

        def plan() -> _Plan:
            before = self._registry.aliases()
            stage = self._registry.get(version).stage
            after: dict[str, int | None] = dict.fromkeys(before) | {"production": version}
            held = before.get("production")
            return _Plan("reset", version, actor, reason, stage, "Production", held, before, after)

        return self._carry_out(plan)

    def delete(self, version: int, *, reason: str, actor: str) -> Decision:
        """Remove a version that no alias points to; the record of it stays."""

        def plan() -> _Plan:
            stage = self._registry.stages().get(version) or self._registry.get(version).stage
            self._registry.require_unused(version)
            return _Plan("delete", version, actor, reason, stage, "deleted")

        return self._carry_out(plan)

    def _carry_out(self, make: "Callable[[], _Plan] | _Plan") -> Decision:
        self.recover()
        with file_lock(self._lock):
            status = self.status()
            if not status.intact:
                raise StoreError(
                    f"The audit log is damaged: {status.problem}",
                    "No decision is taken until the log is restored.",
                )
            plan = make if isinstance(make, _Plan) else make()
            intent = self._write("intent", plan.content())
            self._apply(intent.content)
            self._write("done", {"intent": intent.number})
        return next(decision for decision in self.history() if decision.number == intent.number)

    def _apply(self, content: dict[str, Any]) -> bool:
        """Carry out a recorded intent; repeating it changes nothing. False when its version is gone by now."""
        known, version = self._registry.stages(), content["version"]
        if content["action"] == "delete":
            if version in known:
                self._registry.delete(version)
            return True
        if version not in known:
            return False
        after = content["aliases_after"]
        self._registry.move({alias: n for alias, n in after.items() if n is None or n in known})
        self._registry.tag(version, content["tags"])
        return True

    def _write(self, kind: str, content: dict[str, Any]) -> AuditRecord:
        record = self._audit.append(kind, content)
        anchor = f"{record.number}:{record.hash}"
        self._store.client.set_experiment_tag(self._store.experiment_id, _ANCHOR_TAG, anchor)
        return record

    def _open_intents(self) -> list[AuditRecord]:
        records = self._audit.records()
        done = {record.content["intent"] for record in records if record.kind in ("done", "void")}
        return [record for record in records if record.kind == "intent" and record.number not in done]


@dataclass(frozen=True)
class _Plan:
    action: Action
    version: int
    actor: str
    reason: str
    from_stage: str
    to_stage: str
    from_version: int | None = None
    before: dict[str, int] | None = None
    after: dict[str, int | None] | None = None
    override: bool = False
    report: GateReport | None = None

    def content(self) -> dict[str, Any]:
        """What is written into the audit log."""
        failed = [gate.name for gate in self.report.failed] if self.report else []
        return {
            "action": self.action,
            "version": self.version,
            "actor": self.actor,
            "reason": self.reason,
            "from_stage": self.from_stage,
            "to_stage": self.to_stage,
            "from_version": self.from_version,
            "aliases_before": self.before or {},
            "aliases_after": self.after or {},
            "override": self.override,
            "gates_passed": self.report.passed if self.report else None,
            "failed_gates": failed,
            "tags": _version_tags(self),
        }


def _named(version: int | None) -> str:
    return "no version" if version is None else f"version {version}"


def _version_tags(plan: _Plan) -> dict[str, str]:
    """What stays written on the version itself; an override for ever."""
    if plan.action not in ("promote", "rollback"):
        return {}
    now = datetime.now(UTC).isoformat(timespec="seconds")
    tags = {"hub.promoted_by": plan.actor, "hub.promoted_at": now, "hub.reason": plan.reason}
    if plan.override and plan.report is not None and not plan.report.passed:
        tags["hub.override"] = f"{plan.to_stage}: {', '.join(g.name for g in plan.report.failed)}"
    return tags


def _decision(record: AuditRecord, done: dict[int, bool]) -> Decision:
    content = record.content
    return Decision(
        number=record.number,
        at=record.at,
        actor=content["actor"],
        action=content["action"],
        version=content["version"],
        from_version=content["from_version"],
        from_stage=content["from_stage"],
        to_stage=content["to_stage"],
        reason=content["reason"],
        override=content["override"],
        gates_passed=content["gates_passed"],
        failed_gates=tuple(content["failed_gates"]),
        aliases_before=content["aliases_before"],
        aliases_after=content["aliases_after"],
        completed=record.number in done,
        recovered=done.get(record.number, False),
        hash=record.hash,
    )
