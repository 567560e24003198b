"""What functions and LIKE do with texts that have a collation, as far as Snowflake lets them."""

from dataclasses import replace

from core.sql_ai.collations import Collation, effective, only_folds, searches
from core.sql_ai.dialect.compilation import refuse
from core.sql_ai.dialect.pieces import Piece, collation_of, text_literal
from core.sql_ai.kinds import BOOLEAN, VARCHAR

# Functions whose result is compared as their arguments are.
KEEPING = frozenset(
    {
        "CONCAT", "CONCAT_WS", "INITCAP", "INSERT", "LEFT", "LOWER", "LPAD", "LTRIM", "REPEAT", "REVERSE", "RIGHT",
        "RPAD", "RTRIM", "SUBSTR", "SUBSTRING", "TRIM", "UPPER",
    }
)  # fmt: skip
SEARCHING = ("STARTSWITH", "ENDSWITH", "CONTAINS")
# Functions that compare texts themselves, by their code points.
_COMPARING = frozenset(
    {
        "CHARINDEX", "EDITDISTANCE", "ILIKE", "JAROWINKLER_SIMILARITY", "LIKE", "POSITION", "REGEXP_COUNT",
        "REGEXP_INSTR", "REGEXP_LIKE", "REGEXP_REPLACE", "REGEXP_SUBSTR", "REGEXP_SUBSTR_ALL", "REPLACE", "RLIKE",
        "SPLIT", "SPLIT_PART", "SPLIT_TO_TABLE", "STRTOK", "STRTOK_SPLIT_TO_TABLE", "STRTOK_TO_ARRAY", "TRANSLATE",
    }
)  # fmt: skip
_TRIMMING = frozenset({"TRIM", "LTRIM", "RTRIM"})
_WITHOUT = "Take the collation off: COLLATE(text, '')."


def check_collated(name: str, pieces: list[Piece]) -> None:
    """Refuse a function that would compare collated texts by their code points."""
    collation = effective(collation_of(pieces))
    if collation is None:
        return
    if name in _COMPARING or (name in _TRIMMING and not all(map(_is_space, pieces[1:]))):
        raise refuse(f"{name} with the collation '{collation.written}'", _WITHOUT)


def _is_space(piece: Piece) -> bool:
    return isinstance(piece.literal, str) and not piece.literal.strip()


def found_by_collation(name: str, pieces: list[Piece], collation: Collation) -> Piece:
    """CONTAINS, STARTSWITH and ENDSWITH under a collation; refuses those that Snowflake refuses too."""
    if not searches(collation.written):
        raise refuse(
            f"{name} with the collation '{collation.written}'", "Leave out -pi, and -ai without -ci."
        )
    text, part = pieces
    where = f"{text_literal(collation.written)}, {SEARCHING.index(name)}"
    return Piece(f"sf_collated_at({text.sql}, {part.sql}, {where})", BOOLEAN, text.sites | part.sites)


def greatest_by_collation(function: str, pieces: list[Piece], collation: Collation) -> Piece:
    """GREATEST, LEAST and their kin, which ``function`` names in SQLite, under a collation."""
    texts = ", ".join(piece.sql for piece in pieces)
    sql = f"{function}_collated({text_literal(collation.written)}, {texts})"
    sites = frozenset().union(*(piece.sites for piece in pieces))
    return Piece(sql, replace(VARCHAR, collation=collation), sites)


def folded_for_like(pieces: list[Piece], name: str = "LIKE") -> list[Piece]:
    """A text and its patterns as LIKE compares them: the collations of cases and spaces only, as in Snowflake."""
    collation = effective(collation_of(pieces))
    if collation is None:
        return pieces
    if name != "LIKE" or not only_folds(collation.written):
        raise refuse(
            f"{name} with the collation '{collation.written}'",
            f"LIKE takes the collations upper, lower and trim. {_WITHOUT}",
        )
    written = text_literal(collation.written)
    return [Piece(f"sf_folded({piece.sql}, {written})", piece.type, piece.sites) for piece in pieces]
