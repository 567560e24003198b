"""What every test shares: an isolated data folder, quiet processes, one real embedder."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from itertools import chain, zip_longest
from pathlib import Path

_ROOT = Path(__file__).resolve().parent.parent
_DATA = Path(tempfile.mkdtemp(prefix="hub-tests-"))

# Before anything of the project is imported: the settings are read once a process.
for _name in [n for n in os.environ if n.startswith(("LLM_", "MLFLOW_TRACKING", "CHROMA_", "HUB_ADMIN"))]:
    del os.environ[_name]
os.environ["HUB_DATA_DIR"] = str(_DATA)
os.environ["HUB_WARMUP"] = "0"
os.environ.setdefault("HUB_LOG_LEVEL", "WARNING")
# Converting the language model takes half a minute: all test runs of a checkout share the result.
(_ROOT / ".hub" / "models").mkdir(parents=True, exist_ok=True)
(_DATA / "models").symlink_to(_ROOT / ".hub" / "models")

from core.runtime import prepare  # noqa: E402

prepare()

import hypothesis  # noqa: E402
import pytest  # noqa: E402

from core import generator  # noqa: E402
from core.config import settings  # noqa: E402
from core.embedder import Embedder, get_embedder  # noqa: E402
from core.generator import Generator, get_generator  # noqa: E402
from tests.support.llm_server import LlmServer  # noqa: E402
from tests.support.once import made_once  # noqa: E402

# Folders whose tests mostly wait, for servers and a browser, and folders with files that compute for a minute.
_WAITING, _COMPUTING = (
    ("load", "deploy", "browser", "docs"),
    ("acceptance", "mlops", "app", "faults", "rag", "core"),
)

# A busy machine is no failure.
hypothesis.settings.register_profile("hub", deadline=None)
hypothesis.settings.load_profile("hub")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files first, one that waits beside one that computes: the processors are used, and no long file is last.

    xdist hands out files in this order (``--no-loadscope-reorder``).
    """
    files: dict[Path, list[pytest.Item]] = {}
    for item in items:
        files.setdefault(item.path, []).append(item)

    def within(folders: tuple[str, ...]) -> list[list[pytest.Item]]:
        found = [path for path in files if _folder(path) in folders]
        found.sort(key=lambda path: (folders.index(_folder(path)), -len(files[path])))
        return [files.pop(path) for path in found]

    long = zip_longest(within(_WAITING), within(_COMPUTING), fillvalue=[])
    short = sorted(files.values(), key=len, reverse=True)
    items[:] = chain(*chain(*long), *short)


def _folder(path: Path) -> str:
    """The folder directly below tests/ that holds this file."""
    return path.relative_to(_ROOT / "tests").parts[0]


def pytest_sessionfinish() -> None:
    """Remove the data folder of this run."""
    (_DATA / "models").unlink(missing_ok=True)
    shutil.rmtree(_DATA, ignore_errors=True)


_MAIN = sys.modules["__main__"]


@pytest.fixture(autouse=True)
def _main_module() -> Iterator[None]:
    """A page that AppTest runs takes the place of ``__main__``, and a child process would run it first."""
    sys.modules["__main__"] = _MAIN
    yield
    sys.modules["__main__"] = _MAIN


@pytest.fixture
def data_dir(tmp_path: Path, set_settings: Callable[..., None]) -> Path:
    """A fresh folder that is the data folder during this test (the converted language model is there)."""
    folder = tmp_path / "hub"
    folder.mkdir()
    (folder / "models").symlink_to(_ROOT / ".hub" / "models")
    set_settings(HUB_DATA_DIR=str(folder))
    return folder


@pytest.fixture
def set_settings(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Change settings by their environment names for one test: ``set_settings(LLM_MODEL="x")``; None removes.

    An endpoint that was made from other settings is forgotten, before and after.
    """

    def forget() -> None:
        settings.cache_clear()
        generator._generators.pop("endpoint", None)

    def change(**values: str | None) -> None:
        for name, value in values.items():
            if value is None:
                monkeypatch.delenv(name, raising=False)
            else:
                monkeypatch.setenv(name, value)
        forget()

    yield change
    monkeypatch.undo()
    forget()


@pytest.fixture(scope="session")
def embedder() -> Embedder:
    """The real, packaged embedder."""
    return get_embedder()


@pytest.fixture(scope="session")
def local_generator() -> Generator:
    """The real, packaged language model."""
    return get_generator("local")


@pytest.fixture(scope="session")
def first_start(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with what a first start makes: models trained, documents indexed. It is only copied."""

    def make(folder: Path) -> None:
        folder.mkdir()
        (folder / "models").symlink_to(_ROOT / ".hub" / "models")
        environment = os.environ | {"HUB_DATA_DIR": str(folder)}
        for module in (("core.bake",), ("core.mlops", "--root", str(folder / "mlops"), "seed", "--json")):
            command = [sys.executable, "-m", *module]
            subprocess.run(command, cwd=_ROOT, env=environment, stdout=subprocess.DEVNULL, check=True)

    return made_once(tmp_path_factory, "first-start", make)


@pytest.fixture
def llm_server() -> Iterator[LlmServer]:
    """A real server on loopback that speaks the chat completions protocol."""
    with LlmServer() as server:
        yield server
