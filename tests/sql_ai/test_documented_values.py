"""Values that Snowflake's function pages show or determine, row by row and batched."""
# ruff: noqa: E501
# Its tables read best with one entry a line.

from datetime import date, datetime, time
from typing import Any

import pytest

from core.errors import BadInput, NotAvailable
from core.sql_ai import Session

DATES: list[tuple[str, Any]] = [
    ("DATE_TRUNC('minute', '10:11:12'::TIME)", time(10, 11)),
    ("DATEADD(minute, 90, '23:00:00'::TIME)", time(0, 30)),
    ("TIMEADD(hour, -1, '00:30:00'::TIME)", time(23, 30)),
    ("TIME_SLICE('10:17:00'::TIME, 15, 'MINUTE')", time(10, 15)),
    ("DATE_TRUNC('second', '14:37:22.5'::TIME)", time(14, 37, 22)),
    ("DATEADD(second, 1, '10:00:00.5'::TIME)", time(10, 0, 1, 500000)),
    ("DATEDIFF(second, '10:00:00.5'::TIME, '10:00:02'::TIME)", 2),
    ("HOUR('10:11:12.25'::TIME)", 10),
    ("TO_CHAR('10:11:12.25'::TIME, 'MI:SS.FF2')", "11:12.25"),
    ("TIME_SLICE('1970-01-11'::DATE, 2, 'WEEK')", date(1969, 12, 29)),
    ("TIME_SLICE('1970-01-12'::DATE, 2, 'WEEK', 'END')", date(1970, 1, 26)),
    ("TIME_SLICE('2024-05-09 08:00'::TIMESTAMP, 2, 'WEEK')", datetime(2024, 5, 6)),
    ("DATE_PART(dayofweek_iso, '2024-05-05'::DATE)", 7),
    ("DATEDIFF(nanosecs, '10:00:00'::TIME, '10:00:01'::TIME)", 1_000_000_000),
    ("TO_TIMESTAMP('31536000')", datetime(1971, 1, 1)),  # digits are seconds, however many there are
    ("'Mon Jul 08 18:09:51 +0000 2013'::TIMESTAMP", datetime(2013, 7, 8, 18, 9, 51)),
    ("'Mon Jul 08 18:09:51 -0230 2013'::TIMESTAMP_LTZ", datetime(2013, 7, 8, 20, 39, 51)),
    ("'Thu, 21 Dec 2000 16:01:07 +0200'::TIMESTAMP_TZ::VARCHAR", "2000-12-21 16:01:07.000 +0200"),
    ("'Thu, 21 Dec 2000 04:01:07 PM +0200'::TIMESTAMP_NTZ", datetime(2000, 12, 21, 16, 1, 7)),
    ("TO_DATE('Thu, 21 Dec 2000 16:01:07')", date(2000, 12, 21)),
    ("TRY_TO_TIMESTAMP('Thu, 21 Dec')", None),
    ("TO_DATE('20240101')", date(1970, 8, 23)),
    ("'20240101'::TIMESTAMP::DATE", date(1970, 8, 23)),
    ("TO_DATE('20240101', 'YYYYMMDD')", date(2024, 1, 1)),
    ("TO_TIMESTAMP('2024-01-01 10:00:00.123456789', 'YYYY-MM-DD HH24:MI:SS.FF9')", datetime(2024, 1, 1, 10, 0, 0, 123456)),
    ("TIME_FROM_PARTS(12, 34, 56, 987654321)", time(12, 34, 56, 987654)),
    ("TO_TIME('3600')", time(1, 0)),
    ("'1:02:03'::TIME", time(1, 2, 3)),
    ("TRY_TO_TIME('1:2')", None),
    ("'2024-01-01 10:00:00.129'::TIMESTAMP_NTZ(2)", datetime(2024, 1, 1, 10, 0, 0, 120000)),
    ("'10:11:12.999'::TIME(0)", time(10, 11, 12)),
    ("CONVERT_TIMEZONE('America/Los_Angeles', '2024-04-05 12:00:00 +02:00')::VARCHAR", "2024-04-05 03:00:00.000 -0700"),
    ("CONVERT_TIMEZONE('Asia/Kolkata', '2024-04-05T12:00:00Z')::VARCHAR", "2024-04-05 17:30:00.000 +0530"),
    ("CONVERT_TIMEZONE('America/New_York', '2024-01-01 12:00:00'::TIMESTAMP)::TIMESTAMP_NTZ", datetime(2024, 1, 1, 7)),
    ("SYSTEM$TYPEOF(CONVERT_TIMEZONE('UTC', '2024-01-01 12:00:00'::TIMESTAMP))", "TIMESTAMP_TZ"),
    ("CONVERT_TIMEZONE('Asia/Tokyo', '2024-01-01 20:00:00'::TIMESTAMP)::DATE", date(2024, 1, 2)),
    ("CONVERT_TIMEZONE('UTC', 'Asia/Tokyo', '2024-01-01 20:00:00')", datetime(2024, 1, 2, 5)),
    ("'2024-04-05 12:00:00 -0130'::TIMESTAMP_LTZ", datetime(2024, 4, 5, 13, 30)),
    ("TO_TIMESTAMP_LTZ('2024-04-05 12:00:00 +02:00')", datetime(2024, 4, 5, 10)),
    ("TRY_TO_TIMESTAMP_LTZ('noon')", None),
    ("'2024-04-05 12:00:00 +02:00'::TIMESTAMP_NTZ", datetime(2024, 4, 5, 12)),
]  # fmt: skip
TEXTS: list[tuple[str, Any]] = [
    ("JAROWINKLER_SIMILARITY('Gute nacht', 'Ich weis nicht')", 56),
    ("JAROWINKLER_SIMILARITY('Snowflake', 'Oracle')", 61),
    ("JAROWINKLER_SIMILARITY('święta', 'swieta')", 77),
    ("HEX_ENCODE('SNOW', 0)", "534e4f57"),
    ("HEX_ENCODE(X'0AFF')", "0AFF"),
    ("LENGTH(X'0AFF')", 2),
    ("OCTET_LENGTH(X'0AFF00')", 3),
    ("BASE64_ENCODE('Snowflake ❄❄❄ Snowman ☃☃☃', 32, '$')", "U25vd2ZsYWtlIOKdhOKdhOKdhCBTbm93\nbWFuIOKYg$KYg$KYgw=="),
    ("BASE64_DECODE_STRING('U25vd2ZsYWtlIOKdhOKdhOKdhCBTbm93\nbWFuIOKYg$KYg$KYgw==', '$')", "Snowflake ❄❄❄ Snowman ☃☃☃"),
    ("HEX_DECODE_BINARY('534E')", b"SN"),
    ("TRY_HEX_DECODE_BINARY('xy')", None),
    ("TRY_BASE64_DECODE_BINARY('*')", None),
    ("MD5(X'41') = MD5('A')", True),
    ("MD5_BINARY('Snowflake')", bytes.fromhex("edf1439075a83a447fb8b630ddc9c8de")),
    ("LENGTH(SHA2_BINARY('a', 512))", 64),
    ("LEFT(X'0AFF', 1)", b"\x0a"),
    ("SUBSTR(TO_BINARY('SNOW', 'UTF-8'), -2)", b"OW"),
    ("'abc'::CHAR", "a"),
    ("INSERT('abc', 4, 0, 'Z')", "abcZ"),
    ("RTRIMMED_LENGTH(' ABCD ')", 5),
    ("JSON_EXTRACT_PATH_TEXT('{\"level_1_key\": {\"level_2_key\": [10, \"x\"]}}', 'level_1_key.level_2_key[1]')", "x"),
]  # fmt: skip
NUMBERS: list[tuple[str, Any]] = [
    ("ROUND(SINH(1.5), 6)", 2.129279),
    ("ROUND(COSH(1.5), 6)", 2.35241),
    ("ROUND(TANH(1.5), 6)", 0.905148),
    ("ROUND(COT(RADIANS(45)), 6)", 1.0),
    ("ROUND(ATANH(0.5), 6)", 0.549306),
    ("REGR_VALX(NULL, 10)", None),
    ("REGR_VALX(1, 10)", 10),
    ("REGR_VALY(1, NULL)", None),
    ("BIT_AND(6, 3)", 2),
    ("1e15::FLOAT::VARCHAR", "1000000000000000"),
    ("1e16::FLOAT::VARCHAR", "1e+16"),
    ("HASH(10) = HASH(10::NUMBER(38, 5)) AND HASH(10) = HASH(10::FLOAT)", True),
    ("HASH(10.5) = HASH(10.5::FLOAT) AND HASH(10) <> HASH(10.5)", True),
    ("5. + 1", 6),
    ("TO_VARCHAR(-123.45, '999.99MI')", "123.45-"),
    ("TO_CHAR(123.45, '999.99MI')", "123.45 "),
    ("TO_CHAR(-12.391, '\">\"$99.0\"<\"')", ">-$12.4<"),
    ("TO_CHAR(-1, '\">\"$99.0\"<\"')", "> -$1.0<"),
    ("TO_CHAR(3987, '\">\"$99.0\"<\"')", "> $##.#<"),
    ("TO_CHAR(3987, '\">\"B9,999.0\"<\"')", "> 3,987.0<"),
    ("TO_CHAR(0.1, '\">\"B9,999.0\"<\"')", ">      .1<"),
    ("TO_CHAR(-12.391, 'TME')", "-1.2391E1"),
    ("TO_CHAR(0, 'TME')", "0E0"),
    ("TO_CHAR(3987, 'TM9')", "3987"),
    ("TO_CHAR(-12.391, '0XXX')", "FFF4"),
    ("TO_CHAR(-12.391, 'S0XXX')", "-000C"),
    ("TO_CHAR(3987, 'S0XXX')", "+0F93"),
    ("TO_CHAR(0.5, 'FM9.99')", "0.50"),
    ("TO_CHAR(5, 'S99')", " +5"),
    ("TO_CHAR(1234567.891, '9,999,999.00')", " 1,234,567.89"),
    ("TO_CHAR(42, 'FM0000')", "0042"),
    ("TO_CHAR(1e300::FLOAT, '9.9')", " #.#"),
    ("TO_NUMBER('12.3456', '99.9999', 10, 1)", 12.3),
    ("TO_DECIMAL('ae5', 'XXX')", 2789),
    ("TO_NUMBER('$2,345', '$9,999')", 2345),
    ("TO_NUMBER('12-', '99MI')", -12),
    ("TRY_TO_NUMBER('1,234', '9999')", None),
    ("TRY_TO_NUMBER('12345', '999')", None),
]  # fmt: skip
STRUCTURED: list[tuple[str, Any]] = [
    ('GET_PATH(PARSE_JSON(\'{"vehicle": [{"make": "Honda"}]}\'), \'vehicle[0]:make\')::STRING', "Honda"),
    ('GET_PATH(PARSE_JSON(\'{"a.b": {"c d": [1, 7]}}\'), \'"a.b"."c d"[1]\')::INT', 7),
    ("GET_PATH(PARSE_JSON('{\"a\": {\"b\": 3}}'), '[''a'']:b')::INT", 3),
    ("PARSE_JSON('[1, ,77]')", [1, None, 77]),
    ("ARRAY_INSERT([0, 1], 3, 'x')", [0, 1, None, "x"]),
    ("ARRAY_INSERT([0, 1], -1, 'x')", [0, "x", 1]),
    ("OBJECT_CONSTRUCT('a', PARSE_JSON('NULL'), 'b', NULL, 'c', 'null')", {"a": None, "c": "null"}),
    ('PARSE_JSON(\'{"TRUE": True, "f": [FALSE, Null]}\')', {"TRUE": True, "f": [False, None]}),
    ("TRY_PARSE_JSON('NULLS')", None),
    (
        "PARSE_URL('HTTPS://www.Snowflake.com/')::STRING",
        '{"fragment":null,"host":"www.Snowflake.com","parameters":null,"path":"","port":null,"query":null,"scheme":"HTTPS"}',
    ),
    ("PARSE_URL('http://USER:PASS@EXAMPLE.INT:4345/HELLO.PHP?USER=1'):host::STRING", "USER:PASS@EXAMPLE.INT"),
    ("PARSE_URL('http://USER:PASS@EXAMPLE.INT:4345/HELLO.PHP?USER=1'):port::STRING", "4345"),
    ("PARSE_URL('mailto:abc@xyz.com'):path::STRING", "abc@xyz.com"),
    ("IS_NULL_VALUE(PARSE_URL('https://a.b'):path)", True),
    ("ARRAY_SORT([2, NULL, 1])", [1, 2, None]),
    ("ARRAY_SORT([2, NULL, 1], FALSE)", [None, 2, 1]),
    ("ARRAY_SORT([2, NULL, 1], FALSE, FALSE)", [2, 1, None]),
    ("ARRAY_SIZE(PARSE_JSON('[1,,77]'))", 3),
    ("PARSE_JSON('[,\",,\"]')", [None, ",,"]),
    ("PARSE_JSON('[1,,77]')[1] IS NULL", True),
    ("PARSE_JSON('[1,,\"NaN\"]')::STRING", '[1,undefined,"NaN"]'),
    ("PARSE_JSON('[-1, 12, 289, 2188, false,]')::STRING", "[-1,12,289,2188,false,undefined]"),
    ("TRY_PARSE_JSON('{\"a\": 1,}')", None),
    ("TRY_PARSE_JSON('[1,,NaN]')", None),
    ("TRY_PARSE_JSON('{\"a\":1,,}')", None),
    ("TRY_PARSE_JSON('{, }')", None),
    ("'9223372036854775807'::NUMBER", 9223372036854775807),
    ("[1, 2]::ARRAY(VARCHAR)", ["1", "2"]),
    ("[1.7, NULL]::ARRAY(INT)", [2, None]),
    ("{'a': '1', 'b': [2]}::OBJECT(a INT, b ARRAY(VARCHAR))", {"a": 1, "b": ["2"]}),
    ("{'x': '2.567'}::MAP(VARCHAR, NUMBER(5, 2))", {"x": 2.57}),
    ("{'x': '2024-01-02'}::MAP(VARCHAR, DATE)['x']::STRING", "2024-01-02"),
    ('TRY_PARSE_JSON(\'{"a": 1, "a": 2}\')', None),
    ("PARSE_JSON('{\"a\": 1, \"a\": 2}', 'd'):a::INT", 2),
]


