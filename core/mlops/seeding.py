"""The first start: generated customers, three runs, the best of them in Production."""

from typing import TYPE_CHECKING

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


def needs_seed(workspace: "Workspace") -> bool:
    """True while nobody has used the workspace and its first start is not complete."""
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


def _promote_best(workspace: "Workspace") -> None:
    runs = workspace.runs("attributes.status = 'FINISHED'")
    best = runs.sort_values("metrics.cv_roc_auc", ascending=False).iloc[0]
    version = workspace.register(best["run_id"], actor="seed", reason="seed")
    workspace.promote(version, to="Production", reason="seed", actor="seed", override=True)
