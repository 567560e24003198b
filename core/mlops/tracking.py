"""The MLflow store of a workspace: opened safely, written through one client, no process-wide state."""

import json
import os
import shutil
import tempfile
import time
import warnings
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.config import public_address
from core.errors import NotAvailable, StoreError
from core.lean import import_registry_tables, import_skops, put_off_genai
from core.log import get_logger
from core.mlops.locks import file_lock
from core.mlops.schema import InputSchema
from core.mlops.writers import Writers
from core.runtime import return_memory
from core.stores import OpenFile, fault_of, open_existing, store_error, told_as, written_whole

if TYPE_CHECKING:
    import pandas as pd

STORE = "The store of runs and versions"
STORE_REMEDY = "Put a copy of the workspace folder back, or move the folder away; then restart the hub."
OWNER_TAG = "hub.owner"  # the name of the writer, see core/mlops/writers.py
_UNKNOWN_MS = 3_600_000  # a run takes seconds: it is started when its model is fitted
_MLMODEL = "MLmodel"
_ADDRESSES = (
    ("experiments", "artifact_location"),
    ("runs", "artifact_uri"),
    ("logged_models", "artifact_location"),
    ("model_versions", "source"),
    ("model_versions", "storage_location"),
)


@dataclass(frozen=True)
class Run:
    """One finished training of one algorithm, as logged."""

    run_id: str
    name: str
    algorithm: str
    status: str
    metrics: dict[str, float]
    params: dict[str, str]
    tags: dict[str, str] = field(default_factory=dict)
    model_id: str | None = None
    start_time: int = 0  # milliseconds since 1970


