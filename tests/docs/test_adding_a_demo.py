"""The worked example of docs/adding-a-demo.md, carried out in a copy of the project."""

import json
import re
import shutil
import subprocess
import sys

import pytest

from core.config import ROOT

PARTS = ("Home.py", "pages", "core", "assets", ".streamlit")
LOOK = """
import json
from streamlit.testing.v1 import AppTest
from core import demos
from core.guide import load_guide

def app(file):
    run = AppTest.from_file(file, default_timeout=60).run()
    assert not run.exception, run.exception
    return run

home, page = app("Home.py"), app("pages/Word_Counter.py")
print(json.dumps({
    "cards": [heading.value for heading in home.header],
    "links": [link.label for link in home.get("page_link")],
    "menu": [demo.menu for demo in demos.installed()],
    "chapters": [chapter.title for chapter in load_guide().chapters],
    "pitch": next(c.pitch for c in load_guide().chapters if c.key == "word_count"),
    "title": page.title[0].value,
    "first": [str(cell) for cell in page.dataframe[0].value.iloc[0]],
}))
"""


def block(name: str) -> str:
    text = (ROOT / "docs" / "adding-a-demo.md").read_text(encoding="utf-8")
    found = re.search(rf"```python {name}\n(.*?)```", text, re.DOTALL)
    assert found, f"docs/adding-a-demo.md has no block {name!r}"
    return found[1]


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    copy = tmp_path_factory.mktemp("copy")
    for part in PARTS:
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, copy / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, copy / part)
    registry = copy / "core" / "demos.py"
    text = registry.read_text(encoding="utf-8")
    head, end, tail = text.partition("\n)\n\n\ndef ordered")
    registry.write_text(f"{head}\n{block('entry').rstrip()}{end}{tail}", encoding="utf-8")
    (copy / "pages" / "Word_Counter.py").write_text(block("page"), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", LOOK], cwd=copy, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


def test_the_page_runs(seen):
    assert seen["title"] == "Word Counter"
    assert seen["first"] == ["to", "2"]


def test_home_shows_its_card_and_link(seen):
    assert "Word Counter" in seen["cards"]
    assert "Open the Word Counter" in seen["links"]


def test_the_navigation_offers_it_last(seen):
    assert seen["menu"][-1] == "Words"


def test_the_guide_has_a_chapter_with_the_words_of_the_registry(seen):
    assert seen["chapters"][-2:] == ["Words", "All projects"]
    assert seen["pitch"].startswith("Counting is the first statistic.")
