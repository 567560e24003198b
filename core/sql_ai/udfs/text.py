"""Text functions with Snowflake's meaning."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from itertools import islice
from typing import Any

import regex

from core.errors import BadInput
from core.sql_ai.udfs.encodings import Data
from core.sql_ai.udfs.registry import scalar
from core.sql_ai.values import dumps

_MAX_PATTERN = 2_000
_MAX_TEXT = 2_000_000
_MATCH_S = 0.4  # nothing else stops a pattern that backtracks: no handler of SQLite fires inside a call
_MAX_SET = 1_000  # different characters of a set that each character of a text is looked for in
_MAX_CELLS = 1_000_000  # about a quarter of a second in Python


@contextmanager
def _in_time() -> Iterator[None]:
    """Turn the end of a match's time, and patterns that do not fit the text, into errors for the user."""
    try:
        yield
    except TimeoutError:
        raise BadInput(
            f"The pattern takes longer than {_MATCH_S} s on one value",
            "Avoid repeats inside repeats: (a|b*)*.",
        ) from None
    except regex.error as error:
        raise BadInput(
            f"The replacement does not fit the pattern: {error}", "Number groups from 1."
        ) from None


@lru_cache(maxsize=512)
def _like_parts(pattern: str, escape: str | None, ignore_case: int) -> list[tuple[Any, int]]:
    """What stands between the % signs: a pattern of fixed length each, and that length."""
    if len(pattern) > _MAX_PATTERN:
        raise BadInput(
            f"The LIKE pattern has more than {_MAX_PATTERN:,} characters", "Use CONTAINS or STARTSWITH."
        )
    parts: list[list[str]] = [[]]
    characters = iter(pattern)
    for char in characters:
        if escape and char == escape:
            parts[-1].append(regex.escape(next(characters, char)))
        elif char == "%":
            parts.append([])
        else:
            parts[-1].append("." if char == "_" else regex.escape(char))
    flags = regex.DOTALL | (regex.IGNORECASE if ignore_case else 0)
    return [(regex.compile("".join(part), flags), len(part)) for part in parts]


@scalar(nulls=True)
def like(value: str | None, pattern: str | None, escape: str | None, ignore_case: int) -> int | None:
    """LIKE without backtracking: each part between % signs is taken at its first place."""
    if value is None or pattern is None:
        return None
    parts = _like_parts(pattern, escape, ignore_case)
    (first, start), (last, length) = parts[0], parts[-1]
    with _in_time():
        if len(parts) == 1:
            return int(first.fullmatch(value, timeout=_MATCH_S) is not None)
        end = len(value) - length
        if end < start or not first.match(value) or not last.fullmatch(value, end):
            return 0
        for part, _length in parts[1:-1]:
            found = part.search(value, start, end, timeout=_MATCH_S)
            if found is None:
                return 0
            start = found.end()
    return 1


@lru_cache(maxsize=512)
def _regex(pattern: str, parameters: str) -> Any:
    if len(pattern) > _MAX_PATTERN:
        raise BadInput(
            f"The regular expression has more than {_MAX_PATTERN:,} characters", "Split it into several."
        )
    flags = 0
    for letter in parameters:
        flags |= {"i": regex.IGNORECASE, "s": regex.DOTALL, "m": regex.MULTILINE}.get(letter, 0)
    if "c" in parameters and parameters.rfind("c") > parameters.rfind("i"):
        flags &= ~regex.IGNORECASE
    try:
        return regex.compile(pattern, flags)
    except regex.error as error:
        raise BadInput(
            f"The regular expression '{pattern[:60]}' is wrong: {error}", "Check its brackets."
        ) from None


@scalar()
def rlike(value: str, pattern: str, parameters: str = "") -> int:
    """1 when the pattern matches the whole text: Snowflake's RLIKE is anchored at both ends."""
    with _in_time():
        return int(_regex(pattern, parameters).fullmatch(value, timeout=_MATCH_S) is not None)


