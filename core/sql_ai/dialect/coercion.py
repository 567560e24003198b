"""Bringing compiled expressions to a type, the way Snowflake does it without being asked."""

from dataclasses import replace

from sqlglot import exp

from core.errors import BadInput
from core.sql_ai.collations import Collation, effective
from core.sql_ai.dialect.compilation import refuse
from core.sql_ai.dialect.pieces import Piece, collation_of, quote, text_literal
from core.sql_ai.kinds import (
    ARRAY,
    BINARY,
    BOOLEAN,
    DATE,
    FLOAT,
    INTEGER,
    JSON_KINDS,
    JSON_TEXT,
    NUMBER,
    NUMERIC,
    OBJECT,
    TEMPORAL,
    TIME,
    TIMESTAMP,
    VARCHAR,
    VARIANT,
    ZONED,
    Kind,
    SqlType,
    common,
)
from core.sql_ai.values import dumps
from core.sql_ai.zoned import COLLATION

_TYPES = {
    "TEXT": VARCHAR, "VARCHAR": VARCHAR, "CHAR": VARCHAR, "NCHAR": VARCHAR, "NVARCHAR": VARCHAR,
    "INT": INTEGER, "BIGINT": INTEGER, "SMALLINT": INTEGER, "TINYINT": INTEGER, "INT128": INTEGER, "MEDIUMINT": INTEGER,
    "DECIMAL": INTEGER, "DOUBLE": FLOAT, "FLOAT": FLOAT, "BOOLEAN": BOOLEAN, "DATE": DATE, "TIME": TIME,
    "DATETIME": TIMESTAMP, "TIMESTAMP": TIMESTAMP, "TIMESTAMPNTZ": TIMESTAMP, "TIMESTAMPLTZ": TIMESTAMP,
    "TIMESTAMPTZ": ZONED,
    "VARIANT": VARIANT, "OBJECT": OBJECT, "STRUCT": OBJECT, "MAP": OBJECT, "ARRAY": ARRAY, "LIST": ARRAY,
    "BINARY": BINARY, "VARBINARY": BINARY,
}  # fmt: skip
_WHOLE = JSON_KINDS - {Kind.VARIANT}  # what holds elements and is no scalar, whatever its value


def data_type(node: exp.Expression) -> SqlType:
    """The type that a DataType node names; refuses those that cannot be kept."""
    name = node.this.name if hasattr(node.this, "name") else str(node.this)
    if node.args.get("collate") is not None:
        raise refuse("COLLATE inside of a type", "Write COLLATE(value, 'en-ci').")
    if any(isinstance(item, exp.DataTypeParam) and item.args.get("expression") for item in node.expressions):
        raise BadInput(f"The sizes of {name} are not separated", "Write NUMBER(10, 2).")
    sizes = [
        int(item.this.name)
        for item in node.expressions
        if isinstance(item, exp.DataTypeParam) and item.this.name.isdigit()
    ]
    if name == "VECTOR":
        if not sizes:
            raise BadInput("VECTOR needs an element type and a dimension", "Write VECTOR(FLOAT, 3).")
        whole = any(item.this is exp.DType.INT for item in node.expressions if isinstance(item, exp.DataType))
        return SqlType(Kind.VECTOR, size=sizes[-1], scale=0 if whole else None)
    if name not in _TYPES:
        raise refuse(
            f"The data type {node.sql('snowflake')}",
            "Use VARCHAR, NUMBER, FLOAT, BOOLEAN, DATE, TIMESTAMP_NTZ or _TZ, VARIANT, OBJECT, ARRAY or VECTOR.",
        )
    if name == "DECIMAL":
        return SqlType(Kind.NUMBER, sizes[0] if sizes else 38, sizes[1] if len(sizes) > 1 else 0)
    if _TYPES[name] is VARCHAR and (sizes or name in ("CHAR", "NCHAR")):
        return SqlType(Kind.VARCHAR, size=sizes[0] if sizes else 1)
    if _TYPES[name] in (TIME, TIMESTAMP, ZONED) and sizes:
        return SqlType(_TYPES[name].kind, scale=sizes[0])
    return _TYPES[name]