class TrackingStore:
    """Experiment, runs, models and artifacts of one workspace.

    Without ``uri`` the store is a SQLite file below ``root``; with it, an MLflow server. Raises
    NotAvailable when the server does not answer, StoreError when the file belongs to another version
    or another process keeps it locked for longer than ``lock_timeout_s``.
    """

    def __init__(self, root: Path, uri: str | None, experiment: str, lock_timeout_s: float = 4.0) -> None:
        self.root, self.lock_timeout_s = root, lock_timeout_s
        _make(root)
        # MLflow draws a bar for each file it copies, which fills the log of a server.
        os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
        self.uri = uri or f"sqlite:///{root / 'mlflow.db'}"
        self.is_local = uri is None
        with file_lock(root / ".store.lock"):  # two processes migrating one new file destroy it
            client, self.experiment_id = self._open(experiment)
        self.client: Any = _Told(client, self)
        self._writers = Writers(root / "writers")

    @property
    def database(self) -> Path | None:
        """The SQLite file, or None for a server."""
        return self.root / "mlflow.db" if self.is_local else None

    @property
    def _artifacts(self) -> Path:
        return (self.root / "artifacts").absolute()

    def start_run(self, name: str, tags: Mapping[str, str]) -> str:
        """A new run's id; its owner is recorded so that a killed process's runs can be closed later."""
        owner = {OWNER_TAG: self._writers.own()}
        run = self.client.create_run(self.experiment_id, run_name=name, tags={**tags, **owner})
        return run.info.run_id

    def log(
        self,
        run_id: str,
        *,
        params: Mapping[str, Any] | None = None,
        metrics: Mapping[str, float] | None = None,
        tags: Mapping[str, str] | None = None,
        model_id: str | None = None,
    ) -> None:
        """Write parameters, metrics and tags in one batch; metrics also count for the model."""
        from mlflow.entities import Metric, Param, RunTag

        now = int(time.time() * 1000)
        self.client.log_batch(
            run_id,
            metrics=[Metric(k, float(v), now, 0, model_id=model_id) for k, v in (metrics or {}).items()],
            params=[Param(k, str(v)[:6000]) for k, v in (params or {}).items()],
            tags=[RunTag(k, str(v)) for k, v in (tags or {}).items()],
        )

    def log_dataset(self, run_id: str, name: str, digest: str, facts: Mapping[str, Any]) -> None:
        """Attach the training data to a run: name, digest and row counts, not the rows."""
        from mlflow.entities import Dataset, DatasetInput, InputTag

        data = Dataset(
            name[:250] or "table", digest, "local", json.dumps({"uri": name}), profile=json.dumps(facts)
        )
        self.client.log_inputs(run_id, [DatasetInput(data, [InputTag("mlflow.data.context", "training")])])

    def log_json(self, run_id: str, documents: Mapping[str, Any]) -> None:
        """Write artifacts: a dict value becomes JSON, a str is written as it is."""
        if self.is_local:  # as MLflow would, but not where its process-wide cache last saw this run
            with told_as("The folder of artifacts"):
                _write_texts(self._artifacts / run_id / "artifacts", documents)
            return
        with tempfile.TemporaryDirectory() as folder:
            _write_texts(Path(folder), documents)
            self.client.log_artifacts(run_id, folder)

    def read_artifact(self, run_id: str, name: str) -> str:
        """The text of an artifact; raises StoreError when the run has none of that name."""
        from mlflow.exceptions import MlflowException

        try:
            if self.is_local:  # MLflow would copy the file first
                return (self._artifacts / run_id / "artifacts" / name).read_text(encoding="utf-8")
            with tempfile.TemporaryDirectory() as folder:
                path = self.client.download_artifacts(run_id, name, folder)
                return Path(path).read_text(encoding="utf-8")
        except (MlflowException, OSError) as error:
            raise StoreError(
                f"Run {run_id[:8]} has no artifact '{name}'",
                "Its files were removed or never written; train again, or put them back.",
            ) from error

    def save_model(
        self,
        run_id: str,
        name: str,
        model: Any,
        *,
        example: "pd.DataFrame",
        schema: InputSchema,
        facts: Mapping[str, Any],
    ) -> tuple[str, float]:
        """Store a fitted model as an MLflow LoggedModel; its id and size in MB.

        Requirements are stated, not inferred (inference reloads the model in a subprocess, 5-10 s), and
        only types of the allow-list can be written.
        """
        from mlflow.entities import LoggedModelOutput

        logged = self.client.create_logged_model(self.experiment_id, name=name, source_run_id=run_id)
        self.client.log_outputs(run_id, [LoggedModelOutput(logged.model_id, 0)])
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "model")
            metadata = {"input_schema": schema.to_dict(), **facts}
            write_model(path, model, example, metadata, run_id, logged.model_id)
            size = sum(file.stat().st_size for file in path.rglob("*") if file.is_file()) / 1e6
            self._put_model(logged.model_id, path)
        self.client.finalize_logged_model(logged.model_id, "READY")
        return logged.model_id, size

    def _put_model(self, model_id: str, folder: Path) -> None:
        if not self.is_local:
            self.client.log_model_artifacts(model_id, str(folder))
            return
        # Not where the table says: another hub may know this folder by another name, as a container does.
        with told_as("The folder of artifacts"):
            shutil.copytree(folder, self._model_artifacts(model_id), dirs_exist_ok=True)

    def _model_artifacts(self, model_id: str) -> Path:
        return self._artifacts / "models" / model_id / "artifacts"

    def model_source(self, model_id: str) -> str:
        """What a registered version names as its source.

        MLflow looks ``models:/m-..`` up through its process-wide tracking address, not the client's (its own
        TODO in store/model_registry/sqlalchemy_store.py, 3.17.2), and would create a stray mlflow.db in the
        working folder; a local store therefore gets the address of the files.
        """
        if not self.is_local:
            return f"models:/{model_id}"
        return str(self.client.get_logged_model(model_id).artifact_location)

    def model_folder(self, model_id: str) -> Path:
        """The folder with a model's files; a server's are downloaded once into the workspace.

        Raises StoreError when there are none.
        """
        if self.is_local:
            local = self._model_artifacts(model_id)
            if not (local / _MLMODEL).is_file():
                raise StoreError(
                    f"The files of model {model_id} are gone",
                    f"Put artifacts/models/{model_id} back, or roll back to another version.",
                )
            return local
        cached = self.root / "model_cache" / model_id
        if not (cached / _MLMODEL).is_file():
            import mlflow.artifacts

            cached.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=cached.parent) as folder:
                # Not models:/.., which MLflow looks up through its process-wide address (see model_source).
                uri = self.client.get_logged_model(model_id).artifact_location
                found = mlflow.artifacts.download_artifacts(uri, dst_path=folder, tracking_uri=self.uri)
                _put_in_place(Path(found), cached)
        return cached

    def finish(self, run_id: str, status: str = "FINISHED") -> None:
        """End a run."""
        self.client.set_terminated(run_id, status)

    def fail(self, run_id: str) -> None:
        """End a run as FAILED and remove its model and artifacts, which would keep a full disk full.

        A server's artifacts stay: they are its own to remove.
        """
        models = self.client.search_logged_models([self.experiment_id], f"source_run_id = '{run_id}'")
        if self.is_local:
            for folder in (run_id, *(f"models/{model.model_id}" for model in models)):
                if (self._artifacts / folder).is_dir():
                    with told_as("The folder of artifacts"):
                        shutil.rmtree(self._artifacts / folder)
        for model in models:
            self.client.delete_logged_model(model.model_id)
        self.finish(run_id, "FAILED")

    def close_abandoned(self) -> list[str]:
        """Mark runs as KILLED whose writer's process is gone (kill -9, power cut); their ids.

        Of a writer that this folder does not know (another folder on the same server, an earlier version of the
        hub) nobody can tell: its runs are closed after an hour. One that was closed too early ends as it should,
        when its writer does. Runs that no hub has made are left alone.
        """
        running = self.client.search_runs(
            [self.experiment_id], "attributes.status = 'RUNNING'", max_results=500
        )
        with self._writers.dead() as dead:
            known = self._writers.known()
            closed = [run.info.run_id for run in running if _is_abandoned(run, dead, known)]
            for run_id in closed:
                self.finish(run_id, "KILLED")
        return closed

    def _open(self, experiment: str) -> tuple[Any, str]:
        put_off_genai()
        if self.is_local:
            import_registry_tables()
        from mlflow import MlflowClient
        from mlflow.exceptions import MlflowException

        try:
            if self.is_local:
                require_unlocked(self.root / "mlflow.db", self.lock_timeout_s)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)  # of a loader, by SQLAlchemy 2.1
                client = MlflowClient(tracking_uri=self.uri, registry_uri=self.uri)
            if self.is_local:
                _limit_waits(client, self.lock_timeout_s)
            found = client.get_experiment_by_name(experiment)
            place = self._artifacts.as_uri() if self.is_local else None
            if found is not None:
                if place and found.artifact_location != place:
                    self._relocate(found.artifact_location, place)
                return client, found.experiment_id
            return client, client.create_experiment(experiment, artifact_location=place)
        except MlflowException as error:
            get_logger(__name__).warning("store.open_failed", error=type(error).__name__)
            if self.is_local:
                other = "It may belong to another MLflow version; keep a copy and start with an empty folder."
                raise StoreError(
                    f"The tracking store in '{self.root.name}' cannot be opened: {str(error).splitlines()[0]}",
                    store_error(STORE, error, other).hint if fault_of(error) else other,
                ) from error
            raise NotAvailable(
                f"The MLflow server at {public_address(self.uri)} does not answer as expected",
                "Check MLFLOW_TRACKING_URI, or unset it to use the local store.",
            ) from error

    def _relocate(self, before: str, now: str) -> None:
        """Let a store whose folder was moved find its files: MLflow keeps absolute addresses in five tables."""
        with (
            told_as(STORE, STORE_REMEDY),
            closing(open_existing(self.root / "mlflow.db", self.lock_timeout_s)) as database,
            database,
        ):
            for table, column in _ADDRESSES:
                statement = (
                    f"UPDATE {table} SET {column} = ? || substr({column}, ?) WHERE substr({column}, 1, ?) = ?"  # noqa: S608 - constants
                )
                database.execute(statement, (now, len(before) + 1, len(before), before))
        get_logger(__name__).info("store.moved", root=self.root.name)