@scalar()
def regexp_replace(
    value: str,
    pattern: str,
    replacement: str = "",
    position: int = 1,
    occurrence: int = 0,
    parameters: str = "",
) -> str:
    """Every match replaced, or only the given occurrence; ``\\1`` in the replacement is the first group."""
    start, count, size = _offset(position), 0, 0
    template = regex.sub(r"\\(\d)", r"\\g<\1>", replacement)

    def change(match: Any) -> str:
        nonlocal count, size
        count += 1
        text = match.expand(template) if occurrence in (0, count) else match[0]
        size += len(text)
        if size > _MAX_TEXT:
            raise BadInput(
                "REGEXP_REPLACE would make a text that is too long", f"Stay below {_MAX_TEXT:,} characters."
            )
        return text

    with _in_time():
        return value[:start] + _regex(pattern, parameters).sub(change, value[start:], timeout=_MATCH_S)


def _offset(position: float) -> int:
    if position < 1:
        raise BadInput(
            f"A position counts from 1, not {position:g}", "Leave it out to start at the beginning."
        )
    return int(position) - 1


def all_matches(value: str, pattern: str, position: int, parameters: str) -> Iterator[Any]:
    """The matches of ``pattern`` from ``position`` (counted from 1) on; raises LimitReached when they take too long."""
    with _in_time():
        yield from _regex(pattern, parameters).finditer(value, _offset(position), timeout=_MATCH_S)


def _nth_match(value: str, pattern: str, position: int, occurrence: int, parameters: str) -> Any:
    with _in_time():
        matches = _regex(pattern, parameters).finditer(value, _offset(position), timeout=_MATCH_S)
        return next(islice(matches, _offset(occurrence), None), None)


@scalar()
def regexp_substr(
    value: str,
    pattern: str,
    position: int = 1,
    occurrence: int = 1,
    parameters: str = "",
    group: int | None = None,
) -> str | None:
    """The given occurrence of the pattern, or a group of it; NULL when there are fewer."""
    match = _nth_match(value, pattern, position, occurrence, parameters)
    wanted = group if group is not None else 1 if "e" in parameters else 0
    return match.group(int(wanted)) if match else None


@scalar()
def regexp_count(value: str, pattern: str, position: int = 1, parameters: str = "") -> int:
    """How many matches there are that do not overlap."""
    with _in_time():
        matches = _regex(pattern, parameters).finditer(value, _offset(position), timeout=_MATCH_S)
        return sum(1 for _match in matches)


@scalar()
def regexp_instr(
    value: str, pattern: str, position: int = 1, occurrence: int = 1, option: int = 0, parameters: str = ""
) -> int:
    """Where a match starts (or ends, with ``option`` 1), counted from 1; 0 when there is none."""
    match = _nth_match(value, pattern, position, occurrence, parameters)
    if match is None:
        return 0
    return int(match.end() if option else match.start()) + 1


@scalar()
def left(value: Data, count: float) -> Data:
    """The first ``count`` characters, of BINARY bytes."""
    return value[: max(int(count), 0)]


@scalar()
def right(value: Data, count: float) -> Data:
    """The last ``count`` characters, of BINARY bytes."""
    return value[-int(count) :] if count >= 1 else value[:0]


@scalar()
def substr(value: Data, start: float, length: float | None = None) -> Data:
    """Position 0 counts as 1; a negative one counts from the end."""
    begin = int(start)
    index = begin - 1 if begin > 0 else 0 if begin == 0 else len(value) + begin
    if index < 0:
        return value[:0]
    return value[index:] if length is None else value[index : index + max(int(length), 0)]


@scalar()
def upper(value: str) -> str:
    """Upper case, also beyond ASCII."""
    return value.upper()


@scalar()
def lower(value: str) -> str:
    """Lower case, also beyond ASCII."""
    return value.lower()


@scalar()
def trim(value: str, characters: str = " ") -> str:
    """The text without these characters at both ends."""
    return value.strip(_set_of(characters))


