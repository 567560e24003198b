"""The switch "Mask personal data": what is added, asked and shown goes through it while it is on."""

from dataclasses import fields, is_dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from core.rag.personal_data import mask_personal_data

if TYPE_CHECKING:
    from core.rag import DocumentInfo, SessionKnowledgeBase
    from core.rag.indexing import OnProgress

T = TypeVar("T")


def add_masked(
    base: "SessionKnowledgeBase", data: bytes, name: str, on_progress: "OnProgress | None" = None
) -> "DocumentInfo":
    """Index a file without its personal data: read and masked first, so that nothing else is ever stored.

    The file's text is indexed as plain text; its pages and headings are not kept. Errors as in
    `add_bytes`.
    """
    from core.rag.parsing import ParseLimits, parse_bytes

    parsed = parse_bytes(data, name, ParseLimits.from_settings())
    return base.add_text(mask_personal_data(parsed.text), name=name, on_progress=on_progress)


def masked(value: T) -> T:
    """A copy of an answer, a passage or an event in which every text is masked, however deep it lies.

    Masks keep lengths, so that citations still point to the right words.
    """
    if isinstance(value, str):
        return mask_personal_data(value)  # type: ignore[return-value]
    if is_dataclass(value) and not isinstance(value, type):
        changed = {field.name: masked(getattr(value, field.name)) for field in fields(value)}
        return replace(value, **changed)  # type: ignore[return-value]
    if isinstance(value, dict):
        return {key: masked(item) for key, item in value.items()}  # type: ignore[return-value]
    if isinstance(value, (list, tuple)):
        return type(value)(masked(item) for item in value)  # type: ignore[call-arg]
    return value
