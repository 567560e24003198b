"""AI_REDACT: finds personal data by validated patterns, and names by introductions, titles and known given names."""

from dataclasses import dataclass
from typing import Any

from core.sql_ai.functions.errors import RowError
from core.sql_ai.functions.redact_names import name_spans
from core.sql_ai.functions.redact_patterns import FINDERS, Span

CATEGORIES: tuple[str, ...] = (
    "NAME",
    "EMAIL",
    "PHONE_NUMBER",
    "DATE_OF_BIRTH",
    "GENDER",
    "AGE",
    "ADDRESS",
    "NATIONAL_ID",
    "PASSPORT",
    "TAX_IDENTIFIER",
    "PAYMENT_CARD_DATA",
    "DRIVERS_LICENSE",
    "IP_ADDRESS",
)
MOST_CHARACTERS = 16_384  # input plus output must stay within 4,096 tokens of about four characters


@dataclass(frozen=True)
class _Ranked:
    """A span and the rank of its category: where two overlap, the lower rank wins, then the longer one."""

    span: Span
    rank: int


def redact(items: list[tuple[str, tuple[str, ...]]]) -> list[str | RowError]:
    """Return each text with personal data replaced by [NAME], [EMAIL] and so on; no categories means all.

    An unsupported category or a text above the token limit gives a row error.
    """
    return [_redact(text, categories) for text, categories in items]


def detect(items: list[tuple[str, tuple[str, ...]]]) -> list[dict[str, Any] | RowError]:
    """Return `{"spans": [{"category", "start", "end", "text"}]}` for each text; end is exclusive, in characters."""
    results: list[dict[str, Any] | RowError] = []
    for text, categories in items:
        found = _spans(text, categories)
        results.append(
            found if isinstance(found, RowError) else {"spans": [_as_object(text, s) for s in found]}
        )
    return results


def _redact(text: str, categories: tuple[str, ...]) -> str | RowError:
    found = _spans(text, categories)
    if isinstance(found, RowError):
        return found
    for span in reversed(found):
        text = text[: span.start] + f"[{span.category}]" + text[span.end :]
    return text


def _spans(text: str, categories: tuple[str, ...]) -> list[Span] | RowError:
    wanted = {category.upper() for category in categories} or set(CATEGORIES)
    unknown = sorted(wanted - set(CATEGORIES))
    if unknown:
        return RowError(f"'{unknown[0]}' is not a category of AI_REDACT; use {', '.join(CATEGORIES)}")
    if 2 * len(text) > MOST_CHARACTERS:
        return RowError(
            f"the text has {len(text)} characters; input and output together may have {MOST_CHARACTERS}"
        )
    # All categories compete before the unwanted ones are dropped: a card number stays a card number, and is not
    # taken for a telephone number when only those were asked for.
    ranked = [_Ranked(span, rank) for rank, find in enumerate(FINDERS) for span in find(text)]
    ranked += [_Ranked(span, len(FINDERS)) for span in name_spans(text)]
    return [span for span in _without_overlap(ranked) if span.category in wanted]


def _without_overlap(ranked: list[_Ranked]) -> list[Span]:
    kept: list[Span] = []
    for item in sorted(
        ranked, key=lambda item: (item.rank, item.span.start - item.span.end, item.span.start)
    ):
        if all(item.span.end <= other.start or item.span.start >= other.end for other in kept):
            kept.append(item.span)
    return sorted(kept, key=lambda span: span.start)


def _as_object(text: str, span: Span) -> dict[str, Any]:
    return {
        "category": span.category,
        "start": span.start,
        "end": span.end,
        "text": text[span.start : span.end],
    }
