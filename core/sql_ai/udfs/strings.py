"""Less common text functions: tokens, encodings, sound, URLs, all matches of a pattern."""

import re
from itertools import islice
from urllib.parse import parse_qsl, urlsplit

from core.errors import BadInput
from core.sql_ai.udfs.registry import scalar
from core.sql_ai.udfs.text import all_matches
from core.sql_ai.values import dumps, dumps_sorted

_SOUNDEX = {
    **dict.fromkeys("BFPV", "1"), **dict.fromkeys("CGJKQSXZ", "2"), **dict.fromkeys("DT", "3"), "L": "4",
    **dict.fromkeys("MN", "5"), "R": "6",
}  # fmt: skip
_URL_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_HOST_AND_PORT = re.compile(r"(.*?)(?::(\d+))?", re.DOTALL)
_MAX_MATCHES = 100_000


@scalar()
def strtok_to_array(value: str, delimiters: str = " ") -> str:
    """The tokens between any of the delimiters as an ARRAY; empty tokens do not count."""
    return dumps(tokens_of(value, delimiters))


def tokens_of(value: str, delimiters: str) -> list[str]:
    """The non-empty parts of ``value`` between any of the characters in ``delimiters``."""
    value = value.translate(dict.fromkeys(map(ord, delimiters), delimiters[:1]))
    return [token for token in (value.split(delimiters[0]) if delimiters else [value]) if token]


@scalar()
def soundex(value: str) -> str:
    """The four-character sound code of the first word's letters; empty when there is no letter."""
    letters = [char for char in value.upper() if "A" <= char <= "Z"]
    if not letters:
        return ""
    code, previous = letters[0], _SOUNDEX.get(letters[0], "")
    for char in letters[1:]:
        digit = _SOUNDEX.get(char, "")
        if digit and digit != previous:
            code += digit
        if char not in "HW":
            previous = digit
    return code[:4].ljust(4, "0")


@scalar()
def octet_length(value: str | bytes) -> int:
    """How many bytes the text has in UTF-8."""
    return len(value if isinstance(value, bytes) else value.encode())


@scalar()
def bit_length(value: str | bytes) -> int:
    """How many bits the text has in UTF-8."""
    return 8 * octet_length(value)


@scalar()
def regexp_substr_all(
    value: str,
    pattern: str,
    position: int = 1,
    occurrence: int = 1,
    parameters: str = "",
    group: int | None = None,
) -> str:
    """Every match from the given occurrence on, or a group of each, as an ARRAY."""
    wanted = int(group) if group is not None else 1 if "e" in parameters else 0
    found = islice(all_matches(value, pattern, position, parameters), int(occurrence) - 1, _MAX_MATCHES)
    return dumps([match.group(wanted) for match in found])


@scalar()
def parse_url(value: str, permissive: int = 0) -> str:
    """The parts of a URL as an OBJECT; with ``permissive``, an object with an error for what is none."""
    if not _URL_SCHEME.match(value):
        if permissive:
            return dumps_sorted({"error": "Error parsing URL: scheme not specified"})
        raise BadInput("Error parsing URL: scheme not specified", "Pass 1 to get an object with the error.")
    parts = urlsplit(value)
    host, port = _HOST_AND_PORT.fullmatch(parts.netloc).groups()  # type: ignore[union-attr] # any text matches
    parameters = dict(parse_qsl(parts.query, keep_blank_values=True))
    return dumps_sorted(
        {
            "fragment": parts.fragment or None,
            "host": host or None,
            "parameters": parameters or None,
            "path": parts.path.removeprefix("/") if parts.path else None,
            "port": port,
            "query": parts.query or None,
            "scheme": value[: len(parts.scheme)],
        }
    )
