"""The work of a first start can be done ahead, part by part."""

import json
import subprocess
import sys

import pytest

from core.bake import PARTS, bake, is_first_start
from core.config import settings
from core.errors import BadInput


def test_an_unknown_part_is_refused_with_the_choice():
    with pytest.raises(BadInput) as caught:
        bake("sentiment", "coffee")
    assert "coffee" in caught.value.message
    assert all(part in caught.value.hint for part in PARTS)


def test_a_first_start_is_over_when_coefficients_and_index_are_there(set_settings, tmp_path):
    set_settings(HUB_DATA_DIR=str(tmp_path))
    assert is_first_start()
    command = [sys.executable, "-m", "core.bake", "sentiment"]
    found = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    assert found["sentiment"]["a good start"] > 0
    assert is_first_start()
    (settings().data_dir / "rag").mkdir()
    assert not is_first_start()
