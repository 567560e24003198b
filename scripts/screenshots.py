"""Takes every picture of the README from the running app: `make screenshots`.

The app is started with an empty data folder, each page is opened in a state worth showing, and the
pictures go to docs/images: one a page, a phone in the dark theme, and a short animated walk.
"""

import io
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bench import chromium  # noqa: E402
from bench.server import started  # noqa: E402
from core import demos  # noqa: E402

FOLDER = ROOT / "docs" / "images"
DESKTOP, PHONE = (1440, 960), (390, 844)
_WALK_WIDTH = 900
_WALK_MS = 2600  # how long each picture of the walk stays
_COLOURS = 128
_PATIENCE_MS = 240_000  # the first visit seeds stores and loads models


@dataclass(frozen=True)
class Shot:
    """A picture: which page in which state, and the text that says it is ready."""

    name: str
    page: str
    ready: str
    query: tuple[tuple[str, str], ...] = ()
    size: tuple[int, int] = DESKTOP
    dark: bool = False


SHOTS = (
    Shot("home", "home", "Warmed up"),
    Shot("sql-ai", "sql_ai", "POSITIVE_PCT by PRODUCT", (("example", "sentiment"), ("run", "1"))),
    Shot("runs", "experiment_browser", "3 runs compared", (("view", "runs"), ("compare", "top3"))),
    Shot("registry", "experiment_browser", "gates passed", (("view", "registry"), ("version", "production"))),
    Shot(
        "rag-chat",
        "rag_chat",
        "25 days",
        (("question", "How many days of annual leave do I have in Porto?"), ("run", "1")),
    ),
    Shot("guide", "interview_guide", "Explain how RAG works", (("section", "RAG"), ("part", "Questions"))),
    Shot(
        "phone-dark",
        "rag_chat",
        "25 days",
        (("question", "How many days of annual leave do I have in Porto?"), ("run", "1")),
        PHONE,
        dark=True,
    ),
)
WALK = ("home", "sql-ai", "runs", "registry", "rag-chat", "guide")


def main() -> None:
    """Take all pictures and write the walk."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with started("run", "Home.py", HUB_WARMUP="1") as server:
        server.wait_for("warmup.done") if _opened_once(server.port) else None
        pictures = dict(_take(server.port))
    for name, data in pictures.items():
        _save(data, FOLDER / f"{name}.png")
    _save_walk([pictures[name] for name in WALK], FOLDER / "walk.gif")


def _take(port: int) -> Iterator[tuple[str, bytes]]:
    with chromium.launched() as browser:
        for shot in SHOTS:
            width, height = shot.size
            context = browser.new_context(
                viewport={"width": width, "height": height},
                color_scheme="dark" if shot.dark else "light",
                reduced_motion="reduce",
            )
            page = context.new_page()
            page.set_default_timeout(_PATIENCE_MS)
            page.goto(_address(port, shot))
            _wait(page, shot.ready)
            yield shot.name, page.screenshot()
            context.close()
            print(f"taken: {shot.name}")


def _opened_once(port: int) -> bool:
    """Home is opened, which starts the warm-up that the picture of Home waits for."""
    with chromium.launched() as browser:
        page = browser.new_page()
        page.goto(f"http://127.0.0.1:{port}/")
        _wait(page, demos.get("home").title)
    return True


def _address(port: int, shot: Shot) -> str:
    url = demos.get(shot.page).url.lstrip("/")
    return f"http://127.0.0.1:{port}/{url}?{urlencode(shot.query)}"


def _wait(page: Any, text: str) -> None:
    seen = page.get_by_text(text).filter(visible=True)  # the closed side panel holds the pages' names, too
    seen.first.wait_for()
    page.locator("[data-test-script-state='notRunning']").wait_for(state="attached")
    page.wait_for_timeout(1500)  # charts draw after the script has ended


def _save(data: bytes, path: Path) -> None:
    """Write the picture with a palette: a third of the size, no visible loss on flat colours."""
    _reduced(data).save(path, optimize=True)


def _save_walk(pictures: list[bytes], path: Path) -> None:
    frames = [_reduced(data, _WALK_WIDTH) for data in pictures]
    first, *rest = frames
    first.save(path, save_all=True, append_images=rest, duration=_WALK_MS, loop=0, optimize=True)


def _reduced(data: bytes, width: int | None = None) -> Any:
    from PIL import Image

    picture = Image.open(io.BytesIO(data)).convert("RGB")
    if width:
        picture = picture.resize(
            (width, round(picture.height * width / picture.width)), Image.Resampling.LANCZOS
        )
    return picture.quantize(_COLOURS, dither=Image.Dither.NONE)


if __name__ == "__main__":
    main()
