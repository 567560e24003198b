"""Named parameters (``:store``) in a query: finding them, and filling them in as Snowflake literals."""

import re
from collections.abc import Mapping

from core.sql_ai.dialect.splitting import holds_block, split_statements
from core.sql_ai.scripting.reading import declared_names
from core.sql_ai.scripting.tokens import is_block

# What may contain a colon without meaning a parameter comes first; a path (``col:field``, ``f(x):field``),
# a cast (``x::INT``) and an object (``'k':v``) have something directly before their colon.
_TOKEN = re.compile(
    r"""(?P<skip>
        '(?:[^'\\]|\\.|'')*'? | "(?:[^"]|"")*"? | \$\$.*?(?:\$\$|\Z)
      | --[^\n]* | //[^\n]* | /\*.*?(?:\*/|\Z)
      | [\w\])}](?::+\w*)+ | (?<=['"])\s*:+\w* | ::\s*\w*
    ) | :(?P<name>[A-Za-z_]\w*)""",
    re.VERBOSE | re.DOTALL,
)
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_LEADING_ZERO = re.compile(r"[+-]?0\d")


def names(sql: str) -> list[str]:
    """The parameters of a query in the order of their first mention; the variables of blocks are none."""
    found: dict[str, None] = {}
    for statement in split_statements(sql):
        if holds_block(statement):
            continue
        own = declared_names(statement) if is_block(statement) else frozenset()
        for match in _TOKEN.finditer(statement):
            if match["name"] and match["name"].upper() not in own:
                found[match["name"]] = None
    return list(found)


def fill(sql: str, values: Mapping[str, str]) -> str:
    """The query with every parameter replaced by a literal; a parameter without a value stays."""

    def literal_or_same(match: re.Match[str]) -> str:
        name = match["name"]
        return literal(values[name]) if name and name in values else match[0]

    return _TOKEN.sub(literal_or_same, sql)


def literal(text: str) -> str:
    """A typed value as a Snowflake literal: numbers, TRUE, FALSE and NULL bare, all else quoted."""
    bare = text.strip()
    if bare.upper() in ("TRUE", "FALSE", "NULL"):
        return bare.upper()
    if _NUMBER.fullmatch(bare) and not _LEADING_ZERO.match(bare):
        return f"({bare})" if bare[0] in "+-" else bare
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"
