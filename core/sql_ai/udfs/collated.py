"""Comparing texts under a collation; see core/sql_ai/collations.py."""

from collections.abc import Callable

from core.sql_ai import collations
from core.sql_ai.udfs.registry import scalar


@scalar()
def collated(text: str, written: str) -> str:
    """What a text is compared by."""
    return collations.sort_key(text, written)


@scalar()
def sortable(text: str, written: str) -> str:
    """The text itself, which an order of SQLite is going to compare."""
    return collations.sortable(text, written)


@scalar()
def folded(text: str, written: str) -> str:
    """A text as LIKE compares it."""
    return collations.folded(text, written)


@scalar()
def collated_at(text: str, part: str, written: str, place: int) -> int:
    """Whether ``part`` is at the beginning of a text (place 0), at its end (1), or anywhere in it (2)."""
    return int(collations.found_at(text, part, written)[place])


def _chosen(name: str, choose: Callable[..., str | None]) -> None:
    def chosen(written: str, *texts: str | None) -> str | None:
        known = [text for text in texts if text is not None]
        return choose(known, key=lambda text: collations.sort_key(text, written), default=None)

    scalar(f"{name}_collated")(chosen)
    scalar(f"{name}_ignore_nulls_collated", nulls=True)(chosen)


_chosen("greatest", max)
_chosen("least", min)
