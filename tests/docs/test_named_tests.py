"""Every test that the docs name exists, and what docs/security.md says of addresses holds."""

import ast
import re

import pytest

from core.config import ROOT

NAMED = sorted(
    {
        (path, name)
        for page in (ROOT / "docs").glob("*.md")
        for path, name in re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", page.read_text(encoding="utf-8"))
    }
)


@pytest.mark.parametrize(("path", "name"), NAMED, ids=[name for _, name in NAMED])
def test_a_named_test_exists(path, name):
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    assert name in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_only_the_settings_name_addresses_to_call():
    """`requests` is used for the endpoint, whose address comes from the settings, and for loopback."""
    users = {
        str(path.relative_to(ROOT))
        for path in [*(ROOT / "core").rglob("*.py"), *(ROOT / "pages").glob("*.py"), ROOT / "Home.py"]
        if re.search(r"^\s*(import|from) (requests|httpx|urllib\.request|aiohttp)\b", path.read_text(), re.M)
    }
    assert users <= {
        "core/deadline.py",  # how the endpoint's answers are read
        "core/generator_endpoint.py",
        "core/mlops/service_client.py",
        "core/mlops/service_process.py",
    }
