"""The workspace: everything the Experiment Browser can do, behind one object."""

import getpass
import json
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import ValidationError

from core.config_mlops import MlopsSettings, TrainingSettings
from core.errors import BadInput
from core.mlops.algorithms import find_algorithms
from core.mlops.audit import AuditStatus
from core.mlops.dataset import DataReport, Dataset, inspect, prepare
from core.mlops.decisions import Decision, DecisionLog
from core.mlops.gatekeeper import examine, holdout_rows, training_rows
from core.mlops.gates import GateRefused, GateReport
from core.mlops.locks import file_lock
from core.mlops.models import load_pipeline, read_example, read_facts
from core.mlops.query import filter_runs
from core.mlops.recorder import record_run
from core.mlops.registry import Registry, Stages, VersionInfo
from core.mlops.run_table import RunTable
from core.mlops.schema import InputSchema
from core.mlops.tables import read_table
from core.mlops.tracking import Run, TrackingStore
from core.mlops.training import OnEvent, TrainingEvent, fit_algorithm
from core.mlops.values import whole

if TYPE_CHECKING:
    import pandas as pd

    from core.mlops.drift import DriftReport


class Workspace:
    """Runs, versions, stages and decisions of one folder (or one MLflow server); see ``open_workspace``."""

    def __init__(self, root: Path, tracking_uri: str | None, settings: MlopsSettings) -> None:
        self.root, self.settings = root, settings
        self.store = TrackingStore(root, tracking_uri, settings.experiment, settings.lock_timeout_s)
        self._table = RunTable(self.store)
        self._registry = Registry(self.store, settings.model_name, self._table.mark)
        self._decisions = DecisionLog(root, self._registry, self.store)
        self._datasets = root / "datasets"
        # Called with the name of every change of the registry before it is made; it raises to refuse.
        self.authorize: Callable[[str], None] = lambda change: None
        self.store.close_abandoned()
        self._decisions.recover()

    # --- data and training

    def inspect(
        self,
        csv: "str | Path | bytes | pd.DataFrame",
        target: str | None = None,
        positive: object = None,
        roles: Mapping[str, str] | None = None,
        *,
        name: str = "",
    ) -> DataReport:
        """What a table contains and what is wrong with it, before anything is trained."""
        table = read_table(csv, self.settings.training, name)
        return inspect(table, self.settings.training, target, positive, roles)

    def train(
        self,
        csv: "str | Path | bytes | pd.DataFrame",
        target: str | None = None,
        positive: object = None,
        algorithms: Sequence[str] | None = None,
        *,
        roles: Mapping[str, str] | None = None,
        calibrate: bool = False,
        budget_s: float | None = None,
        seed: int | None = None,
        folds: int | None = None,
        name: str = "",
        tags: Mapping[str, str] | None = None,
        on_event: OnEvent = lambda event: None,
        cancel: threading.Event | None = None,
    ) -> list[Run]:
        """Train and log the algorithms on a table; the runs in the order of the algorithms.

        ``csv`` is a path, the bytes of a file or a DataFrame; ``roles`` overrides column roles. The search
        of all algorithms together ends after ``budget_s`` seconds (each one's first setting is always
        finished). Without ``algorithms`` the default set is trained, whose last ones are left out when the
        budget is spent. Raises BadInput for unusable data, Cancelled when ``cancel`` is set.
        """
        names = [algorithms] if isinstance(algorithms, str) else algorithms
        chosen = find_algorithms(list(names) if names else None)
        limits = self._limits(budget_s=budget_s, seed=seed, folds=folds)
        dataset = self._prepare(csv, target, positive, roles, name)
        deadline = time.monotonic() + limits.budget_s
        runs: list[Run] = []
        for position, algorithm in enumerate(chosen):
            left = deadline - time.monotonic()
            if not algorithms and position >= 3 and left < 0.15 * limits.budget_s:
                on_event(TrainingEvent(algorithm.name, "skipped", 0, 0, message="the time budget is spent"))
                continue
            share = time.monotonic() + left / (len(chosen) - position)
            fitted = fit_algorithm(
                algorithm,
                dataset,
                limits,
                seed=limits.seed,
                deadline=share,
                calibrate=calibrate,
                on_event=on_event,
                cancel=cancel,
            )
            on_event(TrainingEvent(algorithm.name, "log", 1, 1, fitted.metrics["roc_auc"]))
            runs.append(record_run(self.store, dataset, fitted, limits, tags or {}))
            on_event(TrainingEvent(algorithm.name, "done", 1, 1, fitted.metrics["roc_auc"]))
        return runs

    # --- runs

    def runs(self, filter: str | None = "") -> "pd.DataFrame":
        """The runs for which the filter holds, newest first: facts, metrics.*, params.*, tags.*."""
        return filter_runs(self._table.read(), filter)

    def run(self, run_id: str) -> Run:
        """One run; a unique beginning of its id is enough. Raises BadInput when there is none."""
        table = self._table.read()
        found = table[table["run_id"].str.startswith(str(run_id))] if run_id and len(table) else table[:0]
        if len(found) != 1:
            count = "No run has" if found.empty else f"{len(found)} runs have"
            raise BadInput(f"{count} an id that starts with '{run_id}'", "See the runs table.")
        row = found.iloc[0].dropna()
        groups: dict[str, dict[str, Any]] = {"metrics": {}, "params": {}, "tags": {}}
        for key, value in row.items():
            group, _, rest = str(key).partition(".")
            if group in groups and rest:
                groups[group][rest] = value
        return Run(
            run_id=row["run_id"],
            name=row["name"],
            algorithm=groups["params"].get("algorithm", ""),
            status=row["status"],
            metrics={k: float(v) for k, v in groups["metrics"].items()},
            params=groups["params"],
            tags=groups["tags"],
            model_id=groups["tags"].get("hub.model_id"),
            start_time=int(row["start_time"].timestamp() * 1000),
        )

    def evaluation(self, run_id: str, what: str) -> Any:
        """A logged result of a run: roc, pr, calibration, confusion, importance, slices, search."""
        return json.loads(self.store.read_artifact(run_id, f"evaluation/{what}.json"))

    # --- registry

    def register(self, run_id: str, *, actor: str = "", reason: str = "") -> int:
        """The version number of a run's model; a run registered before keeps its number."""
        self.authorize("register")
        run = self.run(run_id)
        if run.status != "FINISHED" or run.model_id is None:
            raise BadInput(f"Run '{run.name}' has no model (status {run.status})", "Register a finished run.")
        tags = {"algorithm": run.algorithm, "dataset_digest": run.params.get("dataset_digest", "")}
        with file_lock(self.root / ".register.lock"):  # all who register a run at once get one version
            version = self._registry.create(run.run_id, run.model_id, tags)
            if not self._decisions.knows(version):  # new, or its maker died before this line
                self._decisions.registered(version, _who(actor), _written(reason) or f"run {run.name}")
                self.store.log(run.run_id, tags={"hub.version": str(version)})
        return version

    def versions(self) -> list[VersionInfo]:
        """All versions, newest first."""
        return self._registry.versions()

    def version(self, version: int) -> VersionInfo:
        """One version; raises BadInput naming those that exist."""
        return self._registry.get(version)

    def resolve(self, alias: str) -> VersionInfo | None:
        """The version that ``production``, ``staging``, ``challenger`` or ``previous`` points to, or None."""
        return self._registry.resolve(alias.lower())

    def stages(self) -> Stages:
        """The stage of every version: {1: "Archived", 2: "Production"}; ``stages()["Production"]`` is 2."""
        return self._registry.stages()

    def load_model(self, version: int) -> Any:
        """The fitted pipeline of a version, after the allow-list and the version checks (StoreError)."""
        folder = self._folder(version)
        return load_pipeline(folder, read_facts(folder))

    def input_example(self, version: int) -> "pd.DataFrame":
        """A few records in the shape that the model takes."""
        folder = self._folder(version)
        return read_example(folder, read_facts(folder).schema)

    def schema(self, version: int) -> InputSchema:
        """The model's input columns and the names of its two answers."""
        return self._registry.facts(self.version(version).model_id).schema

    def signature(self, version: int) -> dict[str, Any]:
        """The MLflow signature of a version: ``inputs`` and ``outputs`` as lists of {"name", "type"}."""
        stored = self._registry.facts(self.version(version).model_id).signature
        return {part: json.loads(text) for part, text in stored.items() if text}

    def importance(self, version: int) -> dict[str, float]:
        """ROC-AUC lost on the hold-out when a column is shuffled, most important first."""
        return dict(self._registry.facts(self.version(version).model_id).metadata.get("importance", {}))

    def reference_data(self, version: int) -> "pd.DataFrame":
        """The rows a version was trained on, in the shape that the model takes."""
        facts = self._registry.facts(self.version(version).model_id)
        return training_rows(self._datasets, facts)

    def holdout_data(self, version: int) -> "pd.DataFrame":
        """The frozen hold-out of a version's data, in the shape that the model takes."""
        facts = self._registry.facts(self.version(version).model_id)
        return holdout_rows(self._datasets, facts)

    # --- decisions

    def check_gates(self, version: int) -> GateReport:
        """Judge a version against the Production version on its own frozen hold-out; the report is kept."""
        champion = self.resolve("production")
        report = examine(self, self.version(version), champion)
        self._registry.tag(version, {"gate": "passed" if report.passed else "failed"})
        return report

    def promote(
        self,
        version: int,
        to: str = "Staging",
        reason: str = "",
        actor: str = "",
        override: bool = False,
        report: GateReport | None = None,
    ) -> Decision:
        """Give a version the stage Staging or Production.

        Raises GateRefused when a gate fails; ``override=True`` promotes all the same and stays written on
        the version, unless its model cannot be loaded (StoreError). A reason is always needed. ``report``
        saves judging again what was just judged.
        """
        self.authorize("promote")
        stage = _stage_name(to)
        who, why = _who(actor), _reason(reason)
        if stage == "Archived":
            return self._decisions.archive(version, reason=why, actor=who)
        fresh = (
            report is not None
            and report.version == version
            and report.champion == self.stages()["Production"]
        )
        judged = report if fresh and report is not None else self.check_gates(version)
        if not judged.passed and not override:
            failed = "; ".join(f"{gate.name} ({gate.why})" for gate in judged.failed)
            raise GateRefused(
                f"Version {version} was not promoted: {failed}",
                "Train a better candidate, or override with a reason; the override stays on record.",
            )
        if not judged.passed:
            self.load_model(version)  # an override is about quality: what cannot be loaded cannot serve
        return self._decisions.promote(
            version, stage, reason=why, actor=who, override=override and not judged.passed, report=judged
        )

    def rollback(self, reason: str = "", actor: str = "", instead_of: int | None = None) -> Decision:
        """Put the previous Production version back, after loading it to see that it can serve.

        ``instead_of`` is the version that the caller saw in Production: BadInput when another is there by now,
        as when two roll back at once (the second would undo the first).
        """
        self.authorize("rollback")
        return self._decisions.rollback(
            reason=_reason(reason), actor=_who(actor), usable=self.load_model, instead_of=instead_of
        )

    def set_challenger(self, version: int | None, reason: str = "", actor: str = "") -> Decision:
        """Let a version shadow-score live traffic; None ends it."""
        self.authorize("challenger")
        return self._decisions.set_challenger(version, reason=_reason(reason), actor=_who(actor))

    def reset_stages(self, version: int, reason: str = "", actor: str = "") -> Decision:
        """Put a version into Production and take every other stage away, the previous one included."""
        self.authorize("reset")
        return self._decisions.reset(version, reason=_reason(reason), actor=_who(actor))

    def delete_version(self, version: int, reason: str = "", actor: str = "") -> Decision:
        """Remove a version that no alias points to; refused otherwise."""
        self.authorize("delete")
        return self._decisions.delete(version, reason=_reason(reason), actor=_who(actor))

    def history(self) -> list[Decision]:
        """All decisions, newest first."""
        return self._decisions.history()

    def audit_status(self) -> AuditStatus:
        """Whether the chain of the audit log holds."""
        return self._decisions.status()

    # --- watching

    def drift(self, current: "pd.DataFrame | str | Path | bytes") -> "DriftReport":
        """How far records (a CSV file or a frame) have moved from what the Production model was trained on.

        Inputs are compared with the training rows, predictions with those on the hold-out (a model is surer of
        rows it was fitted to). Raises BadInput when nothing is in Production or a column is missing.
        """
        from core.mlops.drift import compare
        from core.mlops.schema import as_received, conform, without_missing
        from core.mlops.training import positive_probability

        info = self.resolve("production")
        if info is None:
            raise BadInput("No version is in Production", "Promote one first; drift is measured against it.")
        cells = read_table(current, self.settings.training).cells
        schema, model = self.schema(info.version), self.load_model(info.version)
        rows = conform(cells, schema).frame
        return compare(
            without_missing(self.reference_data(info.version)),
            without_missing(rows),
            importance=self.importance(info.version),
            reference_predictions=positive_probability(model, self.holdout_data(info.version)).tolist(),
            current_predictions=positive_probability(model, rows).tolist(),
            quality_of=as_received(cells, rows),
            settings=self.settings.drift,
        )

    def close(self) -> None:
        """Let go of the database file."""
        self._table.close()

    def _prepare(
        self,
        csv: "str | Path | bytes | pd.DataFrame",
        target: str | None,
        positive: object,
        roles: Mapping[str, str] | None,
        name: str,
    ) -> Dataset:
        table = read_table(csv, self.settings.training, name)
        return prepare(table, self.settings.training, self._datasets, target, positive, roles)

    def _limits(self, **changes: float | int | None) -> TrainingSettings:
        """The settings with this call's wishes, checked like the settings themselves."""
        wishes = {key: value for key, value in changes.items() if value is not None}
        try:
            return TrainingSettings(**{**self.settings.training.model_dump(), **wishes})
        except ValidationError as error:
            problem = error.errors()[0]
            raise BadInput(f"{problem['loc'][0]}: {problem['msg']}", "Correct the value.") from None

    def _folder(self, version: int) -> Path:
        return self.store.model_folder(self.version(version).model_id)


def _stage_name(to: str) -> Literal["Staging", "Production", "Archived"]:
    for stage in ("Staging", "Production", "Archived"):
        if str(to).strip().casefold() == stage.casefold():
            return stage
    raise BadInput(
        f"'{to}' is not a stage to promote to", "Use Staging or Production (or Archived, from Staging)."
    )


def _reason(reason: str) -> str:
    written = _written(reason)
    if not written:
        raise BadInput("A reason is needed", "Say in a few words why; it goes into the audit log.")
    return written[:2000]


def _who(actor: str) -> str:
    return _written(actor)[:200] or _user()


def _written(text: str | None) -> str:
    return whole(text or "").strip()


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "unknown"
