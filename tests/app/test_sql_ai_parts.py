"""The page's parts that need no page: parameters, uploads, downloads, chart choice, jobs, sandboxes."""

import csv
import datetime as dt
import io
import json
import math
import re
import threading
from concurrent.futures import ThreadPoolExecutor

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as some

from core.errors import BadInput, HubError, LimitReached
from core.isolated import Ended
from core.ui.sql_ai import figures, parquet, uploads
from core.ui.sql_ai.downloads import to_csv, to_json, to_parquet
from core.ui.sql_ai.figures import Shape
from core.ui.sql_ai.frames import Grid, Role, column_config, frame_of
from core.ui.sql_ai.jobs import Job
from core.ui.sql_ai.parameters import fill, literal, names
from core.ui.sql_ai.sandboxes import Sandboxes
from tests.support.at_once import count_children

LIMITS = uploads.Limits(megabytes=1, rows=50, columns=5)
DAYS = [dt.datetime(2025, 1, day) for day in range(1, 15)]


@pytest.mark.parametrize(
    ("sql", "found"),
    [
        ("SELECT :a, :b, :a", ["a", "b"]),
        ("SELECT AI_CLASSIFY(body, ['x']):labels[0]::STRING, j:a.b, x::INT", []),
        ("SELECT ':no', 'it''s :no', \"q:no\", $$:no$$ -- :no\n/* :no */, :yes", ["yes"]),
        ("SELECT AI_EXTRACT(body, {'a': 'A?'}):response:a::STRING, x:b:c[0]:d", []),
        ("SELECT {'k':v, 'n' :w, 'm': :yes}", ["yes"]),
        ("CALL m!FORECAST(FORECASTING_PERIODS => :days)", ["days"]),
        ("SELECT 'unfinished :no", []),
    ],
)
def test_parameters_are_told_from_paths_casts_and_text(sql, found):
    assert names(sql) == found


def test_filling_touches_nothing_but_the_parameters():
    sql = "SELECT j:x, ':x' FROM t WHERE a = :x -- :x"
    assert fill(sql, {"x": "O'Hara"}) == "SELECT j:x, ':x' FROM t WHERE a = 'O''Hara' -- :x"


@pytest.mark.parametrize(
    ("typed", "written"),
    [("5", "5"), ("-2.5", "(-2.5)"), ("007", "'007'"), ("true", "TRUE"), ("2025-01-01", "'2025-01-01'"),
     ("a\\'; DROP", "'a\\\\''; DROP'"), ("1e3", "1e3"), ("nan", "'nan'")],
)  # fmt: skip
def test_a_value_becomes_one_literal(typed, written):
    assert literal(typed) == written


@given(some.text(max_size=30))
@settings(max_examples=60)
def test_no_value_can_leave_its_literal(value):
    import sqlglot

    tokens = sqlglot.tokenize(f"SELECT {literal(value)}", read="snowflake")
    assert len(tokens) <= 5  # SELECT and one literal, or a signed number in parentheses


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_csv_cell_starts_a_formula(start):
    written = to_csv([f"{start}head"], [(f"{start}1+1",), (-5,)]).decode("utf-8-sig")
    head, cell, number = (row[0] for row in csv.reader(io.StringIO(written, newline="")))
    assert head[0] == cell[0] == "'"
    assert number == "-5"


@pytest.mark.parametrize("hidden", ["x;=1+1;", "x;@SUM(1)", "x\n=1+1", "x;\t-1+1", 'x";=1+1', {"k": ";=1+1"}])
def test_no_part_of_a_csv_cell_starts_a_formula_where_semicolons_divide_cells(hidden):
    """Excel in German, French or Spanish divides a line at its semicolons, quotes around commas or not."""
    written = to_csv(["a"], [(hidden, 1)]).decode("utf-8-sig")
    parts = [part.strip() for line in written.splitlines() for part in re.split(r"[;\t]", line)]
    assert not [part for part in parts if part.startswith(("=", "+", "-", "@"))]


