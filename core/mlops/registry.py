"""Versions and their stages: aliases are the truth, stages are how they are shown."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, overload

from core.errors import BadInput, StoreError
from core.mlops.models import ModelFacts, read_facts
from core.mlops.tracking import TrackingStore

Alias = Literal["production", "staging", "challenger", "previous"]
Stage = Literal["None", "Staging", "Production", "Archived"]
# In the order they are moved.
ALIASES: tuple[Alias, ...] = (
    "previous",
    "production",
    "staging",
    "challenger",
)
WAS_LIVE_TAG = "hub.was_live"
_MODEL_TAG = "hub.model_id"
_PAGE = 1000  # versions asked for at a time
_MOST_FACTS = 500  # descriptions kept in memory


@dataclass(frozen=True)
class VersionInfo:
    """A registered version with what is needed to judge and load it."""

    version: int
    model_name: str
    model_id: str
    run_id: str
    sklearn_version: str
    python_version: str
    trusted_types: tuple[str, ...]
    stage: Stage = "None"
    aliases: tuple[str, ...] = ()
    tags: tuple[tuple[str, str], ...] = ()
    created: int = 0  # milliseconds since 1970


class Stages(dict[int, Stage]):
    """The stage of every version; asked for a stage by name, it tells the version there, or None."""

    if TYPE_CHECKING:

        @overload  # type: ignore[no-overload-impl]
        def __getitem__(self, key: int, /) -> Stage: ...
        @overload
        def __getitem__(self, key: Stage, /) -> int | None: ...

    def __missing__(self, key: Any) -> int | None:
        if key not in ("None", "Staging", "Production", "Archived"):
            raise KeyError(key)
        return max((version for version, stage in self.items() if stage == key), default=None)


class Registry:
    """The registered model of a workspace; ``mark`` differs once the store has changed, None when that is not known."""

    def __init__(self, store: TrackingStore, name: str, mark: Callable[[], object | None]) -> None:
        self._store, self.name = store, name
        self._mark = mark
        self._named: dict[str, tuple[object, Any]] = {}  # by alias: the mark, and what the registry said then
        self._facts: dict[str, tuple[int, ModelFacts]] = {}

    def create(self, run_id: str, model_id: str, tags: dict[str, str]) -> int:
        """A new version for a run's model; the run's earlier version if it has one."""
        from mlflow.exceptions import MlflowException

        existing = [item for item in self._all() if item.run_id == run_id]
        if existing:
            return int(existing[0].version)
        try:
            self._store.client.create_registered_model(self.name)
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise
        source = self._store.model_source(model_id)
        # A server takes a source of the form models:/m-.. only together with the model's id.
        named = model_id if source.startswith("models:/") else None
        made = self._store.client.create_model_version(
            self.name, source, run_id=run_id, tags={**tags, _MODEL_TAG: model_id}, model_id=named
        )
        return int(made.version)

    def resolve(self, alias: str) -> VersionInfo | None:
        """The version an alias points to, or None; asks again (about 3 ms) only when the store may have changed."""
        mark = self._mark()
        known = self._named.get(alias)
        if known is None or mark is None or known[0] != mark:
            known = self._named[alias] = (mark, self._ask_for(alias))
        found = known[1]
        return None if found is None else self._info(found, self.aliases() if not found.aliases else None)

    def _ask_for(self, alias: str) -> Any:
        from mlflow.exceptions import MlflowException

        try:
            return self._store.client.get_model_version_by_alias(self.name, alias)
        except MlflowException as error:
            if "not found" in str(error).casefold():
                return None
            raise StoreError(
                f"The registry cannot be read: {str(error).splitlines()[0]}",
                "The server's log has the details; try again.",
            ) from error

    def get(self, version: int) -> VersionInfo:
        """One version; raises BadInput naming those that exist."""
        aliases = self.aliases()
        for item in self._all():
            if int(item.version) == version:
                return self._info(item, aliases)
        known = ", ".join(str(int(item.version)) for item in self._all()) or "none yet"
        raise BadInput(f"There is no version {version!r} of '{self.name}'", f"Versions: {known}.")

    def versions(self) -> list[VersionInfo]:
        """All versions, newest first; ones whose files are gone are listed with unknown versions."""
        aliases = self.aliases()
        return [self._info(item, aliases) for item in self._all()]

    def aliases(self) -> dict[str, int]:
        """Which version each alias points to."""
        from mlflow.exceptions import MlflowException

        try:
            found = self._store.client.get_registered_model(self.name).aliases
        except MlflowException as error:
            if error.error_code == "RESOURCE_DOES_NOT_EXIST":
                return {}
            raise
        return {str(alias): int(version) for alias, version in dict(found).items()}

    def stages(self) -> Stages:
        """The stage of every version, derived from the aliases."""
        aliases = self.aliases()
        return Stages({int(i.version): _stage(int(i.version), aliases, dict(i.tags)) for i in self._all()})

    def move(self, after: dict[str, int | None]) -> None:
        """Point aliases at versions (None removes one). Safe to repeat: recovery does."""
        now = self.aliases()
        for alias in ALIASES:
            if alias not in after or now.get(alias) == after[alias]:
                continue
            version = after[alias]
            if version is None:
                self._store.client.delete_registered_model_alias(self.name, alias)
            else:
                self._store.client.set_registered_model_alias(self.name, alias, version)
            if version is not None and alias in ("production", "staging"):
                self.tag(version, {WAS_LIVE_TAG: "true"})

    def tag(self, version: int, tags: dict[str, str]) -> None:
        """Write tags of a version; raises BadInput when it was deleted meanwhile."""
        from mlflow.exceptions import MlflowException

        try:
            for key, value in tags.items():
                self._store.client.set_model_version_tag(self.name, version, key, value[:4900])
        except MlflowException:
            self.get(version)
            raise

    def delete(self, version: int) -> None:
        """Remove a version; refused while an alias points to it."""
        self.require_unused(version)
        self.get(version)
        self._store.client.delete_model_version(self.name, version)

    def require_unused(self, version: int) -> None:
        """Nothing, or BadInput naming the aliases that point to the version."""
        holding = sorted(alias for alias, number in self.aliases().items() if number == version)
        if holding:
            raise BadInput(
                f"Version {version} is in use as {', '.join(holding)}",
                "Promote another version or roll back first; then it can be deleted.",
            )

    def facts(self, model_id: str) -> ModelFacts:
        """What the model's MLmodel file says; read again only when the file has changed."""
        folder = self._store.model_folder(model_id)
        written = (folder / "MLmodel").stat().st_mtime_ns
        cached = self._facts.get(model_id)
        if cached is None or cached[0] != written:
            if len(self._facts) >= _MOST_FACTS:
                self._facts.pop(next(iter(self._facts)), None)
            cached = self._facts[model_id] = (written, read_facts(folder))
        return cached[1]

    def _all(self) -> list[Any]:
        found: list[Any] = []
        token: str | None = None
        while True:
            page = self._store.client.search_model_versions(
                f"name = '{self.name}'", max_results=_PAGE, page_token=token
            )
            found += page
            token = page.token
            if not token:
                return sorted(found, key=lambda item: -int(item.version))

    def _info(self, item: Any, aliases: dict[str, int] | None) -> VersionInfo:
        version, tags = int(item.version), dict(item.tags)
        model_id = tags.get(_MODEL_TAG) or str(item.source).rsplit("/", 1)[-1]
        try:
            facts: ModelFacts | None = self.facts(model_id)
        except StoreError:
            facts = None  # it can still be seen, rolled back from and deleted; loading it tells what is wrong
        held = item.aliases if aliases is None else [a for a, number in aliases.items() if number == version]
        return VersionInfo(
            version=version,
            model_name=self.name,
            model_id=model_id,
            run_id=str(item.run_id),
            sklearn_version=facts.sklearn_version if facts else "",
            python_version=facts.python_version if facts else "",
            trusted_types=facts.trusted_types if facts else (),
            stage=_stage(version, dict.fromkeys(held, version), tags),
            aliases=tuple(sorted(held)),
            tags=tuple(sorted(tags.items())),
            created=int(item.creation_timestamp or 0),
        )


def _stage(version: int, aliases: dict[str, int], tags: dict[str, str]) -> Stage:
    if aliases.get("production") == version:
        return "Production"
    if aliases.get("staging") == version:
        return "Staging"
    return "Archived" if tags.get(WAS_LIVE_TAG) == "true" else "None"
