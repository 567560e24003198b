import ast

import pytest
from streamlit.testing.v1 import AppTest

from core import demos
from core.errors import BadInput
from core.ui.code_panel import find_source


def test_a_function_and_its_name_lead_to_the_same_lines():
    assert find_source(demos.get) == find_source("core.demos:get")


def test_a_method_is_found_inside_its_class():
    source = find_source("core.errors:HubError.to_dict")
    assert source.path == "core/errors.py"
    assert source.text.startswith("def to_dict")  # dedented


def test_the_lines_named_are_the_lines_shown():
    source = find_source("core.demos:Demo")
    with open(source.path, encoding="utf-8") as file:
        lines = file.readlines()[source.first - 1 : source.last]
    assert "".join(lines).rstrip() == source.text.rstrip()
    assert source.text.startswith("@dataclass")  # decorators belong to what is shown
    ast.parse(source.text)


def test_a_module_alone_is_shown_whole():
    assert find_source("core.errors").first == 1


@pytest.mark.parametrize(
    "reference", ["core.nowhere:f", "core.demos:nothing", "core.errors:HubError.nothing"]
)
def test_a_wrong_reference_says_which_part_is_wrong(reference):
    with pytest.raises(BadInput, match=reference.split(":")[0]):
        find_source(reference)


def test_the_link_appears_with_a_repository(set_settings):
    set_settings(HUB_REPOSITORY_URL="https://example.org/hub/")
    source = find_source("core.demos:get")
    assert source.link == (f"https://example.org/hub/blob/main/core/demos.py#L{source.first}-L{source.last}")
    set_settings(HUB_REPOSITORY_URL=None)
    assert source.link is None


def test_several_pieces_of_source_are_shown_one_below_the_other():
    def page():
        from core import demos
        from core.ui.code_panel import show_source

        show_source("core.demos:get", demos.ordered)

    app = AppTest.from_function(page).run()
    sources = [find_source(demos.get), find_source(demos.ordered)]
    assert [block.value for block in app.code] == [source.text.rstrip() for source in sources]
    for source, heading in zip(sources, app.markdown, strict=True):
        assert source.location in heading.value
