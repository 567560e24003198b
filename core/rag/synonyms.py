"""Words that share a sense: "begin" and "start", "began" and "begin". From WordNet, as stems."""

from __future__ import annotations

from collections.abc import Set
from functools import lru_cache

from core.config import ASSETS
from core.errors import StoreError

SYNONYMS_FILE = ASSETS / "words" / "synonyms.txt"
"""Groups of stems, one a line; scripts/write_synonyms.py makes it."""


def has_synonym(stem: str, stems: Set[str]) -> bool:
    """Whether any of `stems` shares a sense with `stem`; a word is no synonym of itself.

    Raises StoreError when the list of synonyms cannot be read.
    """
    return not _synonyms().get(stem, frozenset()).isdisjoint(stems)


def is_listed(stem: str) -> bool:
    """Whether the list holds `stem` at all, that is, whether it is a word with a known sense."""
    return stem in _synonyms()


@lru_cache(maxsize=1)
def _synonyms() -> dict[str, frozenset[str]]:
    try:
        lines = SYNONYMS_FILE.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise StoreError(
            f"The list of synonyms {SYNONYMS_FILE.name} cannot be read: {error}",
            "Restore it from the repository.",
        ) from error
    found: dict[str, set[str]] = {}
    for line in lines:
        group = [] if line.startswith("#") else line.split()
        for stem in group:
            found.setdefault(stem, set()).update(group)
    return {stem: frozenset(others - {stem}) for stem, others in found.items()}
