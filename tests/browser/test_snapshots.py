"""How parts of the pages look, against pictures in snapshots/; HUB_UPDATE_SNAPSHOTS=1 takes them anew.

The pictures are taken with Debian's chromium and the fonts of fonts-dejavu; another renderer draws text
a little differently, which the tolerance allows, while a missing, moved or cut element is far above it.
"""

import io
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFilter

from tests.browser.conftest import open_page

FOLDER = Path(__file__).parent / "snapshots"
UPDATE = os.environ.get("HUB_UPDATE_SNAPSHOTS") == "1"
_DIFFERENT = 40  # of 255: a blurred pixel that differs by more is counted
_TOLERATED = 0.02  # share of such pixels
SHOTS = [
    ("home-cards", "", ".st-key-home_cards"),
    ("guide-pitch", "Interview_Guide?section=SQL+AI", ".st-key-hub_pitch"),
    ("sql-header", "SQL_AI_Playground", ".st-key-hub_header"),
    ("models-header", "Experiment_Browser", ".st-key-hub_header"),
    ("rag-header", "RAG_Chat", ".st-key-hub_header"),
]


def difference(left: Image.Image, right: Image.Image) -> float:
    """Share of pixels that differ visibly; 1.0 when the sizes do."""
    if abs(left.width - right.width) > 2 or abs(left.height - right.height) > 2:
        return 1.0
    size = (min(left.width, right.width), min(left.height, right.height))
    a, b = (
        np.asarray(picture.convert("RGB").crop((0, 0, *size)).filter(ImageFilter.GaussianBlur(2)), dtype=int)
        for picture in (left, right)
    )
    return float((np.abs(a - b).max(axis=2) > _DIFFERENT).mean())


@pytest.mark.parametrize(("name", "address", "part"), SHOTS, ids=[shot[0] for shot in SHOTS])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_it_looks_as_it_did(open_session, app_url, name, address, part, dark):
    page = open_session(width=1200, dark=dark)
    open_page(page, f"{app_url}/{address}")
    page.evaluate("document.fonts.ready")
    element = page.locator(part).first
    element.wait_for(state="visible")
    seen = Image.open(io.BytesIO(element.screenshot(animations="disabled")))
    kept = FOLDER / f"{name}-{'dark' if dark else 'light'}.png"
    if UPDATE:
        FOLDER.mkdir(exist_ok=True)
        seen.convert("RGB").quantize(64, dither=Image.Dither.NONE).save(kept, optimize=True)
    share = difference(Image.open(kept), seen)
    assert share <= _TOLERATED, f"{share:.1%} of the pixels differ from {kept.name}"


def test_a_moved_element_is_far_above_the_tolerance():
    picture = Image.new("RGB", (300, 80), "white")
    picture.paste((20, 20, 20), (10, 10, 120, 60))
    moved = Image.new("RGB", (300, 80), "white")
    moved.paste((20, 20, 20), (60, 10, 170, 60))
    assert difference(picture, moved) > 5 * _TOLERATED
    assert difference(picture, picture.copy()) == 0.0
