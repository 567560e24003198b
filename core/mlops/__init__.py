"""Train, compare, gate, promote, serve, watch and roll back churn models.

from core.mlops import open_workspace
ws = open_workspace()
runs = ws.train("customers.csv", target="Churn")
version = ws.register(max(runs, key=lambda run: run.metrics["cv_roc_auc"]).run_id)
ws.promote(version, to="Production", reason="first model")
"""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.config_mlops import MlopsSettings
    from core.mlops.workspace import Workspace

__all__ = ["open_workspace"]


def open_workspace(root: str | Path | None = None, settings: "MlopsSettings | None" = None) -> "Workspace":
    """The workspace in a folder, made when it is new (several processes may do so at once).

    Without ``root`` the settings' folder is taken. MLFLOW_TRACKING_URI, when set, is used for runs and
    versions; data, audit log and caches stay in the folder. Runs of dead processes are closed and half-done
    decisions finished. Raises StoreError or NotAvailable when the store cannot be opened.
    """
    from core.config import settings as hub_settings
    from core.runtime import prepare

    prepare()
    from core.mlops.workspace import Workspace

    hub = hub_settings()
    folder = Path(root).expanduser().absolute() if root else hub.mlops_folder
    return Workspace(folder, hub.mlflow_tracking_uri, settings or hub.mlops)
