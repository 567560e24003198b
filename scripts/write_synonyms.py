"""Write assets/words/synonyms.txt from WordNet 3.0: python scripts/write_synonyms.py FOLDER.

FOLDER holds WordNet's data files (Debian's package wordnet-base has them in /usr/share/wordnet). Kept are words
that its tagged texts use at least three times, as the stems that the evidence check compares.
"""

from __future__ import annotations

import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from core.rag.synonyms import SYNONYMS_FILE
from core.rag.words import stem_of

_PARTS = {"n": "noun", "v": "verb", "a": "adj", "r": "adv"}
_RAREST = 3
_HEAD = """\
# Words that share a sense, as stems, one group a line: made by scripts/write_synonyms.py from WordNet 3.0.
# WordNet 3.0 Copyright 2006 by Princeton University. All rights reserved. LICENSE.txt has the conditions.
"""

Group = tuple[str, ...]


def groups_in(folder: Path) -> list[Group]:
    """The groups of stems: synonyms, derived words, and irregular forms, sorted."""
    counts = _counts(folder)

    def group(words: Iterable[str]) -> Group:
        kept = (w for w in words if w.isalpha() and len(w) > 2 and counts[w] >= _RAREST)
        return tuple(sorted({stem for word in kept if (stem := stem_of(word))}))

    found = {group(words) for words in _synonyms(folder)}
    for base, forms in _irregular(folder).items():
        if counts[base] >= _RAREST and base.isalpha():
            stems = {stem_of(word) for word in (base, *forms) if word.isalpha()} - {""}
            found.add(tuple(sorted(stems)))
    return sorted(group for group in found if len(group) > 1)


def _counts(folder: Path) -> Counter[str]:
    """How often each word is tagged in WordNet's own texts."""
    counts: Counter[str] = Counter()
    for line in (folder / "cntlist.rev").read_text(encoding="utf-8").splitlines():
        key, _, count = line.split()
        counts[key.split("%")[0]] += int(count)
    return counts


def _synonyms(folder: Path) -> Iterator[list[str]]:
    """The words of each set of synonyms, and each pair of a word and one derived from it."""
    sets: dict[str, list[str]] = {}
    derived: list[tuple[str, str, int]] = []
    for part, name in _PARTS.items():
        for line in (folder / f"data.{name}").read_text(encoding="utf-8").splitlines():
            if line.startswith("  "):
                continue
            fields = line.split(" | ")[0].split()
            count = int(fields[3], 16)
            words = [re.sub(r"\(.*\)", "", word).lower() for word in fields[4 : 4 + 2 * count : 2]]
            sets[part + fields[0]] = words
            first = 5 + 2 * count
            rest = fields[first : first + 4 * int(fields[first - 1])]
            for symbol, target, target_part, places in zip(*(rest[i::4] for i in range(4)), strict=True):
                if symbol == "+":
                    to = ("a" if target_part == "s" else target_part) + target
                    derived.append((words[int(places[:2], 16) - 1], to, int(places[2:], 16) - 1))
    yield from sets.values()
    for word, target, place in derived:
        yield [word, sets[target][place]]


def _irregular(folder: Path) -> dict[str, set[str]]:
    """Irregular forms by base form: "begin" has "began" and "begun"."""
    forms: dict[str, set[str]] = defaultdict(set)
    for name in _PARTS.values():
        for line in (folder / f"{name}.exc").read_text(encoding="utf-8").splitlines():
            form, base, *_ = line.split()
            forms[base].add(form)
    return forms


if __name__ == "__main__":
    lines = "".join(" ".join(group) + "\n" for group in groups_in(Path(sys.argv[1])))
    SYNONYMS_FILE.write_text(_HEAD + lines, encoding="utf-8")