@pytest.mark.parametrize(
    ("call", "value"), [*DATES, *TEXTS, *NUMBERS, *STRUCTURED], ids=lambda case: str(case)[:60]
)
def test_a_call_gives_the_documented_value(session: Session, call: str, value: Any) -> None:
    found = session.execute(f"SELECT {call}").rows[0][0]
    assert found == value
    assert type(found) is type(value)
    assert session.execute(f"SELECT {call}", optimize=False).rows == [(value,)]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        ("TO_NUMBER('1,234', '9999')", "Can't parse"),
        ("TO_CHAR(1, '9%')", "number format"),
        ("{'a': 1}::OBJECT(b INT)", "keys"),
        ("['x']::ARRAY(INT)", "x"),
        ('PARSE_JSON(\'{"a": 1, "a": 2}\')', "duplicate object attribute"),
        ("HEX_DECODE_BINARY('xy')", "hexadecimal"),
        ("OBJECT_AGG(column1, 1) FROM VALUES ('a'), ('a')", "Duplicate field key 'a'"),
        ("12345678901234567891", "more digits"),
        ("'12345678901234567891'::NUMBER(20, 0)", "more digits"),
        ("TOP 1 WITH TIES 1", "TIES"),
        ("OBJECT_CONSTRUCT('a', 1, 'a', 2)", "Duplicate field key 'a'"),
        ("{'a': 1, 'a': 2}", "Duplicate field key 'a'"),
        ("INSERT('abc', 0, 1, 'Z')", "no place 0"),
        ("1 FROM (SELECT 1) SAMPLE (150)", "percentage"),
        ("1 FROM (SELECT 1) SAMPLE (10.5 ROWS)", "no number of rows"),
        ("PARSE_JSON('{\"a\": [1]}'):a[0.5]", "path element 0.5"),
        ("[1]::ARRAY(ARRAY(INT))", "is not of type ARRAY"),
        ("{'a': 1}::MAP(INT, INT)", "a"),
        ('PARSE_JSON(\'{"a": [{"b": 1}]}\'):a[*].b', "path element"),
        ("TO_NUMBER('1e999999999', 'TM9')", "Can't parse"),
        ("TO_CHAR('inf'::FLOAT, '9.9')", "no digits"),
        ("MAX(1, 2)", "MAX takes 1"),
        ("SUM(1, 2) OVER ()", "SUM takes 1"),
        ("CORR(1, 2, 3)", "CORR takes 2"),
        ("LISTAGG('a', ',', 'b')", "LISTAGG takes 1 to 2"),
        ("SUM(1) WITHIN GROUP (ORDER BY 1)", "WITHIN GROUP does not go with SUM"),
        ("NVL(1, 2, 3)", "NVL takes 2"),
        ("TO_DATE('2024-01-01', 'YYYY-MM-DD', 'x')", "TO_DATE takes 1 to 2"),
        ("TRUNC()", "argument"),
        ("APPROX_PERCENTILE(1)", "argument"),
        ("OBJECT_AGG('a')", "argument"),
        ("'2024-03-01'::DATE - INTERVAL '1 y 1 mm'", "INTERVAL '1 y 1 mm'"),
        ("ROUND(1.5, 99999999)", "The scale 99999999 is not between -38 and 38"),
        ("TRUNC(1.5, -39)", "The scale -39 is not between -38 and 38"),
        ("TO_TIMESTAMP('2024-01-01', REPEAT('YYYY', 100000))", "The format has 400,000 characters"),
    ],
)
def test_a_call_that_cannot_be_answered_says_why(session: Session, call: str, words: str) -> None:
    with pytest.raises((BadInput, NotAvailable)) as caught:
        session.execute(f"SELECT {call}")
    assert words in caught.value.message
    assert caught.value.hint


