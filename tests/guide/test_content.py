"""The contract of the guide: everything it points at exists. Nothing heavy is imported for that."""

import ast

import pytest

from core import demos
from core.config import ROOT
from core.guide import describe, load_guide
from core.guide.content import Topic
from core.guide.evidence import find_section, find_setting
from core.ui.code_panel import find_source

GUIDE = load_guide()
PROJECTS = [chapter for chapter in GUIDE.chapters if chapter.key != "cross"]
STEPS = [
    pytest.param(step, id=f"{key}-{number}")
    for key, script in GUIDE.scripts.items()
    for number, step in enumerate(script.steps, 1)
]
TOPICS_OF_A_PROJECT = {
    Topic.ARCHITECTURE,
    Topic.COMPARISON,
    Topic.CHALLENGES,
    Topic.SCALING,
    Topic.SECURITY,
    Topic.TESTING,
    Topic.COST,
    Topic.TRADE_OFFS,
}
TABS = {"Demo", "How it works", "Code", "At scale"}


def references(kind: str) -> list:
    return sorted({r for r in GUIDE.references if r.kind == kind}, key=lambda r: (r.target, r.query, r.label))


def test_there_is_a_chapter_for_every_demo_and_one_for_all():
    assert [chapter.key for chapter in GUIDE.chapters] == [demo.key for demo in demos.projects()] + ["cross"]


@pytest.mark.parametrize("chapter", PROJECTS, ids=lambda chapter: chapter.key)
def test_a_project_chapter_is_complete(chapter):
    assert chapter.diagram.startswith("flowchart")
    assert chapter.diagram_alt
    assert chapter.walk
    assert len(chapter.script.steps) >= 4
    assert {question.topic for question in chapter.questions} >= TOPICS_OF_A_PROJECT
    assert len(chapter.stories) >= 2


@pytest.mark.parametrize("chapter", GUIDE.chapters, ids=lambda chapter: chapter.key)
def test_a_pitch_fits_thirty_seconds(chapter):
    assert 60 <= len(chapter.pitch.split()) <= 90  # 120 to 180 words a minute


@pytest.mark.parametrize("chapter", PROJECTS, ids=lambda chapter: chapter.key)
def test_a_demo_script_fits_a_short_slot(chapter):
    assert 120 <= chapter.script.seconds <= 480


def test_the_tour_visits_every_page_in_under_two_minutes():
    assert {step.page for step in GUIDE.tour.steps} == {demo.key for demo in demos.installed()}
    assert GUIDE.tour.seconds < 120


@pytest.mark.parametrize("question", GUIDE.questions, ids=lambda question: question.key)
def test_an_answer_can_be_spoken_in_a_minute(question):
    assert 45 <= len(question.answer.split()) <= 150
    assert question.ask.endswith(("?", "."))


def test_no_question_is_asked_twice():
    asked = [question.ask for question in GUIDE.questions]
    assert len(asked) == len(set(asked))


def test_most_answers_have_evidence():
    without = [question.key for question in GUIDE.questions if not question.show]
    assert len(without) <= len(GUIDE.questions) // 10, without


@pytest.mark.parametrize("step", STEPS)
def test_a_step_opens_a_page_that_exists_and_says_what_to_expect(step):
    assert demos.get(step.page) in demos.installed()
    assert step.say
    assert step.expect
    assert dict(step.query).get("tab", "Demo") in TABS


@pytest.mark.parametrize("reference", references("page"), ids=describe)
def test_a_referenced_page_exists(reference):
    assert demos.get(reference.target) in demos.installed()
    assert dict(reference.query).get("tab", "Demo") in TABS


@pytest.mark.parametrize("reference", references("code"), ids=lambda reference: reference.target)
def test_a_referenced_function_is_where_the_guide_says(reference):
    assert find_source(reference.target).text.strip()


@pytest.mark.parametrize("reference", references("setting"), ids=lambda reference: reference.target)
def test_a_referenced_setting_exists(reference):
    assert find_setting(reference.target).description


@pytest.mark.parametrize("reference", references("doc"), ids=lambda reference: reference.target)
def test_a_referenced_section_of_the_documentation_exists(reference):
    assert find_section(reference.target)


@pytest.mark.parametrize("reference", references("test"), ids=lambda reference: reference.target)
def test_a_referenced_test_exists(reference):
    path, _, name = reference.target.partition("::")
    tree = ast.parse((ROOT / "tests" / path).read_text(encoding="utf-8"))
    assert name in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_a_referenced_benchmark_exists():
    from bench.__main__ import SUITES

    assert {reference.target for reference in references("bench")} <= set(SUITES)
