"""Brings the two contenders and the hold-out to the gates, and files the report."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from core.cli import to_json
from core.errors import StoreError
from core.mlops.dataset import load_rows, read_answers
from core.mlops.gates import Contender, GateReport, Holdout, judge
from core.mlops.models import ModelFacts, read_facts
from core.mlops.registry import VersionInfo
from core.mlops.schema import conform

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from core.mlops.workspace import Workspace


def examine(workspace: "Workspace", candidate: VersionInfo, champion: VersionInfo | None) -> GateReport:
    """The gate report of a version, also stored with its run."""
    if champion is not None and champion.version == candidate.version:
        champion = None  # it is the champion; held to the floors only
    facts = read_facts(workspace.store.model_folder(candidate.model_id))
    challenger = _contender(workspace, candidate, facts)
    rival = _champion(workspace, champion) if champion else None
    holdout = _holdout(workspace.root / "datasets", facts, rival.facts if rival else None)
    gates = judge(challenger, rival, holdout, workspace.settings.gates, workspace.settings.training.seed)
    report = GateReport(
        version=candidate.version,
        champion=champion.version if champion else None,
        passed=all(gate.passed for gate in gates),
        gates=tuple(gates),
        holdout_digest=holdout.digest,
        holdout_rows=len(holdout.y),
        checked_at=datetime.now(UTC).isoformat(timespec="seconds"),
    )
    workspace.store.log_json(candidate.run_id, {"gates/latest.json": to_json(report)})
    return report


def training_rows(datasets: Path, facts: ModelFacts) -> "pd.DataFrame":
    """The rows a model was trained on, in its own input shape."""
    cells, holdout = _rows(datasets, facts)
    return conform(cells[~holdout].reset_index(drop=True), facts.schema).frame


def holdout_rows(datasets: Path, facts: ModelFacts) -> "pd.DataFrame":
    """The frozen hold-out of the data a model was trained on, in its own input shape."""
    cells, holdout = _rows(datasets, facts)
    return conform(cells[holdout].reset_index(drop=True), facts.schema).frame


def _champion(workspace: "Workspace", info: VersionInfo) -> Contender:
    """The champion; one whose files are damaged must not stand in the way of an override."""
    try:
        facts = read_facts(workspace.store.model_folder(info.model_id))
    except StoreError:
        facts = None
    return _contender(workspace, info, facts)


def _contender(workspace: "Workspace", info: VersionInfo, facts: ModelFacts | None) -> Contender:
    files = workspace.store.model_folder(info.model_id).rglob("*") if facts else iter(())
    return Contender(
        version=info.version,
        facts=facts,
        load=lambda: workspace.load_model(info.version),
        example=lambda: workspace.input_example(info.version),
        size_mb=sum(file.stat().st_size for file in files if file.is_file()) / 1e6,
        leak_columns=tuple(facts.metadata.get("leak_columns", ())) if facts else (),
    )


def _holdout(datasets: Path, candidate: ModelFacts, champion: ModelFacts | None) -> Holdout:
    cells, mask = _rows(datasets, candidate)
    held = cells[mask].reset_index(drop=True)
    y = read_answers(held, candidate.schema)
    seen = _seen(datasets, champion, candidate, held) if champion else 0
    return Holdout(held, y, str(candidate.metadata["holdout_digest"]), seen)


def _seen(datasets: Path, champion: ModelFacts, candidate: ModelFacts, held: "pd.DataFrame") -> int:
    """How many of the held-out rows the champion was trained on (another file may contain them)."""
    if champion.metadata.get("dataset_digest") == candidate.metadata.get("dataset_digest"):
        return 0
    found = load_rows(datasets, str(champion.metadata.get("dataset_digest")))
    shared = [name for name in held.columns if found is not None and name in found[0].columns]
    if found is None or len(shared) < len(held.columns):
        return 0
    trained = set(_hashes(found[0][shared][~found[1]]))
    return sum(value in trained for value in _hashes(held[shared]))


def _hashes(cells: "pd.DataFrame") -> "np.ndarray":
    import pandas as pd

    return pd.util.hash_pandas_object(cells, index=False).to_numpy()


def _rows(datasets: Path, facts: ModelFacts) -> "tuple[pd.DataFrame, np.ndarray]":
    digest = str(facts.metadata.get("dataset_digest", ""))
    found = load_rows(datasets, digest)
    if found is None:
        raise StoreError(
            f"The data '{digest}' that the model was trained on is not in this workspace",
            "Train on the same file here once; its frozen hold-out is then found again.",
        )
    return found