def test_counting_the_columns_of_a_table_leaves_out_rows_with_a_null(session: Session) -> None:
    session.execute(
        "CREATE TABLE t AS SELECT column1 AS a, column2 AS b FROM VALUES (1, 'x'), (2, NULL), (NULL, 'y')"
    )
    counts = "COUNT(*), COUNT(t.*), COUNT(* EXCLUDE a), COUNT(t.* ILIKE 'a%'), COUNT(DISTINCT t.*)"
    assert session.execute(f"SELECT {counts} FROM t").rows == [(3, 1, 2, 2, 1)]
    assert session.execute("SELECT OBJECT_CONSTRUCT_KEEP_NULL(*) FROM t WHERE a = 2").rows == [
        ({"A": 2, "B": None},)
    ]


def test_flatten_leaves_out_an_item_that_is_not_there(session: Session) -> None:
    rows = session.execute(
        "SELECT index, path, value, this FROM TABLE(FLATTEN(INPUT => PARSE_JSON('[1, ,77]')))"
    ).rows
    assert rows == [(0, "[0]", 1, [1, None, 77]), (2, "[2]", 77, [1, None, 77])]
    assert session.execute("SELECT COUNT(*) FROM TABLE(FLATTEN(PARSE_JSON('[1,null,77]')))").rows == [(3,)]
    nested = (
        'SELECT f.value:b::INT FROM LATERAL FLATTEN(PARSE_JSON(\'{"a:x": [{"b": 5}]}\'), PATH => \'"a:x"\') f'
    )
    assert session.execute(nested).rows == [(5,)]


