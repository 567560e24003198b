"""Every view of the hub that an address opens, read from the registries and data the pages are drawn from.

`python -m scripts.views FOLDER [--url URL] [--only TEXT] [--first N]` pictures each one at 1440 and 390 pixels in both
themes, at 768 in the dark, and writes contact sheets to be looked at. The browser suite walks the same list.
"""

import argparse
import io
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bench import chromium  # noqa: E402
from core import demos  # noqa: E402
from core.guide import load_guide  # noqa: E402
from core.ui import frame, guide_view, presenter  # noqa: E402
from core.ui.mlops import compare, predict, runs, watch  # noqa: E402
from core.ui.mlops import views as model_views  # noqa: E402
from core.ui.rag import chat_view, compare_view, safety_view  # noqa: E402
from core.ui.rag import state as rag  # noqa: E402
from core.ui.sql_ai import examples, side, views  # noqa: E402
from core.ui.sql_ai.state import Action  # noqa: E402

_LIGHT, _DARK = (1440, 390), (1440, 768, 390)  # pixels, by theme
_TALLEST = 3600  # pixels of a page that one picture shows
_SCALES = {1440: 0.6, 768: 0.6, 390: 0.66}
_STRIP, _GAP = 1000, 8  # pixels of a sheet
_CHARTS_MS = 350  # they draw after the script has ended
_ANSWERED, _REFUSED = chat_view.EXAMPLES[0], chat_view.EXAMPLES[-1]


@dataclass(frozen=True)
class View:
    """A page in one of its states."""

    page: str  # its key in the registry of pages
    query: tuple[tuple[str, str], ...] = ()

    @property
    def name(self) -> str:
        """Short, unique, and fit for a file's name."""
        words = "-".join(f"{key}={value[:40]}" for key, value in self.query)
        return "".join(
            letter if letter.isalnum() or letter in "=-_." else "_" for letter in self.page + "-" + words
        )

    @property
    def address(self) -> str:
        """Path and query, without a leading slash."""
        path = demos.get(self.page).url.lstrip("/")
        return f"{path}?{urlencode(self.query)}" if self.query else path


def all_views() -> list[View]:
    """Each view once: pages, tabs, views, chapters, parts, results, empty states, errors, presenter mode."""
    found = [*_frames(), *_sql(), *_models(), *_rag(), *_guide(), *_presented()]
    return list(dict.fromkeys(found))


def _view(page: str, **query: str) -> View:
    return View(page, tuple(query.items()))


def _frames() -> Iterator[View]:
    for demo in demos.installed():
        yield _view(demo.key)
        yield _view(demo.key, notes="1")
        if demo.kind == "demo":
            yield from (_view(demo.key, tab=tab) for tab in frame.TABS)


def _sql() -> Iterator[View]:
    page = "sql_ai"
    yield from (_view(page, view=view.value) for view in views.View)
    yield _view(page, view=views.View.COMPATIBILITY.value, run="1")
    yield from (_view(page, example=example.name) for example in examples.examples())
    first = examples.default_example().name
    yield from (_view(page, example=first, run=action.value) for action in Action if action is not Action.RUN)
    yield from (_view(page, side=title) for title in side.LISTS)
    yield _view(page, q="SELECT 1", run="0")
    yield _view(page, q="SELECT prodct FROM product_reviews")  # a name that is not there
    yield _view(page, q="SELECT * FROM product_reviews WHERE FALSE")  # no rows
    yield _view(page, q="SELECT :limit AS asked")  # a parameter without a value
    # Wide cells.
    yield _view(page, q=f"SELECT '{'9' * 60}' AS {'a_long_name_' * 9}, '{'word ' * 60}' AS text")
    yield _view(page, example="no-such-example")


def _models() -> Iterator[View]:
    page = "experiment_browser"
    yield from (_view(page, view=view) for view in model_views.VIEWS)
    yield from (_view(page, view="runs", compare="top3", comparison=title) for title in compare.VIEWS)
    yield from (_view(page, view="runs", compare="top1", detail=title) for title in runs.DETAILS)
    yield _view(page, view="runs", filter="metrics.roc_auc > 2")  # no run
    yield _view(page, view="runs", filter="metrics.roc_auk >")  # not a filter
    yield from (_view(page, view="registry", version=version) for version in ("production", "1", "999"))
    yield from (_view(page, view="predict", sample=word) for word in predict.ASKED)
    yield from (_view(page, view="predict", records=title) for title in predict.PARTS)
    yield from (_view(page, view="watch", data=source) for source in watch.SOURCES)
    yield _view(page, view="watch", shift="Contract:25")