def _make(root: Path) -> None:
    """The folder; StoreError where there can be none of that name."""
    try:
        str(root).encode()  # MLflow writes the name into its tables
        with told_as(f"The workspace folder '{root.name}'"):
            root.mkdir(parents=True, exist_ok=True)
    except ValueError:  # half characters, or a NUL
        raise StoreError(
            f"The workspace folder {root.name!r} has a name that is not text", "Choose another folder."
        ) from None


class _Told:
    """An MLflow client whose failures to reach its store are HubErrors; its refusals stay MLflow's."""

    def __init__(self, client: Any, store: TrackingStore) -> None:
        self._client, self._store = client, store
        self._file = OpenFile(store.database) if store.database else None

    def __getattr__(self, name: str) -> Any:
        attribute = getattr(self._client, name)
        return self._telling(attribute) if callable(attribute) else attribute

    def _telling(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def told(*arguments: Any, **named: Any) -> Any:
            from mlflow.exceptions import MlflowException

            if self._file is not None:
                self._file.require(STORE, STORE_REMEDY)
            try:
                return call(*arguments, **named)
            except Exception as error:
                if not isinstance(error, MlflowException) or error.error_code in _UNREACHABLE:
                    self._tell(error)
                elif "must be in the 'active' state" in str(error):
                    raise StoreError(str(error).splitlines()[0], _RESTORE) from error
                raise

        return told

    def _tell(self, error: Exception) -> None:
        """Raise the HubError that says what is wrong with the store; nothing when that is not known."""
        if not self._store.is_local and "API request" in str(error):
            raise NotAvailable(
                f"The MLflow server at {public_address(self._store.uri)} does not answer",
                "Check that it runs (MLFLOW_TRACKING_URI), then try again.",
            ) from error
        if fault_of(error) is not None:
            raise store_error(STORE, error, STORE_REMEDY) from error


def require_unlocked(database: Path, timeout_s: float) -> None:
    """Nothing, or StoreError after ``timeout_s``: MLflow itself would try for minutes to open a locked file."""
    if not database.is_file():
        return
    with told_as(STORE, STORE_REMEDY), closing(open_existing(database, timeout_s)) as db:
        db.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone()


def _limit_waits(client: Any, timeout_s: float) -> None:
    """Put our time in the place of the 20 s that MLflow tells SQLite to wait for a lock, at every session.

    It has no setting for it (_get_managed_session_maker in mlflow/store/db/utils.py, 3.17.2). Short writes
    of other processes are waited for as before.
    """
    from sqlalchemy import event

    for store in (client._tracking_client.store, client._get_registry_client().store):
        engine = store.engine
        # One engine an address and process.
        if not event.contains(engine, "before_cursor_execute", _shortened):
            event.listen(engine, "before_cursor_execute", _shortened, retval=True)
        engine.dialect.hub_wait_ms = round(timeout_s * 1000)


def _shortened(connection: Any, cursor: Any, statement: str, parameters: Any, *_: Any) -> tuple[str, Any]:
    if statement.startswith("PRAGMA busy_timeout"):
        statement = f"PRAGMA busy_timeout = {connection.dialect.hub_wait_ms}"
    return statement, parameters


_RESTORE = "It was deleted with MLflow; restore it there: mlflow experiments restore, or mlflow runs restore."
_UNREACHABLE = ("TEMPORARILY_UNAVAILABLE", "BAD_REQUEST", "INTERNAL_ERROR")


def _put_in_place(folder: Path, cached: Path) -> None:
    """Rename a downloaded model, unless another thread or process was faster: a model never changes."""
    try:
        folder.rename(cached)
    except OSError:
        if not (cached / _MLMODEL).is_file():
            raise


def _write_texts(folder: Path, documents: Mapping[str, Any]) -> None:
    for name, content in documents.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        text = content if isinstance(content, str) else json.dumps(content)
        with written_whole(path) as partial:
            partial.write_text(text, encoding="utf-8")


def write_model(
    path: Path, model: Any, example: "pd.DataFrame", metadata: Mapping[str, Any], run_id: str, model_id: str
) -> None:
    """Write a fitted pipeline as an MLflow model folder in skops format."""
    import mlflow.sklearn
    from mlflow.models import Model
    from mlflow.models.signature import ModelSignature
    from mlflow.types import ColSpec, Schema

    from core.mlops.trust import TRUSTED_TYPES
    from core.mlops.versions import PACKAGES, runtime_versions

    import_skops()  # before MLflow does
    inputs = Schema([ColSpec("string" if example[c].dtype == object else "double", str(c)) for c in example])
    versions = runtime_versions()
    mlflow.sklearn.save_model(
        model,
        str(path),
        mlflow_model=Model(artifact_path="model", run_id=run_id, model_id=model_id, model_uuid=model_id),
        serialization_format="skops",
        skops_trusted_types=list(TRUSTED_TYPES),
        signature=ModelSignature(inputs=inputs, outputs=Schema([ColSpec("double")])),
        pip_requirements=[f"{name}=={versions[name]}" for name in PACKAGES],
        pyfunc_predict_fn="predict_proba",
        metadata=dict(metadata),
    )
    return_memory()  # skops describes a forest in 80 MB of small objects
    example.to_json(path / "input_example.json", orient="records")


def _is_abandoned(run: Any, dead: set[str], known: set[str]) -> bool:
    owner = run.data.tags.get(OWNER_TAG)
    if owner is None:
        return False
    if owner in known:
        return owner in dead
    return bool(time.time() * 1000 - run.info.start_time > _UNKNOWN_MS)
