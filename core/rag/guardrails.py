"""Documents are data: instructions in them are found and shown, output is made harmless, personal data masked."""

from __future__ import annotations


def findings_in(text: str) -> list[str]:
    """Names of the patterns that make a text look like instructions to a model; flags, never a verdict."""
    return []


def clean_output(text: str) -> str:
    """`text` without Markdown images, links and HTML."""
    return text