def test_csv_keeps_quotes_newlines_and_nested_values():
    value = 'a "quoted"\nline, with comma'
    written = to_csv(["T", "J"], [(value, {"k": [1, "é"]})]).decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(written)))[1] == [value, '{"k": [1, "é"]}']


def test_json_keeps_types_and_doubled_names():
    written = json.loads(to_json(["A", "A"], [({"x": None}, dt.date(2025, 1, 2)), (True, 1.5)]))
    assert written == [{"A": {"x": None}, "A_2": "2025-01-02"}, {"A": True, "A_2": 1.5}]


def test_parquet_is_typed_and_takes_mixed_columns():
    rows = [(1, DAYS[0], {"a": 1}, 1, None), (None, None, [1], "x", None)]
    table = pq.read_table(io.BytesIO(to_parquet(["N", "T", "J", "MIX", "E"], rows)))
    assert table.schema.field("N").type == pa.int64()
    assert pa.types.is_timestamp(table.schema.field("T").type)
    assert table["J"].to_pylist() == ['{"a": 1}', "[1]"]
    assert table["MIX"].to_pylist() == ["1", "x"]


@pytest.mark.parametrize(
    ("file_name", "content"),
    [
        ("a.csv", b"city;day\nOslo;2025-01-02\nRome;2025-01-03\n"),
        ("a.tsv", "city\tday\nOslo\t2025-01-02\nRome\t2025-01-03\n".encode("utf-16")),
        ("a.json", b'[{"city":"Oslo","day":"2025-01-02"},{"city":"Rome","day":"2025-01-03"}]'),
        ("a.json", b'{"data":[{"city":"Oslo","day":"2025-01-02"},{"city":"Rome","day":"2025-01-03"}]}'),
        ("a.jsonl", b'{"city":"Oslo","day":"2025-01-02"}\n{"city":"Rome","day":"2025-01-03"}\n'),
    ],
)
def test_every_format_reads_to_the_same_table(file_name, content):
    frame = uploads.read(file_name, content, LIMITS)
    assert list(frame.columns) == ["CITY", "DAY"]
    assert frame["CITY"].tolist() == ["Oslo", "Rome"]
    assert frame["DAY"].tolist() == [pd.Timestamp("2025-01-02"), pd.Timestamp("2025-01-03")]


def test_parquet_reads_with_its_types():
    buffer = io.BytesIO()
    pq.write_table(pa.table({"n": [1, 2], "N": ["a", None]}), buffer)
    frame = uploads.read("x.parquet", buffer.getvalue(), LIMITS)
    assert list(frame.columns) == ["N", "N_2"]
    assert frame["N"].tolist() == [1, 2]


@pytest.mark.parametrize(
    ("file_name", "content", "kind", "words"),
    [
        ("empty.csv", b"", BadInput, "is empty"),
        ("head.csv", b"a,b\n", BadInput, "has no rows"),
        ("x.exe", b"MZ", BadInput, "not a CSV, JSON or Parquet"),
        ("x.csv", b"a,b\n1,2,3\n4,5,6,7\n", BadInput, "not a readable CSV"),
        ("x.csv", b"PK\x03\x04\x00\x00", BadInput, "is a workbook"),
        ("sheet.xlsx", b"PK\x03\x04\x14\x00", BadInput, "is a workbook"),
        ("old.xls", b"\xd0\xcf\x11\xe0\xa1\xb1", BadInput, "is a workbook"),
        ("x.csv", b"a\x00b", BadInput, "not a text file"),
        ("x.json", b"{broken", BadInput, "not readable JSON"),
        ("x.json", b"[" * 100_000, BadInput, "not readable JSON"),
        ("x.json", b"[1, 2]", BadInput, "not a list of objects"),
        ("x.parquet", b"PAR1 nonsense PAR1", BadInput, "not a readable Parquet"),
        ("long.csv", b"a\n" + b"1\n" * 51, LimitReached, "50 rows"),
        ("wide.csv", b"a,b,c,d,e,f\n1,2,3,4,5,6\n", LimitReached, "6 columns"),
        ("big.csv", b"a\n" + b"1" * 1_000_001, LimitReached, "the limit is 1 MB"),
        ("header.csv", b"," * 900_000 + b"\n1\n", LimitReached, "900001 columns"),
        ("row.csv", b"a\n" + b"1," * 400_000 + b"1\n", LimitReached, "400000 columns"),
        ("short.csv", b"a,b\n1,2,3\n4,5,6\n", BadInput, "3 cells, the header 2"),
        ("keys.json", json.dumps([{f"k{i}": i} for i in range(40)]).encode(), LimitReached, "40 columns"),
    ],
)
def test_an_unusable_file_is_refused_with_a_hint(file_name, content, kind, words):
    with pytest.raises(kind, match=words) as caught:
        uploads.read(file_name, content, LIMITS)
    assert caught.value.hint


