"""The first start: generated customers, three runs, the best of them in Production."""

from typing import TYPE_CHECKING

from core.errors import BadInput
from core.log import get_logger
from core.mlops.generator import best_auc, generate
from core.mlops.locks import file_lock

if TYPE_CHECKING:
    from core.mlops.training import OnEvent
    from core.mlops.workspace import Workspace

SEED_TAG = "hub.seed"
_ALGORITHMS = ("logistic_regression", "random_forest", "gradient_boosting")
_GENERATOR_SEED = 7
_FOLDS = 3
_ACTOR = "seed"


def needs_seed(workspace: "Workspace") -> bool:
    """True while nobody has used the workspace and its first start is not complete.

    Never while the audit log is damaged or gone: it would take no record of what a first start decides.
    """
    if not workspace.audit_status().intact:
        return False
    if any(decision.action == "promote" for decision in workspace.history()):
        return False
    runs = workspace.runs()
    return runs.empty or (f"tags.{SEED_TAG}" in runs and bool(runs[f"tags.{SEED_TAG}"].notna().all()))


def seed(workspace: "Workspace", on_event: "OnEvent" = lambda event: None) -> bool:
    """Fill an unused workspace; True when this call did it.

    Several processes may call it at once: one works, the others wait and find it done. A first start that
    was killed is completed by the next.
    """
    with file_lock(workspace.root / ".seed.lock", timeout_s=600):
        if not needs_seed(workspace):
            return False
        workspace.store.close_abandoned()  # of a hub that was killed since this one was opened
        frame, probability = generate(workspace.settings.seed_rows, _GENERATOR_SEED)
        done = set(workspace.runs("attributes.status = 'FINISHED'").get("params.algorithm", ()))
        missing = [name for name in _ALGORITHMS if name not in done]
        if missing:
            ceiling = f"{best_auc(frame, probability):.4f}"
            workspace.train(
                frame,
                "Churn",
                "Yes",
                missing,
                name="generated customers",
                budget_s=0.001,  # the first setting of each is enough here
                folds=_FOLDS,
                tags={SEED_TAG: "true", "best_reachable_roc_auc": ceiling},
                on_event=on_event,
            )
        _promote_best(workspace)
        get_logger(__name__).info("workspace.seeded", rows=len(frame))
        return True


def reset(workspace: "Workspace", reason: str, actor: str) -> list[int]:
    """Bring a workspace that `seed` filled back to that state; the versions that were removed.

    The version of the first start is in Production alone, later versions are removed, later runs hidden
    (MLflow keeps them as deleted). A version that another process promotes meanwhile stays, with its run. The
    audit log stays and tells of it. Raises BadInput for a workspace that was not filled by `seed`.
    """
    with file_lock(workspace.root / ".seed.lock", timeout_s=600):
        seeded = _seed_version(workspace)
        workspace.store.close_abandoned()  # of a hub that was killed since this one was opened
        workspace.reset_stages(seeded, reason=reason, actor=actor)
        later = [info.version for info in workspace.versions() if info.version != seeded]
        removed = [version for version in later if _removed(workspace, version, reason, actor)]
        kept = {info.run_id for info in workspace.versions()}
        for run_id in _later_runs(workspace):
            if run_id not in kept:
                workspace.store.client.delete_run(run_id)
        get_logger(__name__).info("workspace.reset", versions=len(removed))
        return removed


def _removed(workspace: "Workspace", version: int, reason: str, actor: str) -> bool:
    """Whether this call removed the version; not when another process promoted or removed it meanwhile."""
    try:
        workspace.delete_version(version, reason=reason, actor=actor)
    except BadInput as refusal:
        get_logger(__name__).info("workspace.reset_left", version=version, reason=refusal.message)
        return False
    return True


def _seed_version(workspace: "Workspace") -> int:
    known = workspace.stages()
    promoted = [d for d in workspace.history() if d.action == "promote" and d.actor == _ACTOR]
    for decision in reversed(promoted):
        if decision.version in known:
            return decision.version
    raise BadInput(
        "This workspace has no first start to go back to",
        "It was filled by somebody else, or its first version was deleted; nothing was changed.",
    )


def _later_runs(workspace: "Workspace") -> list[str]:
    """Finished and failed runs that the first start did not make; what is running is left alone."""
    runs = workspace.runs("attributes.status != 'RUNNING'")
    tagged = runs.get(f"tags.{SEED_TAG}")
    return list(runs["run_id"] if tagged is None else runs.loc[tagged.isna(), "run_id"])


def _promote_best(workspace: "Workspace") -> None:
    runs = workspace.runs("attributes.status = 'FINISHED'")
    best = runs.sort_values("metrics.cv_roc_auc", ascending=False).iloc[0]
    version = workspace.register(best["run_id"], actor=_ACTOR, reason="seed")
    workspace.promote(version, to="Production", reason="seed", actor=_ACTOR, override=True)
