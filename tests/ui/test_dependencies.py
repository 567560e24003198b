"""The direction of dependencies, read from the source: no module is imported here."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.config import ROOT

DEMO_PACKAGES = ("sql_ai", "mlops", "rag")
SHARED = "guide"
MOST_LINES_OF_A_PAGE = 150
# plotly is not among them: streamlit 1.67 imports it by itself.
HEAVY = (
    "torch",
    "transformers",
    "sentence_transformers",
    "mlflow",
    "sklearn",
    "prophet",
    "chromadb",
    "pandas",
    "rich",
)


def modules(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def belongs(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def test_only_the_ui_package_imports_streamlit():
    ui = ROOT / "core" / "ui"
    guilty = [
        path.relative_to(ROOT).as_posix()
        for path in modules("core")
        if ui not in path.parents
        and any(name.split(".")[0].startswith("streamlit") for name in imported(path))
    ]
    assert guilty == []


@pytest.mark.parametrize("demo", [*DEMO_PACKAGES, SHARED])
def test_a_demo_never_imports_another_demo(demo):
    others = [f"core.{other}" for other in DEMO_PACKAGES if other != demo]
    guilty = [
        (path.relative_to(ROOT).as_posix(), name)
        for path in modules(f"core/{demo}")
        for name in imported(path)
        if any(belongs(name, other) for other in others)
    ]
    assert guilty == []


@pytest.mark.parametrize("demo", DEMO_PACKAGES)
def test_the_parts_of_a_page_never_use_another_demo(demo):
    others = [
        package
        for other in DEMO_PACKAGES
        if other != demo
        for package in (f"core.{other}", f"core.ui.{other}")
    ]
    guilty = [
        (path.relative_to(ROOT).as_posix(), name)
        for path in modules(f"core/ui/{demo}")
        for name in imported(path)
        if any(belongs(name, other) for other in others)
    ]
    assert guilty == []


def test_the_core_never_imports_the_ui():
    ui = ROOT / "core" / "ui"
    guilty = [
        path.relative_to(ROOT).as_posix()
        for path in modules("core")
        if ui not in path.parents and any(belongs(name, "core.ui") for name in imported(path))
    ]
    assert guilty == []


@pytest.mark.parametrize("page", [*modules("pages"), ROOT / "Home.py"], ids=lambda path: path.stem)
def test_a_page_stays_short(page):
    assert len(page.read_text(encoding="utf-8").splitlines()) <= MOST_LINES_OF_A_PAGE


def test_home_imports_nothing_heavy():
    """Home's whole closure, in a process of its own; the health check of Community Cloud runs this script."""
    closure = sorted({name for name in imported(ROOT / "Home.py") if belongs(name, "core")} | {"streamlit"})
    loads = "\n".join(f"import {name}" for name in closure if _is_module(name))
    loaded = f"import sys\n{loads}\nprint([name for name in {HEAVY!r} if name in sys.modules])"
    answer = subprocess.run(
        [sys.executable, "-c", loaded], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert answer.stdout.strip().splitlines()[-1] == "[]"


def _is_module(name: str) -> bool:
    base = ROOT.joinpath(*name.split("."))
    return "." not in name or base.with_suffix(".py").is_file() or (base / "__init__.py").is_file()