def test_semicolons_and_decimal_commas_are_read_as_spreadsheets_write_them():
    text = "name;price;share;code;day\nA;1.234,50;12,5;1,2,3;01.02.2025\nB;-7;0,25;4;03.02.2025\n"
    frame = uploads.read("prices.csv", text.encode("cp1252"), LIMITS)
    assert frame["PRICE"].tolist() == [1234.5, -7.0]
    assert frame["SHARE"].tolist() == [12.5, 0.25]
    assert frame["CODE"].tolist() == ["1,2,3", "4"], "no number, so no guess"
    assert frame["DAY"].tolist() == ["01.02.2025", "03.02.2025"]


def test_a_comma_in_a_file_with_commas_between_cells_is_no_decimal_comma():
    frame = uploads.read("prices.csv", b'name,price\nA,"1,5"\n', LIMITS)
    assert frame["PRICE"].tolist() == ["1,5"]


def test_lines_that_end_with_a_separator_lose_no_cell():
    frame = uploads.read("export.csv", b"a,b\n1,2,\n3,4,\n", LIMITS)
    assert frame.to_dict("list") == {"A": [1, 3], "B": [2, 4]}


@pytest.mark.parametrize("as_dictionary", [False, True])
@pytest.mark.parametrize(("size", "rows"), [(1_000, 20_000), (1_000_000, 100_000)], ids=["20 MB", "100 GB"])
def test_a_small_parquet_file_that_stands_for_much_is_refused(monkeypatch, size, rows, as_dictionary):
    """One long value named often: the file's directory counts it once, so that its figure is no protection."""
    monkeypatch.setattr(parquet, "_MEMORY", 600_000_000)
    often = pa.DictionaryArray.from_arrays(pa.array([0] * rows, pa.int32()), pa.array(["x" * size]))
    buffer = io.BytesIO()
    pq.write_table(pa.table({"x": often}), buffer, compression="zstd", store_schema=as_dictionary)
    assert len(buffer.getvalue()) < 5_000
    with pytest.raises(LimitReached, match="unpacks to more than the limit of 10 MB") as caught:
        uploads.read("bomb.parquet", buffer.getvalue(), LIMITS)
    assert caught.value.hint


def test_one_parquet_file_is_unpacked_at_a_time(monkeypatch):
    most = count_children(monkeypatch, Ended(parquet._TOO_LARGE, b""))

    def refused(_):
        with pytest.raises(LimitReached):
            parquet.unpack("a.parquet", b"", 1_000)

    with ThreadPoolExecutor(3) as visitors:
        list(visitors.map(refused, range(3)))
    assert most == [1, 1, 1]


@given(some.binary(max_size=200), some.sampled_from(uploads.FORMATS))
@settings(max_examples=80)
@pytest.mark.filterwarnings("ignore")
def test_no_bytes_make_the_reader_fail_otherwise(content, ending):
    refusals = []
    try:
        uploads.read(f"f.{ending}", content, LIMITS)
    except HubError as error:
        refusals.append(error)
    assert all(error.hint for error in refusals)


