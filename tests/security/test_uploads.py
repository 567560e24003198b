"""Files made by an attacker: nothing is unpacked, nothing else is read, nothing is called; names stay labels."""

import io
import zipfile

import pytest

from core.config import settings
from core.errors import BadInput, HubError, LimitReached
from core.rag import open_knowledge_base
from core.rag.sessions import open_session_knowledge_base
from tests.rag.conftest import hashing  # noqa: F401  fixture
from tests.support.otlp import HttpCollector

OFFICE = "http://schemas.openxmlformats.org"
RELATIONS = f"{OFFICE}/package/2006/relationships"
TYPES = f"""<?xml version="1.0"?><Types xmlns="{OFFICE}/package/2006/content-types">
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
<Default Extension="xml" ContentType="application/xml"/><Override PartName="/word/document.xml"
ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>"""
ROOT_RELATION = f"""<?xml version="1.0"?><Relationships xmlns="{RELATIONS}"><Relationship Id="r1"
Type="{OFFICE}/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>"""
TEXT = "The marker is kingfisher"


def body(text):
    main = f"{OFFICE}/wordprocessingml/2006/main"
    return (
        f'<w:document xmlns:w="{main}"><w:body><w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:body></w:document>'
    )


def word(document, *extra, relations=""):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", TYPES)
        archive.writestr("_rels/.rels", ROOT_RELATION)
        if relations:
            archive.writestr("word/_rels/document.xml.rels", relations)
        archive.writestr("word/document.xml", document)
        for name, content in extra:
            archive.writestr(name, content)
    return made.getvalue()


@pytest.fixture
def base(hashing, data_dir):  # noqa: F811
    return open_session_knowledge_base(open_knowledge_base(None))


def found(base, question="kingfisher"):
    return " ".join(passage.text for passage in base.search(question, k=5))


def test_a_word_file_with_paths_and_links_in_its_archive_writes_and_reads_nothing_else(base, tmp_path):
    link = zipfile.ZipInfo("word/link.xml")
    link.external_attr = 0o120777 << 16  # a symbolic link
    escaped = tmp_path / "escaped"
    data = word(body(TEXT), ("../" * 12 + str(escaped)[1:], "x"), (str(escaped), "x"), (link, "/etc/passwd"))
    base.add_bytes(data, name="paths.docx")
    assert TEXT in found(base)
    assert "root:" not in found(base, "root")
    assert not escaped.exists()
    assert not [
        path for path in settings().data_dir.rglob("*") if path.is_file() and "models" not in path.parts
    ]


@pytest.mark.parametrize("kind", ["attachedTemplate", "image", "hyperlink"])
def test_a_word_file_that_names_addresses_makes_nobody_call_them(base, kind):
    with HttpCollector() as elsewhere:
        relation = (
            f'<?xml version="1.0"?><Relationships xmlns="{RELATIONS}"><Relationship Id="r9" '
            f'Type="{OFFICE}/officeDocument/2006/relationships/{kind}" Target="{elsewhere.url}/x" '
            'TargetMode="External"/></Relationships>'
        )
        base.add_bytes(word(body(TEXT), relations=relation), name="calls.docx")
        assert TEXT in found(base)
        assert not elsewhere.connections


@pytest.mark.parametrize("name", ["entity.docx", "entity.html"])
def test_an_external_entity_reads_no_file(base, name):
    declared = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
    document = f'<?xml version="1.0"?>{declared}' + body(f"{TEXT} &e;")
    data = (
        word(document)
        if name.endswith("docx")
        else f"{declared}<html><body>{TEXT} &e;</body></html>".encode()
    )
    try:
        base.add_bytes(data, name=name)
    except BadInput:
        pass  # refused as a whole is right too
    assert "root:" not in found(base, "root")


def test_entities_that_multiply_are_refused(base):
    steps = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    bomb = f'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a0 "lol">{steps}]>' + body("&a9;")
    with pytest.raises((BadInput, LimitReached)) as caught:
        base.add_bytes(word(bomb), name="bomb.docx")
    assert caught.value.hint


@pytest.mark.parametrize(
    "name",
    ["../../etc/passwd", "a\x00b.txt", "\u202etxt.exe", "x" * 1000 + ".txt", "CON.txt", "..", "a\nb.txt"],
)  # fmt: skip
def test_a_name_is_a_label_whatever_is_in_it(base, name):
    info = base.add_text(TEXT, name=name)
    assert len(info.id) < 200
    assert not set(info.id) & set("\x00\n\r\u202e")
    assert TEXT in found(base)
    assert base.delete(info.id)


@pytest.mark.parametrize("name", ["", "\x00", "\ud800.txt", "\u202e"])
def test_a_name_that_is_none_is_refused_or_made_one(base, name):
    try:
        info = base.add_text(TEXT, name=name)
    except HubError as error:
        assert error.hint  # noqa: PT017 - either is right
    else:
        info.id.encode()