def cast(piece: Piece, target: SqlType, function: str = "sf_cast") -> Piece:
    """An explicit cast, or with ``sf_try_cast`` one that gives NULL."""
    source, sql = piece.type.kind, piece.sql
    if source is Kind.NULL:
        return Piece(sql, target, piece.sites)
    if source is target.kind is Kind.VARCHAR:
        target = replace(target, collation=piece.type.collation)
    if piece.type == JSON_TEXT and target.kind in (Kind.OBJECT, Kind.VARIANT):
        return Piece(sql, SqlType(target.kind, plain_nulls=True), piece.sites)
    if source is target.kind is Kind.VARCHAR and not target.size:
        # SQLite's parser holds only so many nested calls.
        return Piece(sql, target, piece.sites, piece.literal)
    if target.kind is Kind.VARCHAR and source is Kind.NUMBER and piece.type.scale and function == "sf_cast":
        return Piece(f"sf_display({sql}, {piece.type.scale})", target, piece.sites)
    scale = target.scale if target.scale is not None else "NULL"
    parameters = f"{target.precision or 'NULL'}, {scale}, {target.size or 'NULL'}"
    text = f"{function}({sql}, '{source}', '{target.kind}', {parameters})"
    return Piece(text, target, piece.sites, piece.literal if target.kind is source else None)


def local_time(piece: Piece, function: str = "sf_cast") -> Piece:
    """A cast to TIMESTAMP_LTZ, a moment in the session's time zone, which is UTC: an offset in text counts."""
    if piece.type.kind is Kind.ZONED:
        return instant(piece)
    if piece.type.kind is not Kind.VARCHAR:
        return cast(piece, TIMESTAMP, function)
    name = "sf_try_instant" if function == "sf_try_cast" else "sf_instant"
    return Piece(f"{name}({piece.sql})", TIMESTAMP, piece.sites)


def instant(piece: Piece) -> Piece:
    """A TIMESTAMP_TZ as the moment in UTC: what it is compared by."""
    return Piece(f"sf_utc({piece.sql})", TIMESTAMP, piece.sites)


def distinguished(piece: Piece) -> str:
    """The text of a column whose rows are told apart: a TIMESTAMP_TZ by its moment, a VARCHAR by its collation."""
    if piece.type.kind is Kind.ZONED:
        return f"{piece.sql} COLLATE {COLLATION}"
    collation = effective(piece.type.collation)
    if collation is None:
        return piece.sql
    return f"sf_sortable({piece.sql}, {text_literal(collation.written)}) COLLATE {quote(collation.name)}"


def collated(piece: Piece, collation: Collation | None) -> Piece:
    """A text as what SQLite compares it by under a collation."""
    collation = effective(collation)
    if collation is None or piece.type.kind is Kind.NULL:
        return piece
    sql = f"sf_collated({piece.sql}, {text_literal(collation.written)})"
    return Piece(sql, VARCHAR, piece.sites)


def wall_clock(piece: Piece) -> Piece:
    """A TIMESTAMP_TZ as a clock at its place shows it: what the functions of dates look at."""
    return Piece(f"sf_wall_clock({piece.sql})", TIMESTAMP, piece.sites)


def structured(piece: Piece, node: exp.Expression) -> Piece:
    """A value of ARRAY(T), OBJECT(name T, ..) or MAP(K, V) with every element cast to its type."""
    if not any(isinstance(item, exp.DataType | exp.ColumnDef) for item in node.expressions):
        return piece
    return Piece(f"sf_shaped({piece.sql}, {text_literal(dumps(_shape(node)))})", piece.type, piece.sites)


def _shape(node: exp.Expression) -> list[object]:
    """A type as JSON: its kind, its sizes, and the types of what it holds."""
    target = data_type(node)
    inner = [
        [item.name, _shape(item.args["kind"])] if isinstance(item, exp.ColumnDef) else _shape(item)
        for item in node.expressions
        if isinstance(item, exp.ColumnDef | exp.DataType)
    ]
    return [target.kind, target.precision, target.scale, target.size, inner]


def to(piece: Piece, kind: Kind) -> Piece:
    """An implicit conversion; nothing is emitted where the value already fits."""
    source = piece.type.kind
    if source is kind or source is Kind.NULL or (kind in NUMERIC and source in NUMERIC):
        return piece
    if kind in JSON_KINDS:
        return variant(piece) if kind is Kind.VARIANT or source not in JSON_KINDS else piece
    if kind in NUMERIC:
        return numeric(piece)
    return cast(piece, SqlType(kind))


