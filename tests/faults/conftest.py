"""Real faults for the stores: a small disk that fills up, a read-only place, a lock held by somebody else."""

import gc
import os
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from core.config_mlops import MlopsSettings
from tests.mlops.conftest import SMALL, customers, migrated  # noqa: F401  fixtures
from tests.support.once import made_once

DISK_MB = 8
_LETS_GO_WITHIN_S = 20


class Disk:
    """A file system of a few megabytes, which can be filled up and made read-only."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._ballast = path / "ballast"

    def fill(self) -> None:
        """Leave not a single byte."""
        with self._ballast.open("wb", buffering=0) as file:
            try:
                while file.write(b"\0" * 4096):
                    pass
            except OSError:
                pass  # full, as wanted

    def free(self) -> None:
        """Give the space back."""
        self._ballast.unlink(missing_ok=True)

    def make_read_only(self) -> None:
        """From now on nothing can be written; Chroma's own threads let go of their files some time after `close`."""
        deadline = time.monotonic() + _LETS_GO_WITHIN_S
        while True:
            try:
                return _mount("-o", "remount,ro", str(self.path))
            except subprocess.CalledProcessError:
                if time.monotonic() > deadline:
                    raise
                gc.collect()
                time.sleep(0.2)

    def make_writable(self) -> None:
        """As before."""
        _mount("-o", "remount,rw", str(self.path))


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    """A small tmpfs of this test's own; skipped where nothing may be mounted."""
    with mounted(tmp_path / "disk") as small:
        yield small


@contextmanager
def mounted(path: Path) -> Iterator[Disk]:
    """A small tmpfs at ``path`` until the block ends; skips the test where nothing may be mounted."""
    path.mkdir(parents=True)
    try:
        _mount("-t", "tmpfs", "-o", f"size={DISK_MB}m", "tmpfs", str(path))
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("a file system of its own cannot be mounted here (it needs the right to mount)")
    try:
        yield Disk(path)
    finally:
        subprocess.run(["umount", "-l", str(path)], check=False)


@contextmanager
def locked(database: Path) -> Iterator[None]:
    """Another process's long write: nobody else can read or write the SQLite file meanwhile."""
    other = sqlite3.connect(database, isolation_level=None)
    other.execute("PRAGMA locking_mode = EXCLUSIVE")
    other.execute("BEGIN EXCLUSIVE")
    try:
        yield
    finally:
        other.rollback()
        other.close()


def damage(*paths: Path) -> None:
    """Overwrite files in place with what is no database and no log."""
    for path in paths:
        with path.open("r+b") as file:
            file.write(b"this was written by a broken disk " * (path.stat().st_size // 34 + 1))
        os.sync()


@pytest.fixture(scope="session")
def workspace_template(tmp_path_factory, migrated, customers) -> Path:  # noqa: F811
    """The folder of a workspace with two runs, both registered, one of them in Production; only copied."""
    from core.mlops import open_workspace

    def make(folder: Path) -> None:
        folder.mkdir()
        shutil.copy(migrated, folder / "mlflow.db")
        ws = open_workspace(folder, SMALL)
        names = ["logistic_regression", "hist_gradient_boosting"]
        runs = ws.train(customers, "Churn", "Yes", names, budget_s=0.001, name="generated")
        versions = [ws.register(run.run_id, actor="test", reason="test") for run in runs]
        ws.promote(versions[0], to="Production", reason="test", actor="test", override=True)
        ws.close()

    return made_once(tmp_path_factory, "two-runs", make)


@pytest.fixture
def open_copy(workspace_template, tmp_path) -> Callable[..., object]:
    """``open_copy(folder)``: a copy of the template there (else in this test's folder), opened."""
    from core.mlops import open_workspace

    opened = []

    def copy(folder: Path | None = None, settings: MlopsSettings = SMALL):
        place = folder or tmp_path / "ws"
        shutil.copytree(workspace_template, place, dirs_exist_ok=True)
        opened.append(open_workspace(place, settings))
        return opened[-1]

    yield copy
    for workspace in opened:
        workspace.close()


def _mount(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True, capture_output=True)