def test_a_seed_repeats_its_numbers_in_the_row_and_in_the_next_statement(session: Session) -> None:
    sql = "SELECT RANDOM(4711), RANDOM(4711), UNIFORM(1, 1000000, RANDOM(12)), RANDSTR(8, RANDOM(3)) FROM TABLE(GENERATOR(ROWCOUNT => 3))"
    first = session.execute(sql).rows
    assert all(row[0] == row[1] for row in first)
    assert len({row[0] for row in first}) == 3
    assert len({row[2] for row in first}) > 1
    assert session.execute(sql).rows == first
    assert (
        len(
            {
                row[0]
                for row in session.execute(
                    "SELECT RANDSTR(5, 1234) FROM TABLE(GENERATOR(ROWCOUNT => 3))"
                ).rows
            }
        )
        == 1
    )


def test_the_result_of_a_join_can_be_sampled(session: Session) -> None:
    session.execute("CREATE TABLE t AS SELECT SEQ4() AS n FROM TABLE(GENERATOR(ROWCOUNT => 200))")
    joined = "(SELECT a.n FROM t a JOIN t b ON a.n = b.n)"
    assert session.execute(f"SELECT COUNT(*) FROM {joined} SAMPLE (100)").rows == [(200,)]
    assert session.execute(f"SELECT COUNT(*) FROM {joined} SAMPLE (7 ROWS)").rows == [(7,)]
    sql = f"SELECT n, AI_FILTER(n::STRING) FROM {joined} SAMPLE (20) SEED (3)"
    half = session.execute(sql).rows
    assert 0 < len(half) < 200
    assert session.execute(sql, optimize=False).rows == half


