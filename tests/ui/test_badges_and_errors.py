import pytest
from streamlit.testing.v1 import AppTest

from core.ui.badges import duration


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [
        (0.4, "0.4 ms"),
        (12.4, "12 ms"),
        (999.4, "999 ms"),
        (999.6, "1.0 s"),
        (1349, "1.3 s"),
        (125_000, "2 min 5 s"),
    ],
)
def test_a_duration_is_written_in_the_unit_that_reads_best(milliseconds, text):
    assert duration(milliseconds) == text


def test_a_badge_shows_somebody_else_s_text_as_it_is():
    app = AppTest.from_string(
        """from core.ui.badges import text_badge
text_badge("![x](http://e.example) :red[y] *z*", icon=":material/gavel:", color="red")"""
    ).run()
    shown = app.markdown[0].value
    assert shown == (
        r":red-badge[:material/gavel: !\[x\](http\://e.example) \:red\[y\] \*z\*]".replace(
            "http", "http\u2060"
        )
    )


@pytest.mark.parametrize("kind", ["Cancelled", "BadInput"])
def test_what_the_visitor_stopped_is_told_calmly_and_a_fault_as_one(kind):
    app = AppTest.from_string(
        f"from core import errors\nfrom core.ui.errors import show_error\n"
        f"show_error(errors.{kind}('It ended', 'Start it again.'))"
    ).run()
    assert len(app.info) == (kind == "Cancelled")
    assert len(app.error) == (kind == "BadInput")
    assert [*app.info, *app.error][0].value == "**It ended**\n\nStart it again."