@scalar()
def ltrim(value: str, characters: str = " ") -> str:
    """The text without these characters at its start."""
    return value.lstrip(_set_of(characters))


@scalar()
def rtrim(value: str, characters: str = " ") -> str:
    """The text without these characters at its end."""
    return value.rstrip(_set_of(characters))


def _set_of(characters: str) -> str:
    """The characters once each. Raises BadInput for so many that looking for them takes minutes in one step."""
    once = "".join(dict.fromkeys(characters))
    if len(once) > _MAX_SET:
        raise BadInput(
            f"The set of characters has {len(once):,} different ones, more than {_MAX_SET:,}", "Name fewer."
        )
    return once


@scalar()
def replace(value: str, old: str, new: str = "") -> str:
    """Every ``old`` replaced by ``new``. Raises BadInput when the result would be too long."""
    if old and value.count(old) * len(new) + len(value) > _MAX_TEXT:
        raise BadInput("REPLACE would make a text that is too long", "Shorten the replacement.")
    return value.replace(old, new) if old else value


@scalar()
def split(value: str, separator: str) -> str:
    """The parts between separators as an ARRAY in JSON text."""
    return dumps(value.split(separator) if separator else [value])


@scalar()
def split_part(value: str, separator: str, part: float) -> str:
    """The part with that number, from 1, or from the end when negative; empty when there is none."""
    parts = value.split(separator) if separator else [value]
    index = int(part) - 1 if part > 0 else 0 if part == 0 else int(part)
    return parts[index] if -len(parts) <= index < len(parts) else ""


@scalar()
def strtok(value: str, delimiters: str = " ", part: float = 1) -> str | None:
    """The token with that number, from 1, where empty tokens do not count; NULL when there is none."""
    from core.sql_ai.udfs.strings import tokens_of

    tokens = tokens_of(value, delimiters)
    return tokens[int(part) - 1] if 0 < part <= len(tokens) else None


@scalar()
def contains(value: str, part: str) -> int:
    """1 when ``part`` is in the text, in the same case."""
    return int(part in value)


@scalar()
def startswith(value: str, part: str) -> int:
    """1 when the text starts with ``part``."""
    return int(value.startswith(part))


@scalar()
def endswith(value: str, part: str) -> int:
    """1 when the text ends with ``part``."""
    return int(value.endswith(part))


@scalar()
def concat(*values: str) -> str:
    """The texts one after the other."""
    return "".join(values)


@scalar()
def concat_ws(separator: str, *values: str) -> str:
    """The texts joined by a separator."""
    return separator.join(values)


@scalar()
def initcap(value: str, delimiters: str = ' \t\n!?@"^#$&~_,.:;+-*%/|\\[](){}<>') -> str:
    """The first letter of each word in upper case, the others in lower case."""
    out, fresh, borders = [], True, frozenset(delimiters)
    for char in value:
        out.append(char.upper() if fresh else char.lower())
        fresh = char in borders
    return "".join(out)


@scalar()
def reverse(value: str) -> str:
    """The characters from last to first."""
    return value[::-1]


@scalar()
def repeat(value: str, count: float) -> str:
    """The text so many times. Raises BadInput when the result would be too long."""
    if len(value) * max(count, 0) > _MAX_TEXT:
        raise BadInput("REPEAT would make a text that is too long", f"Stay below {_MAX_TEXT:,} characters.")
    return value * max(int(count), 0)


@scalar()
def space(count: float) -> str:
    """So many spaces."""
    return repeat(" ", count)


@scalar()
def lpad(value: str, length: float, pad: str = " ") -> str:
    """The text filled up on the left, or cut, to that length."""
    size = max(int(length), 0)
    return (repeat(pad, size)[: max(size - len(value), 0)] + value)[:size] if pad else value[:size]


