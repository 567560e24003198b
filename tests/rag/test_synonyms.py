"""Words that share a sense, from the list in assets."""

import pytest

from core.errors import StoreError
from core.rag import synonyms
from core.rag.synonyms import has_synonym
from core.rag.words import stem_of


@pytest.mark.parametrize(
    ("word", "other", "expected"),
    [
        ("begin", "start", True),
        ("begin", "began", True),
        ("buy", "purchase", True),
        ("begin", "begin", False),
        ("begin", "end", False),
        ("destroy", "found", False),
        ("xyzzy", "start", False),
    ],
)
def test_words_of_one_sense_are_synonyms_and_opposites_are_not(word, other, expected):
    assert has_synonym(stem_of(word), {stem_of(other), "else"}) is expected
    assert has_synonym(stem_of(other), {stem_of(word)}) is expected


def test_a_missing_list_is_named_with_the_remedy(tmp_path, monkeypatch):
    monkeypatch.setattr(synonyms, "SYNONYMS_FILE", tmp_path / "synonyms.txt")
    synonyms._synonyms.cache_clear()
    with pytest.raises(StoreError, match=r"synonyms\.txt"):
        has_synonym("begin", {"start"})
    synonyms._synonyms.cache_clear()
