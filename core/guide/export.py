"""The guide as one Markdown file and as one printable HTML page."""

from core.guide.content import Chapter, Guide, Question, Reference, Script, Story

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Interview guide: Demo Hub</title>
<style>
body {{ font: 11pt/1.5 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; color: #111; }}
h1, h2, h3 {{ line-height: 1.25; break-after: avoid; }}
h2 {{ break-before: page; border-bottom: 1px solid #999; padding-bottom: .2rem; }}
pre {{ white-space: pre-wrap; background: #f4f6fb; padding: .6rem; font-size: 9pt; }}
blockquote {{ margin: 0; padding-left: 1rem; border-left: 3px solid #999; }}
li, blockquote {{ break-inside: avoid; }}
</style></head><body>
{body}
</body></html>
"""


def to_markdown(guide: Guide, diagrams: bool = True) -> str:
    """The whole guide as GitHub-flavoured Markdown; with ``diagrams`` off they are told in words."""
    parts = ["# Interview guide: Demo Hub\n"]
    parts += [_chapter(chapter, diagrams) for chapter in guide.chapters]
    parts.append(_script(guide.tour, level="##"))
    parts.append("## Checklist\n\n" + "\n".join(f"- [ ] {item}" for item in guide.checklist))
    parts.append("## Tips\n\n" + "\n".join(f"- {item}" for item in guide.tips))
    return "\n\n".join(part.strip() for part in parts) + "\n"


def to_html(guide: Guide) -> str:
    """A page that prints well and needs nothing else; raw HTML in the content is escaped."""
    from markdown_it import MarkdownIt

    body = (
        MarkdownIt("commonmark", {"html": False})
        .enable("table")
        .render(
            to_markdown(guide, diagrams=False)  # the page has no script that could draw them
        )
    )
    return _PAGE.format(body=body)


def describe(reference: Reference) -> str:
    """A reference as Markdown: what it shows and, as code, where it is."""
    query = "?" + "&".join(f"{name}={value}" for name, value in reference.query) if reference.query else ""
    place = f"`{reference.kind} {reference.target}{query}`"
    return f"{reference.label} ({place})" if reference.label else place


def _chapter(chapter: Chapter, diagrams: bool) -> str:
    parts = [f"## {chapter.title}", f"### Pitch (30 seconds)\n\n> {chapter.pitch}"]
    if chapter.diagram:
        drawn = f"```mermaid\n{chapter.diagram}\n```" if diagrams else chapter.diagram_alt
        parts.append(f"### Architecture\n\n{drawn}\n\n{chapter.walk}")
    if chapter.script:
        parts.append(_script(chapter.script, level="###"))
    if chapter.questions:
        parts.append("### Questions\n\n" + "\n\n".join(_question(question) for question in chapter.questions))
    if chapter.stories:
        parts.append("### Stories\n\n" + "\n\n".join(_story(story) for story in chapter.stories))
    return "\n\n".join(parts)


def _script(script: Script, level: str) -> str:
    lines = [f"{level} {script.title} (about {round(script.seconds / 60)} min)\n"]
    for number, step in enumerate(script.steps, 1):
        lines.append(f"{number}. **{step.title}** (`{step.address}`). Say: {step.say} Expect: {step.expect}")
    return "\n".join(lines)


def _question(question: Question) -> str:
    evidence = "; ".join(describe(reference) for reference in question.show)
    shown = f"\n\nShow: {evidence}" if evidence else ""
    return f"**{question.ask}** ({question.topic})\n\n{question.answer}{shown}"


def _story(story: Story) -> str:
    return f"**{story.title}**\n\n{story.situation}\n\n{story.action}\n\n{story.result}\n\nLesson: {story.lesson}"
