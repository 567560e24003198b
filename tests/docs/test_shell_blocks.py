"""Every shell block of the README and docs is run as it stands; what cannot be run here is named."""

import re
import subprocess

import pytest

from core.config import ROOT

# Marks after ```sh that keep a block from being run, with the reason.
NOT_RUN = {"docker": "no Docker engine; tests/deploy runs the image's own commands"}
# Lines left out of a block, with the reason.
LEFT_OUT = {
    "make demo": "starts a server that does not end; the browser suite starts the same one",
    "make test": "is what runs this test",
}
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def blocks():
    for page in PAGES:
        found = re.findall(r"```sh *(\w*)\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
        for number, (mark, text) in enumerate(found, 1):
            yield pytest.param(mark, text, id=f"{page.name}-{number}")


def runnable(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if not line.startswith(tuple(LEFT_OUT)))


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    """A folder that looks like the checkout, so that nothing is written into the real one."""
    folder = tmp_path_factory.mktemp("checkout")
    for item in ROOT.iterdir():
        if item.name not in (".git", ".hub"):
            (folder / item.name).symlink_to(item)
    (folder / ".hub").mkdir()
    (folder / ".hub" / "models").symlink_to(ROOT / ".hub" / "models")
    return folder


@pytest.mark.parametrize(("mark", "text"), list(blocks()))
def test_a_block_runs_as_it_stands(checkout, mark, text):
    if mark in NOT_RUN:
        pytest.skip(NOT_RUN[mark])
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", runnable(text)],
        cwd=checkout,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]


def test_there_are_blocks_to_run():
    runs = [
        param for param in blocks() if param.values[0] not in NOT_RUN and runnable(param.values[1]).strip()
    ]
    assert len(runs) >= 2


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_relative_link_and_picture_exists(page):
    targets = re.findall(r"\]\((?!https?://|#)([^)#]+)", page.read_text(encoding="utf-8"))
    assert [target for target in targets if not (page.parent / target).exists()] == []