def text(piece: Piece) -> Piece:
    """As VARCHAR."""
    return to(piece, Kind.VARCHAR)


def numeric(piece: Piece) -> Piece:
    """As a number, whatever its scale."""
    kind = piece.type.kind
    if kind in NUMERIC or kind is Kind.NULL:
        return piece
    if kind in (*TEMPORAL, Kind.BINARY):
        raise BadInput(f"A {kind} is used where a number is expected", "Use DATEDIFF or DATE_PART.")
    if kind is Kind.BOOLEAN:
        return Piece(piece.sql, INTEGER, piece.sites)
    return Piece(f"sf_number({piece.sql}, '{kind}')", NUMBER, piece.sites)


def boolean(piece: Piece) -> Piece:
    """As a condition."""
    kind = piece.type.kind
    if kind in NUMERIC:
        return Piece(f"({piece.sql} <> 0)", BOOLEAN, piece.sites)
    if kind in TEMPORAL:
        raise BadInput(f"A {kind} is used where a condition is expected", "Compare it with something.")
    return to(piece, Kind.BOOLEAN)


def variant(piece: Piece) -> Piece:
    """As VARIANT: JSON text."""
    kind = piece.type.kind
    if kind in JSON_KINDS:
        return piece
    if kind is Kind.NULL:
        return Piece(piece.sql, VARIANT, piece.sites)
    return Piece(f"sf_variant({piece.sql}, '{kind}')", VARIANT, piece.sites)


def comparable(piece: Piece) -> Piece:
    """With a VARIANT unpacked and a collated text by its key, so that SQLite sorts and compares as Snowflake does."""
    if piece.type.kind is Kind.VARIANT:
        return Piece(f"sf_native({piece.sql})", SqlType(Kind.VARCHAR), piece.sites)
    return instant(piece) if piece.type.kind is Kind.ZONED else collated(piece, piece.type.collation)


def aligned(pieces: list[Piece]) -> list[Piece]:
    """The same pieces, brought to one type for a comparison.

    A VARIANT is cast to the other side's type; two VARIANTs are compared by the scalars inside.
    """
    if any(piece.type.kind is Kind.ZONED for piece in pieces):
        return [instant(to(piece, Kind.ZONED)) for piece in pieces]
    kinds = {piece.type.kind for piece in pieces} - {Kind.NULL}
    if kinds == {Kind.VARCHAR}:
        return _aligned_texts(pieces)
    if len(kinds) <= 1:
        return [comparable(piece) for piece in pieces]
    if kinds <= JSON_KINDS:
        return [Piece(f"sf_native({piece.sql})", VARCHAR, piece.sites) for piece in pieces]
    _check_no_whole(kinds)
    if Kind.VARIANT in kinds:
        kinds -= JSON_KINDS
        target = common([SqlType(kind) for kind in kinds])
        return _aligned_texts([to(piece, target.kind) for piece in pieces])
    target = common([SqlType(kind) for kind in kinds])
    return _aligned_texts([to(piece, target.kind) for piece in pieces])


def _aligned_texts(pieces: list[Piece]) -> list[Piece]:
    """Texts by the key of the collation that they agree on; other types as they are."""
    if any(piece.type.kind not in (Kind.VARCHAR, Kind.NULL) for piece in pieces):
        return pieces
    collation = collation_of(pieces)
    return [collated(piece, collation) for piece in pieces]


def _check_no_whole(kinds: set[Kind]) -> None:
    """Raise BadInput when an OBJECT, ARRAY or VECTOR would be compared with a scalar, which is never equal to it."""
    whole, scalars = sorted(kinds & _WHOLE), sorted(kinds - JSON_KINDS)
    if whole and scalars:
        article = "a" if whole[0] is Kind.VECTOR else "an"
        raise BadInput(
            f"Cannot compare {article} {whole[0]} with a {scalars[0]}",
            "Pick an element first, for example result:labels[0]::STRING or result['score']::FLOAT.",
        )


def unified(pieces: list[Piece]) -> tuple[list[Piece], SqlType]:
    """The same pieces, brought to one type for a result (CASE, COALESCE, UNION), and that type."""
    target = common([piece.type for piece in pieces])
    if target.kind is Kind.NULL:
        return pieces, target
    return [to(piece, target.kind) for piece in pieces], target
