"""SPLIT_TEXT_RECURSIVE_CHARACTER and SPLIT_TEXT_MARKDOWN_HEADER: pieces of a text that fit a size."""

import re
from collections.abc import Mapping
from typing import Any

from core.errors import BadInput

_SEPARATORS: dict[str, tuple[str, ...]] = {
    "none": ("\n\n", "\n", " ", ""),
    "markdown": (
        "\n# ",
        "\n## ",
        "\n### ",
        "\n#### ",
        "\n##### ",
        "\n###### ",
        "```\n",
        "\n***\n",
        "\n---\n",
        "\n___\n",
        "\n\n",
        "\n",
        " ",
        "",
    ),
}
_FENCE = re.compile(r"^\s*(```|~~~)")


def recursive_character(
    text: str, format: str, size: int, overlap: int = 0, separators: list[str] | None = None
) -> list[str]:
    """Return pieces of at most `size` characters, cut at the coarsest separator that works.

    `format` is 'none' or 'markdown'; neighbouring pieces share up to `overlap` characters, cut at separators.
    Raises `BadInput` for another format, a size below 1, or an overlap that is not smaller than the size.
    """
    if format.lower() not in _SEPARATORS:
        raise BadInput(f"format '{format}' is not known", "Use 'none' or 'markdown'.")
    _check_sizes(size, overlap)
    chosen = (*separators, "") if separators else _SEPARATORS[format.lower()]
    return [piece for piece in (part.strip() for part in _split(text, chosen, size, overlap)) if piece]


def markdown_header(
    text: str, headers: Mapping[str, str], size: int | None = None, overlap: int = 0
) -> list[dict[str, Any]]:
    """Return `{"chunk", "headers"}` objects: the text below each header, and the headers it stands under.

    `headers` maps a prefix such as '#' to the name it gets in the result. Sections longer than `size` are split on.
    """
    if not headers or not all(re.fullmatch(r"#{1,6}", prefix) for prefix in headers):
        raise BadInput(
            f"headers {dict(headers)!r} are not Markdown headers", "Use for example {'#': 'header_1'}."
        )
    if size is not None:
        _check_sizes(size, overlap)
    chunks: list[dict[str, Any]] = []
    for path, body in _sections(text, headers):
        pieces = recursive_character(body, "markdown", size, overlap) if size else [body.strip()]
        chunks += [{"chunk": piece, "headers": path} for piece in pieces if piece]
    return chunks


def _check_sizes(size: int, overlap: int) -> None:
    if size < 1:
        raise BadInput(f"chunk size must be at least 1, not {size}")
    if not 0 <= overlap < size:
        raise BadInput(f"overlap must be at least 0 and less than the chunk size {size}, not {overlap}")


def _split(text: str, separators: tuple[str, ...], size: int, overlap: int) -> list[str]:
    if len(text) <= size:
        return [text]
    separator, finer = _first_present(text, separators)
    parts = list(text) if separator == "" else _keep_separator(text, separator)
    pieces: list[str] = []
    for part in parts:
        pieces += _split(part, finer, size, overlap) if len(part) > size else [part]
    return _merge(pieces, size, overlap)


def _first_present(text: str, separators: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    for place, separator in enumerate(separators):
        if separator in text:
            return separator, separators[place + 1 :] or ("",)
    return "", ("",)


def _keep_separator(text: str, separator: str) -> list[str]:
    """Cut before each separator, so that joining the parts gives the text again."""
    parts = text.split(separator)
    return [part for part in [parts[0], *(separator + part for part in parts[1:])] if part]


def _merge(pieces: list[str], size: int, overlap: int) -> list[str]:
    merged: list[str] = []
    held: list[str] = []
    length = 0
    for piece in pieces:
        if held and length + len(piece) > size:
            merged.append("".join(held))
            while held and (length > overlap or length + len(piece) > size):
                length -= len(held.pop(0))
        held.append(piece)
        length += len(piece)
    if held:
        merged.append("".join(held))
    return merged


def _sections(text: str, headers: Mapping[str, str]) -> list[tuple[dict[str, str], str]]:
    sections: list[tuple[dict[str, str], list[str]]] = [({}, [])]
    fenced = False
    for line in text.splitlines():
        fenced ^= bool(_FENCE.match(line))
        match = re.match(r"(#{1,6})\s+(.*\S)\s*$", line)
        if match and not fenced and match.group(1) in headers:
            sections.append((_path(sections[-1][0], match.group(1), match.group(2), headers), []))
        else:
            sections[-1][1].append(line)
    return [(path, "\n".join(lines)) for path, lines in sections if any(line.strip() for line in lines)]


def _path(above: dict[str, str], prefix: str, title: str, headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers in force below a new one: those of higher rank, and itself."""
    higher = {name for mark, name in headers.items() if len(mark) < len(prefix)}
    return {**{name: value for name, value in above.items() if name in higher}, headers[prefix]: title}