@scalar()
def rpad(value: str, length: float, pad: str = " ") -> str:
    """The text filled up on the right, or cut, to that length."""
    size = max(int(length), 0)
    return (value + repeat(pad, size))[:size] if pad else value[:size]


@scalar()
def position(part: str, value: str, start: float = 1) -> int:
    """Where ``part`` first stands at or after ``start``, counted from 1; 0 when it does not."""
    return value.find(part, int(start) - 1) + 1


@scalar()
def translate(value: str, source: str, target: str) -> str:
    """Each character of ``source`` replaced by that of ``target`` at its place, or dropped: not a translation."""
    table = {
        ord(char): target[i] if i < len(target) else None for i, char in reversed(list(enumerate(source)))
    }
    return value.translate(table)


@scalar()
def ascii(value: str) -> int:
    """The code point of the first character; 0 for an empty text."""
    return ord(value[0]) if value else 0


@scalar()
def chr(code: float) -> str:
    """The character with that code point. Raises BadInput when there is none."""
    import builtins

    return builtins.chr(int(code))


@scalar()
def insert(value: str, start: float, length: float, new: str) -> str:
    """The text with ``length`` characters from ``start`` replaced by ``new``. Raises BadInput for a place outside."""
    index = int(start) - 1
    if not 0 <= index <= len(value) or length < 0:
        raise BadInput(
            f"INSERT has no place {int(start)} in this text", "Count from 1, to one behind the end."
        )
    return value[:index] + new + value[index + int(length) :]


@scalar()
def editdistance(a: str, b: str, most: float | None = None) -> int:
    """The Levenshtein distance, at most ``most``. Raises BadInput for texts that would take too long."""
    if len(a) * len(b) > _MAX_CELLS:
        raise BadInput("EDITDISTANCE of texts this long takes too long", "Compare shorter texts.")
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        previous, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            previous, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, previous + (x != y))
    return row[-1] if most is None else min(row[-1], max(int(most), 0))


@scalar()
def jarowinkler_similarity(a: str, b: str) -> int:
    """Jaro-Winkler, 0..100, upper and lower case alike, as Snowflake documents it."""
    a, b = a.lower(), b.lower()
    if not a or not b:
        return 0
    if len(a) * len(b) > _MAX_CELLS:
        raise BadInput("JAROWINKLER_SIMILARITY of texts this long takes too long", "Compare shorter texts.")
    reach = max(max(len(a), len(b)) // 2 - 1, 0)
    hits_a, hits_b = [False] * len(a), [False] * len(b)
    for i, x in enumerate(a):
        for j in range(max(0, i - reach), min(len(b), i + reach + 1)):
            if not hits_b[j] and b[j] == x:
                hits_a[i] = hits_b[j] = True
                break
    matched = sum(hits_a)
    if not matched:
        return 0
    kept_a = [x for x, hit in zip(a, hits_a, strict=True) if hit]
    kept_b = [x for x, hit in zip(b, hits_b, strict=True) if hit]
    swaps = sum(x != y for x, y in zip(kept_a, kept_b, strict=True)) // 2
    jaro = (matched / len(a) + matched / len(b) + (matched - swaps) / matched) / 3
    prefix = next(
        (i for i, (x, y) in enumerate(zip(a[:4], b[:4], strict=False)) if x != y), min(len(a), len(b), 4)
    )
    return int(100 * (jaro + prefix * 0.1 * (1 - jaro)))


@scalar(nulls=True)
def hash(*values: Any) -> int:
    """A signed 64-bit number that is equal for equal values; not the number that Snowflake's HASH gives."""
    equal = [int(one) if isinstance(one, float) and one.is_integer() else one for one in values]
    digest = hashlib.blake2b(repr(equal).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


@scalar()
def fits(value: str, size: int) -> str:
    """The text itself. Raises BadInput when it is longer than its column, instead of cutting it."""
    if len(value) > size:
        raise BadInput(
            f"String '{value[:60]}' is too long and would be truncated",
            f"The column holds {size} characters.",
        )
    return value
