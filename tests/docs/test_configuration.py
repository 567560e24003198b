from pathlib import Path

import pytest

from core.config import ROOT
from scripts import write_configuration, write_functions, write_reliability


def test_the_configuration_page_says_what_the_settings_say():
    written = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    assert written == write_configuration.configuration(), "run: make docs"


def test_the_readme_lists_every_setting_of_the_hub():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert text == write_configuration.readme(text), "run: make docs"
    for name, _ in write_configuration.own_settings():
        assert f"`{name}`" in text


def test_the_function_page_says_what_the_catalogue_says():
    assert write_functions.PAGE.read_text(encoding="utf-8") == write_functions.page(), "run: make docs"


def test_the_reliability_page_says_what_the_marked_tests_say():
    assert write_reliability.PAGE.read_text(encoding="utf-8") == write_reliability.page(), "run: make docs"


def test_a_changed_default_would_be_noticed(monkeypatch):
    page = write_configuration.configuration()
    changed = page.replace("| `CHROMA_PORT` | `8000` |", "| `CHROMA_PORT` | `8001` |")
    assert changed != page


@pytest.mark.parametrize("command", ["demo", "test", "soak", "bench", "lint", "docs", "screenshots"])
def test_every_command_of_the_readme_is_in_the_makefile(command):
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    targets = Path(ROOT / "Makefile").read_text(encoding="utf-8")
    assert f"make {command}" in readme
    assert f"\n{command}:" in targets