@pytest.mark.parametrize(
    ("file_name", "table"),
    [("My data (2).csv", "MY_DATA_2"), ("2024.csv", "T_2024"), ("../../etc/passwd.csv", "PASSWD"),
     ("Überblick.csv", "BERBLICK"), ("日本.csv", "UPLOAD"), ('a"; DROP TABLE x.csv', "A_DROP_TABLE_X")],
)  # fmt: skip
def test_a_file_name_becomes_a_plain_table_name(file_name, table):
    assert uploads.table_name(file_name) == table


def grid(columns, rows):
    return Grid.of(columns.split(), rows)


@pytest.mark.parametrize(
    ("result", "shape", "x", "y"),
    [
        (grid("PRODUCT SCORE", [("a", 0.5), ("b", -0.5)]), Shape.BAR, "PRODUCT", "SCORE"),
        (grid("DAY UNITS", list(zip(DAYS, range(14), strict=True))), Shape.LINE, "DAY", "UNITS"),
        (grid("ID SIM", [(i, i / 9) for i in range(9)]), Shape.BAR, "ID", "SIM"),
        (grid("A B", [(i * 1.5, i * i * 0.1) for i in range(60)]), Shape.SCATTER, "A", "B"),
        (grid("ID SCORE", [(i, i / 9) for i in range(90)]), Shape.HISTOGRAM, "SCORE", "ROWS"),
        (
            grid("TS FORECAST LOWER_BOUND UPPER_BOUND", [(d, 2.0, 1.0, 3.0) for d in DAYS]),
            Shape.FORECAST,
            "TS",
            "FORECAST",
        ),
    ],
)
def test_the_chart_follows_the_columns(result, shape, x, y):
    plan = figures.suggest(result)
    assert (plan.shape, plan.x, plan.y) == (shape, x, y)
    assert figures.figure(result, plan).data
    assert str(shape) in figures.alt(result, plan)


@pytest.mark.parametrize(
    "result",
    [
        grid("A", [(1,)]),
        grid("J", [({"a": 1},), ({"a": 2},)]),
        grid("T", [("x" * 90,), ("y" * 90,)]),
        grid("A", []),
    ],
)
def test_what_no_chart_shows_better_gets_none(result):
    assert figures.suggest(result) is None


def test_a_forecast_has_its_band_and_marks_anomalies():
    rows = [("A", d, 5.0, 2.0, 1.0, 3.0, index == 4) for index, d in enumerate(DAYS)]
    result = grid("SERIES TS Y FORECAST LOWER_BOUND UPPER_BOUND IS_ANOMALY", rows)
    drawn = {trace.name: trace for trace in figures.figure(result, figures.suggest(result)).data}
    assert drawn["interval"].fill == "toself"
    assert list(drawn["anomaly"].x) == [DAYS[4]]


def test_the_alt_text_names_extremes():
    result = grid("PRODUCT SCORE", [("Lamp", 0.5), ("Chair", -0.25), ("Bottle", None)])
    text = figures.alt(result, figures.suggest(result))
    assert "Lowest -0.25 at Chair, highest 0.5 at Lamp" in text


def test_a_long_name_of_a_column_takes_two_lines_along_its_axis():
    name = "L" * 80
    result = grid(f"PRODUCT {name}", [("lamp", 5.0), ("chair", 7.0)])
    layout = figures.figure(result, figures.suggest(result)).layout
    assert layout.yaxis.title.text == f"{name[:40]}<br>{name[40:]}"
    assert layout.xaxis.title.text == "PRODUCT"


@given(
    some.lists(
        some.tuples(
            some.one_of(some.none(), some.text(max_size=4), some.booleans()),
            some.one_of(some.none(), some.floats(), some.integers()),
            some.one_of(some.none(), some.datetimes(), some.dates()),
            some.one_of(
                some.none(), some.dictionaries(some.text(max_size=2), some.integers(0, 3), max_size=2)
            ),
        ),
        max_size=12,
    )
)
@example([("", 0.0, None, None), ("", math.nan, None, None)])
@example([("", math.nan, None, None)])
@settings(max_examples=25)
def test_any_result_can_be_shown(rows):
    result = Grid.of(["T", "N", "D", "J"], rows)
    assert len(frame_of(result)) == len(rows)
    column_config(result)
    if plan := figures.suggest(result):
        figures.figure(result, plan)
        figures.alt(result, plan)
    to_csv(result.columns, result.rows)
    to_json(result.columns, result.rows)
    to_parquet(result.columns, result.rows)


