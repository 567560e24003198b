"""The source of what just ran, with file, lines and a link to the repository."""

import ast
import inspect
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st

from core.config import ROOT, settings
from core.errors import BadInput


@dataclass(frozen=True, slots=True)
class Source:
    """A piece of source: where it is and what it says."""

    name: str
    path: str  # relative to the project's root
    first: int
    last: int
    text: str

    @property
    def location(self) -> str:
        """'core/rag/retrieval.py:40-72'."""
        return f"{self.path}:{self.first}-{self.last}"

    @property
    def link(self) -> str | None:
        """Address of these lines in the configured repository, or None."""
        base = settings().hub_repository_url
        return f"{base.rstrip('/')}/blob/main/{self.path}#L{self.first}-L{self.last}" if base else None


def show_source(*objects: Callable[..., Any] | type | str) -> None:
    """Show the source of functions or classes; a string 'core.rag.retrieval:fuse' is not imported."""
    for source in (find_source(item) for item in objects):
        where = f"[{source.location}]({source.link})" if source.link else f"`{source.location}`"
        st.markdown(f"**{source.name}** in {where}")
        st.code(source.text, language="python", wrap_lines=True)


def find_source(item: Callable[..., Any] | type | str) -> Source:
    """Where an object is defined; raises BadInput when there is no such definition."""
    if isinstance(item, str):
        return _by_reference(item)
    target = inspect.unwrap(item)
    lines, first = inspect.getsourcelines(target)
    path = Path(inspect.getsourcefile(target) or "").resolve()
    name = path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else path.name
    return Source(target.__qualname__, name, first, first + len(lines) - 1, textwrap.dedent("".join(lines)))


@cache
def _by_reference(reference: str) -> Source:
    """Find 'package.module:Class.method' in the syntax tree; 'package.module' is the whole file."""
    module, _, qualname = reference.partition(":")
    path = _module_file(module, reference)
    text = path.read_text(encoding="utf-8")
    relative = path.relative_to(ROOT).as_posix()
    if not qualname:
        return Source(module, relative, 1, text.count("\n"), text)
    node = _definition(ast.parse(text), qualname.split("."), reference)
    first = min([node.lineno, *(mark.lineno for mark in getattr(node, "decorator_list", []))])
    last = node.end_lineno or node.lineno
    body = "".join(text.splitlines(keepends=True)[first - 1 : last])
    return Source(qualname, relative, first, last, textwrap.dedent(body))


def _module_file(module: str, reference: str) -> Path:
    base = ROOT.joinpath(*module.split("."))
    for path in (base.with_suffix(".py"), base / "__init__.py"):
        if path.is_file():
            return path
    raise BadInput(f"{reference!r} names no module of this project", "Write it as 'core.rag.retrieval:fuse'.")


def _definition(tree: ast.AST, names: list[str], reference: str) -> ast.stmt:
    scope: Any = tree
    for name in names:
        scope = next((node for node in scope.body if _defines(node, name)), None)
        if scope is None:
            raise BadInput(f"{reference!r}: {name!r} is not defined there", "Was it renamed?")
    return scope


def _defines(node: ast.stmt, name: str) -> bool:
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return node.name == name
    if isinstance(node, ast.AnnAssign):
        return isinstance(node.target, ast.Name) and node.target.id == name
    if isinstance(node, ast.Assign):
        return any(isinstance(target, ast.Name) and target.id == name for target in node.targets)
    return False
