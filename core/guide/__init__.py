"""The interview guide as data: chapters, scripts, questions, stories, and the ways to read them."""

from core.guide.content import Chapter, Guide, Question, Reference, Script, Step, Story, Topic
from core.guide.export import describe, to_html, to_markdown
from core.guide.loading import load_guide, parse_reference
from core.guide.search import find_questions

__all__ = [
    "Chapter",
    "Guide",
    "Question",
    "Reference",
    "Script",
    "Step",
    "Story",
    "Topic",
    "describe",
    "find_questions",
    "load_guide",
    "parse_reference",
    "to_html",
    "to_markdown",
]
