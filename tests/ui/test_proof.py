import pytest

from core import demos
from core.config import ROOT
from core.errors import BadInput
from core.guide.evidence import find_setting
from core.ui import proof

FILES = sorted(proof.PAGES.glob("*.toml"))


def write(folder, monkeypatch, text):
    monkeypatch.setattr(proof, "PAGES", folder)
    (folder / "page.toml").write_text(text, encoding="utf-8")
    return proof.load("page")


def test_a_page_without_a_file_has_no_panels():
    assert proof.load("no_such_page") == proof.PageText()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_page_file_is_sound(path):
    text = proof.load(path.stem)
    assert path.stem in {demo.key for demo in demos.DEMOS}
    assert text.how.text
    assert not text.how.diagram or text.how.diagram_alt


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_setting_in_a_scaling_table_exists(path):
    for row in proof.load(path.stem).scale:
        for name in (part.strip(" `") for part in row.setting.split(",")):
            if name:
                assert find_setting(name).description, f"{name} has no description"


def test_a_misspelt_field_is_named(tmp_path, monkeypatch):
    with pytest.raises(BadInput, match="productoin"):
        write(tmp_path, monkeypatch, '[[scale]]\naspect = "a"\nproductoin = "b"\n')


def test_a_missing_field_is_named(tmp_path, monkeypatch):
    with pytest.raises(BadInput, match="here"):
        write(tmp_path, monkeypatch, '[[compare]]\naspect = "a"\ncommercial = "b"\n')


def test_an_unknown_verdict_is_refused(tmp_path, monkeypatch):
    row = '[[compare]]\naspect = "a"\nhere = "b"\ncommercial = "c"\nbetter = "us"\n'
    with pytest.raises(BadInput, match="us"):
        write(tmp_path, monkeypatch, row)


def test_a_changed_file_is_read_again(tmp_path, monkeypatch):
    assert write(tmp_path, monkeypatch, '[how]\ntext = "one"').how.text == "one"
    import os

    path = tmp_path / "page.toml"
    path.write_text('[how]\ntext = "two"', encoding="utf-8")
    os.utime(path, ns=(1, 1))
    assert proof.load("page").how.text == "two"


def test_cells_are_escaped_and_may_hold_code():
    row = proof._row(("Point", "Here"), ("<b>", "`LIMIT` & more"))
    assert "&lt;b&gt;" in row
    assert "<code>LIMIT</code> &amp; more" in row


def test_a_long_name_in_a_cell_may_break_at_its_joints_and_nowhere_else():
    row = proof._row(("Point", "Here"), ("Rows", "`SQL__MAX_ROWS` in `core.sql_ai.py` and snake_case prose"))
    assert "<code>SQL__<wbr>MAX_<wbr>ROWS</code>" in row
    assert "<code>core.<wbr>sql_<wbr>ai.py</code>" in row
    assert "snake_case" in row


def test_the_pages_folder_is_in_the_repository():
    assert proof.PAGES.is_relative_to(ROOT)