def test_an_inner_column_without_an_alias_is_named_as_it_is_written(session: Session) -> None:
    assert session.execute("WITH x AS (SELECT 1+1, count( * )) SELECT * FROM x").columns == [
        "1+1",
        "COUNT( * )",
    ]
    session.execute("CREATE TABLE t AS SELECT 7/2, upper('a')")
    assert session.execute("SELECT * FROM t").columns == ["7/2", "UPPER('A')"]
    assert session.execute('SELECT "7/2" FROM t').rows == [(3.5,)]


def test_columns_hold_the_length_and_the_decimals_of_their_type(session: Session) -> None:
    session.execute("CREATE TABLE t (c CHAR, n NCHAR(3), s TIMESTAMP_NTZ(0))")
    session.execute("INSERT INTO t VALUES ('a', 'abc', '2024-01-01 10:00:00.9')")
    assert session.execute("SELECT * FROM t").rows == [("a", "abc", datetime(2024, 1, 1, 10))]
    assert [row[1] for row in session.execute("DESC TABLE t").rows] == [
        "VARCHAR(1)",
        "VARCHAR(3)",
        "TIMESTAMP_NTZ(0)",
    ]
    with pytest.raises(BadInput, match="too long"):
        session.execute("INSERT INTO t (c) VALUES ('ab')")