def test_facets_keep_the_rows_that_match_in_every_column():
    result = grid("P Q", [("a", True), ("a", False), ("b", True), (None, True)])
    assert result.where({"P": ["a", "NULL"], "Q": ["TRUE"]}).rows == (("a", True), (None, True))
    assert result.counts("P") == {"a": 2, "b": 1, "NULL": 1}
    assert result.where({"P": []}).rows == result.rows


def test_roles_come_from_values():
    result = Grid.of(list("ABCDE"), [(1, "x", True, DAYS[0].date(), [1]), (None, None, None, None, None)])
    assert list(result.roles.values()) == [Role.NUMBER, Role.TEXT, Role.FLAG, Role.TIME, Role.NESTED]


def test_an_identifier_reads_without_thousands_separators_and_a_count_with_them():
    config = column_config(Grid.of(["TICKET_ID", "TICKETS"], [(1043, 1043), (1081, 20)]))
    formats = {name: column["type_config"].get("format") for name, column in config.items()}
    assert formats == {"TICKET_ID": None, "TICKETS": "localized"}


@pytest.mark.parametrize(
    ("values", "format_"),
    [
        ((0.2, 0.13, None), "%.2f"),
        ((0.519, 0.09656, -0.9332), "%.4f"),
        ((136.481, 120.7), "%.2f"),
        ((6100.0, 19138.0), "localized"),
        ((2024.0, 2025.0), None),
        ((0.00012, 0.0000031), "%.4g"),
        ((float("inf"), 1.5), "%.4g"),
        ((0.0, 0), "localized"),
    ],
)
def test_the_numbers_of_a_column_have_the_same_decimals_and_no_more_than_they_need(values, format_):
    config = column_config(Grid.of(["SCORE"], [(value,) for value in values]))
    assert config["SCORE"]["type_config"].get("format") == format_


def test_a_job_reports_answers_and_keeps_its_error():
    job = Job(lambda report: report(1) or "done")
    assert job.wait(5)
    assert (job.reports, job.answer()) == ([1], "done")
    broken = Job(lambda report: 1 / 0)
    assert broken.wait(5)
    with pytest.raises(ZeroDivisionError):
        broken.answer()


def test_cancelling_a_job_asks_its_work_to_stop():
    stop = threading.Event()
    job = Job(lambda report: stop.wait(20), on_cancel=stop.set)
    assert not job.done
    job.cancel()
    assert job.wait(5)
    assert job.cancelled


def test_sandboxes_are_bounded_and_private(monkeypatch):
    opened = []
    monkeypatch.setattr("core.sql_ai.open_session", lambda **_: opened.append(object()) or opened[-1])
    store = Sandboxes(most=2)
    first, second = store.get("a"), store.get("b")
    assert first is not second
    assert store.get("a") is first
    store.get("c")
    assert store.find("b") is None
    assert store.find("a") is first
    store.drop("a")
    assert store.get("a") is not first
    assert len(store) == 2


def test_a_moment_with_an_offset_and_a_number_beyond_64_bits_are_shown_whole():
    east = dt.datetime(2024, 1, 1, 10, tzinfo=dt.timezone(dt.timedelta(hours=2)))
    grid = Grid.of(["AT", "N"], [(east, 10**19), (None, 5)])
    assert grid.rows == (("2024-01-01 10:00:00.000 +0200", 10**19), (None, 5))
    assert set(grid.roles.values()) == {Role.TEXT}
    assert frame_of(grid)["N"].tolist() == ["10000000000000000000", "5"]
    assert json.loads(to_json(grid.columns, grid.rows))[0] == {
        "AT": "2024-01-01 10:00:00.000 +0200",
        "N": 10**19,
    }
    assert pq.read_table(io.BytesIO(to_parquet(grid.columns, grid.rows))).column("N").to_pylist()[0] == str(
        10**19
    )
