"""What holds for every page of the registry, whoever wrote it."""

import pytest

from core import demos
from core.config import ROOT

PAGES = demos.installed()


def test_the_registry_and_the_pages_folder_name_the_same_files():
    on_disk = {f"pages/{path.name}" for path in (ROOT / "pages").glob("*.py")} | {"Home.py"}
    assert on_disk == {demo.page_file for demo in demos.DEMOS}


@pytest.mark.parametrize("demo", PAGES, ids=lambda d: d.key)
def test_a_page_opens_cold_with_title_and_navigation(open_app, demo):
    app = open_app(demo.page_file)
    assert [title.value for title in app.title] == [demo.title]
    assert not app.error


@pytest.mark.parametrize("demo", PAGES, ids=lambda d: d.key)
def test_unknown_query_parameters_do_no_harm(open_app, demo):
    app = open_app(demo.page_file, nonsense="1", tab="No such tab", k="not a number", view="../../etc")
    assert [title.value for title in app.title] == [demo.title]


@pytest.mark.parametrize("demo", PAGES, ids=lambda d: d.key)
def test_a_page_reruns_without_losing_its_title(open_app, demo):
    app = open_app(demo.page_file).run()
    assert not app.exception
    assert [title.value for title in app.title] == [demo.title]
