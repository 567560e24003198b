"""What visitors and readers see writes percentages in one way: 95%."""

import re

import pytest

from core.config import ROOT

COPY = sorted(
    path
    for pattern in ("*.md", "docs/*.md", "assets/pages/*.toml", "assets/guide/**/*.toml", "assets/sql/*.toml")
    for path in ROOT.glob(pattern)
)


@pytest.mark.parametrize("path", COPY, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_space_stands_before_a_percent_sign(path):
    assert re.findall(r"\d\s%(?!\s*\d)", path.read_text(encoding="utf-8")) == []
