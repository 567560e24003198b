"""The filter of the page: what it means for a search, and how it is told."""

import json

import pytest

from core.rag.filters import compile_filter
from core.ui.rag import feedback
from core.ui.rag.search_filter import SearchFilter
from core.ui.rag.state import ChatSettings

MINE = {"origin": "upload", "file_type": "csv", "document": "costs.csv"}
THEIRS = {"origin": "corpus", "file_type": "md", "document": "leave.md"}


@pytest.mark.parametrize(
    ("chosen", "label", "mine", "theirs"),
    [
        (SearchFilter(), "", True, True),
        (SearchFilter("yours"), "only what you added", True, False),
        (SearchFilter("curated"), "only curated documents", False, True),
        (SearchFilter(file_types=("csv", "md")), "only csv, md files", True, True),
        (SearchFilter(documents=("leave.md",)), "only leave.md", False, True),
        (SearchFilter("yours", documents=("leave.md",)), "only what you added and leave.md", False, False),
        (SearchFilter(documents=("a", "b", "c")), "only 3 documents", False, False),
    ],
)
def test_a_choice_keeps_what_it_says(chosen, label, mine, theirs):
    assert chosen.label == label
    keeps = compile_filter(chosen.where or {})
    assert (keeps(MINE), keeps(THEIRS)) == (mine, theirs)


def test_the_settings_name_filter_and_diversity_and_hand_them_to_the_search():
    chosen = ChatSettings(4, "hybrid", "auto", diversity=0.3, only=SearchFilter(file_types=("md",)))
    assert chosen.label == "auto, hybrid, k = 4, diversity 0.3, only md files"
    assert chosen.options()["diversity"] == 0.3
    assert chosen.options()["where"] == {"file_type": {"$in": ["md"]}}


def test_the_names_of_a_filter_are_not_stored_with_a_rating(make_turn, data_dir):
    from dataclasses import replace

    turn = make_turn()
    named = replace(turn.settings, only=SearchFilter(documents=("my-salary.txt",)))
    feedback.rate(replace(turn, settings=named), True)
    assert "my-salary" not in feedback.path().read_bytes().decode("utf-8", "replace")
    assert feedback.tally().up == 1


def test_the_export_holds_the_filter(make_turn):
    from dataclasses import replace

    from core.ui.rag import export

    turn = make_turn()
    named = replace(turn, settings=replace(turn.settings, only=SearchFilter("yours", ("md",), ("a.md",))))
    (plain,) = json.loads(export.as_json([named]))
    assert plain["settings"]["only"] == {"source": "yours", "file_types": ["md"], "documents": ["a.md"]}
    assert "only what you added and md files and a.md" in export.as_markdown([named]).replace("\\", "")