@pytest.mark.parametrize(
    ("source", "rows"),
    [
        ('(( SELECT 1 AS "A") AS l INNER JOIN ( SELECT 1 AS "B") AS r ON ("A" = "B"))', [(1, 1)]),
        ("(a JOIN b ON a.x = b.x)", [(2, 2)]),
        ("((a JOIN b ON a.x = b.x) LEFT JOIN c ON c.x = b.x)", [(2, 2, None)]),
        ("(a LEFT JOIN b ON a.x = b.x) JOIN c ON c.x = a.x + 2", [(1, None, 3), (2, 2, 4)]),
        ("a JOIN (b JOIN c ON c.x = b.x) ON a.x + 1 = b.x", [(2, 3, 3)]),
        ("a LEFT JOIN (b JOIN c ON c.x = b.x) ON a.x + 1 = b.x", [(1, None, None), (2, 3, 3)]),
        ("(a)", [(1,), (2,)]),
        ("((SELECT 5 AS x)) t", [(5,)]),
    ],
)
def test_joins_in_parentheses_are_joined(session: Session, source: str, rows: list[Any]) -> None:
    session.run_script(
        "CREATE TABLE a AS SELECT column1 AS x FROM VALUES (1), (2);"
        "CREATE TABLE b AS SELECT column1 AS x FROM VALUES (2), (3);"
        "CREATE TABLE c AS SELECT column1 AS x FROM VALUES (3), (4)"
    )
    assert session.execute(f"SELECT * FROM {source} ORDER BY 1").rows == rows
    assert session.execute(f"SELECT * FROM {source} ORDER BY 1", optimize=False).rows == rows