def _rag() -> Iterator[View]:
    page = "rag_chat"
    yield from (_view(page, view=view) for view in rag.VIEWS)
    yield from (_view(page, question=question, run="1") for question in chat_view.EXAMPLES)
    yield from (_view(page, question=_ANSWERED, run="1", compare=title) for title in compare_view.SERIES)
    yield _view(page, question=_ANSWERED, run="1", k="10", mode="keyword", diversity="0.5", mask="true")
    yield _view(page, question=_ANSWERED, run="1", source="yours")  # nothing to search in
    yield _view(page, view="Inspector", map="true")
    yield _view(page, view="Inspector", inspect="zzz")
    yield from (_view(page, view="Safety", attack=attack) for attack in safety_view.ATTACKS)
    yield _view(page, view="Evaluation", b="true")
    yield _view(page, view="Evaluation", evaluate="1", generator="extractive")


def _guide() -> Iterator[View]:
    page, guide = "interview_guide", load_guide()
    for chapter in guide.chapters:
        yield from (_view(page, section=chapter.title, part=part) for part in guide_view.parts(chapter))
        if chapter.questions:
            yield _view(page, section=chapter.title, part="Questions", q=chapter.questions[0].key)
            yield _view(page, section=chapter.title, part="Questions", topic=chapter.questions[0].topic.value)
    yield _view(page, section=guide_view.PRACTICE)
    yield _view(page, find="threshold")
    yield _view(page, find="xyzzy")


def _presented() -> Iterator[View]:
    """Each step of each script, and each stop of the tour, as the guide's links open them."""
    for script in load_guide().scripts.values():
        for number, step in enumerate(script.steps, 1):
            yield View(step.page, tuple(presenter.address_of(presenter.Place(script, number)).items()))


def main() -> None:
    """Picture every view and write the sheets."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("--url", help="a running app; without one it is started with an empty data folder")
    arguments.add_argument("--only", default="", help="views whose name holds this text")
    arguments.add_argument("--first", type=int, default=1, help="number of the view to begin with")
    given = arguments.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    from bench.server import started

    with nullcontext() if given.url else started("run", "Home.py", HUB_WARMUP="1") as server:
        url = given.url or server.url
        chosen = [view for view in all_views() if given.only in view.name]
        for number, (view, pictures) in enumerate(_pictured(url, chosen[given.first - 1 :]), given.first):
            for theme, shown in (("light", pictures[: len(_LIGHT)]), ("dark", pictures[len(_LIGHT) :])):
                _sheet(shown).save(given.folder / f"{number:03d}-{view.name[:100]}-{theme}.png")
            print(f"{number} of {len(chosen)}: {view.name}", flush=True)


def _pictured(url: str, chosen: list[View]) -> Iterator[tuple[View, list[Any]]]:
    with chromium.launched() as browser:
        for view in chosen:
            context = browser.new_context(color_scheme="light", reduced_motion="reduce")
            yield view, list(_taken(context.new_page(), f"{url}/{view.address}"))
            context.close()


def _taken(page: Any, address: str) -> Iterator[Any]:
    """Both themes and three widths; a page with a chart is loaded anew in the dark, which has colours of its own."""
    _load(page, address)
    for width in _LIGHT:
        yield _picture(page, width)
    page.emulate_media(color_scheme="dark")
    if page.locator(".stPlotlyChart").count():
        _load(page, address)
    for width in _DARK:
        yield _picture(page, width)


def _load(page: Any, address: str) -> None:
    page.set_viewport_size({"width": _LIGHT[0], "height": 900})
    page.goto(address)
    page.get_by_role("heading", level=1).first.wait_for(timeout=120_000)
    page.wait_for_timeout(300)


def _picture(page: Any, width: int) -> Any:
    """The whole page at this width, made smaller."""
    from PIL import Image

    page.set_viewport_size({"width": width, "height": 900})
    _settle(page)
    tall = page.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight")
    page.set_viewport_size({"width": width, "height": min(max(tall, 500), _TALLEST)})
    _settle(page)
    whole = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    size = (round(whole.width * _SCALES[width]), round(whole.height * _SCALES[width]))
    return whole.resize(size, Image.Resampling.LANCZOS)


def _settle(page: Any) -> None:
    page.locator("[data-test-script-state='notRunning']").wait_for(state="attached", timeout=240_000)
    page.wait_for_function("!document.querySelector('[data-testid=stSkeleton]')")
    page.wait_for_timeout(_CHARTS_MS)


def _sheet(pictures: list[Any]) -> Any:
    """The pictures side by side, cut into strips that fit a screen."""
    from PIL import Image

    strips = [
        picture.crop((0, top, picture.width, min(top + _STRIP, picture.height)))
        for picture in pictures
        for top in range(0, picture.height, _STRIP)
    ]
    width = sum(strip.width + _GAP for strip in strips)
    sheet = Image.new("RGB", (width, max(strip.height for strip in strips)), "#888")
    left = 0
    for strip in strips:
        sheet.paste(strip, (left, 0))
        left += strip.width + _GAP
    return sheet


if __name__ == "__main__":
    main()