def test_an_ai_condition_in_parentheses_asks_the_model_as_outside_of_them(session: Session) -> None:
    session.run_script(
        "CREATE TABLE a AS SELECT 'x' || SEQ4() AS x FROM TABLE(GENERATOR(ROWCOUNT => 6)); CREATE TABLE b AS SELECT x AS y FROM a"
    )
    on = "AI_FILTER(PROMPT('{0} {1}', x, y))"
    plain = session.execute(f"SELECT x, y FROM a JOIN b ON {on} ORDER BY 1, 2").rows
    for source in (f"(a JOIN b ON {on})", f"(SELECT 1 AS one) o JOIN (a JOIN b ON {on}) ON o.one = 1"):
        for optimize in (True, False):
            assert session.execute(f"SELECT x, y FROM {source} ORDER BY 1, 2", optimize).rows == plain
    assert 0 < len(plain) < 36


def test_joins_in_parentheses_have_no_alias(session: Session) -> None:
    with pytest.raises(NotAvailable, match="joins in parentheses"):
        session.execute("SELECT * FROM ((SELECT 1 AS a) x JOIN (SELECT 1 AS b) y ON a = b) j")


@pytest.mark.parametrize(
    ("sql", "named"),
    [
        ("DELETE FROM t WHERE a > 0 LIMIT 1", "LIMIT in DELETE"),
        ("UPDATE t SET a = 5 ORDER BY a LIMIT 1", "ORDER BY in UPDATE"),
        ("INSERT INTO t VALUES (9) ON CONFLICT DO NOTHING", "ON CONFLICT in INSERT"),
        ("INSERT OR IGNORE INTO t VALUES (9)", "OR in INSERT"),
    ],
)
def test_a_clause_that_snowflake_does_not_have_is_refused_and_changes_nothing(
    session: Session, sql: str, named: str
) -> None:
    session.execute("CREATE TABLE t AS SELECT column1 AS a FROM VALUES (1), (2)")
    with pytest.raises(NotAvailable, match=named):
        session.execute(sql)
    assert session.execute("SELECT a FROM t ORDER BY a").rows == [(1,), (2,)]


def test_properties_that_change_no_result_are_accepted(session: Session) -> None:
    session.execute("CREATE TABLE t (a INT) DATA_RETENTION_TIME_IN_DAYS = 1 CHANGE_TRACKING = TRUE")
    session.execute("CREATE OR REPLACE TABLE t COPY GRANTS AS SELECT 1 AS a")
    session.execute("CREATE OR REPLACE SECURE VIEW v AS SELECT a FROM t")
    assert session.execute("SELECT a FROM v").rows == [(1,)]


def test_create_or_alter_is_refused_and_keeps_the_rows(session: Session) -> None:
    session.execute("CREATE TABLE t AS SELECT 1 AS a")
    with pytest.raises(NotAvailable, match="CREATE OR ALTER"):
        session.execute("CREATE OR ALTER TABLE t (a INT, b INT)")
    assert session.execute("SELECT a FROM t").rows == [(1,)]


def test_show_keeps_what_starts_with_a_text_and_as_many_as_asked(session: Session) -> None:
    session.run_script("CREATE TABLE pa (a INT); CREATE TABLE pb (a INT); CREATE TABLE q (a INT)")
    assert [row[1] for row in session.execute("SHOW TABLES STARTS WITH 'P'").rows] == ["PA", "PB"]
    assert [row[1] for row in session.execute("SHOW TABLES LIKE 'p%' LIMIT 1").rows] == ["PA"]
    assert session.execute("SHOW TABLES STARTS WITH 'p'").rows == []
    with pytest.raises(NotAvailable, match="FROM"):
        session.execute("SHOW TABLES LIMIT 1 FROM 'PA'")


def test_a_clustering_key_is_accepted_as_it_changes_no_result(session: Session) -> None:
    session.execute("CREATE TABLE t (a INT) CLUSTER BY (a)")
    session.execute("CREATE OR REPLACE TABLE t CLUSTER BY (a) AS SELECT 1 AS a")
    assert session.execute("SELECT a FROM t").rows == [(1,)]
