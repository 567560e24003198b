"""Blocks are cut out of a script whole, and read or refused with the line that is wrong."""

import pytest

from core.errors import BadInput, LimitReached, NotAvailable
from core.sql_ai import Session
from core.sql_ai.dialect.splitting import split_statements
from core.sql_ai.scripting.nodes import Count, If, Loop, Rows, Sql
from core.sql_ai.scripting.reading import declared_names, read_block
from core.sql_ai.scripting.tokens import is_block


@pytest.mark.parametrize(
    "block",
    [
        "BEGIN RETURN 1; END",
        "DECLARE a INT DEFAULT CASE WHEN 1 = 1 THEN 2 END; BEGIN RETURN a; END",
        "BEGIN IF (1 = 1) THEN NULL; END IF; CASE WHEN 1 = 1 THEN NULL; END CASE; LOOP BREAK; END LOOP; END",
        "BEGIN FOR i IN 1 TO 2 DO BEGIN NULL; END; END FOR; RETURN 'END; BEGIN'; -- END;\nEND",
        "BEGIN RETURN v:span.end; END outer_label",
    ],
)
def test_a_block_is_one_statement_whatever_stands_inside(block: str) -> None:
    assert split_statements(f"SELECT 1; {block};\nSELECT 2") == ["SELECT 1", block, "SELECT 2"]


@pytest.mark.parametrize("text", ["BEGIN TRANSACTION", "BEGIN", "begin work", "BEGINNING", "SELECT 1"])
def test_what_opens_a_transaction_or_only_looks_like_a_block_is_none(text: str) -> None:
    assert not is_block(text)
    assert split_statements(f"{text}; SELECT 2") == [text, "SELECT 2"]


def test_statements_are_read_with_their_lines_and_into_is_taken_out() -> None:
    block = read_block(
        "BEGIN\n  SELECT a, b INTO :x, y FROM t;\n  FOR i IN REVERSE 1 TO 3 DO NULL; END FOR;\n"
        "  FOR r IN c DO NULL; END FOR;\n  REPEAT NULL; UNTIL (TRUE) END REPEAT;\n  IF (x > 1) THEN NULL; END IF;\nEND"
    )
    assert block.body[0] == Sql("SELECT a, b FROM t", ("X", "Y"), 2)
    assert [type(node) for node in block.body[1:]] == [Count, Rows, Loop, If]
    assert [node.line for node in block.body] == [2, 3, 4, 5, 6]


@pytest.mark.parametrize(
    ("block", "named"),
    [
        ("BEGIN RETURN 1;", "END is missing"),
        ("BEGIN\n IF (1 = 1) RETURN 1; END IF;\nEND", "THEN"),
        ("BEGIN LOOP NULL; END FOR; END", "Expected LOOP"),
        ("BEGIN RETURN 1; END; SELECT 1", "after the block"),
        ("BEGIN FETCH c; END", "Expected INTO"),
        ("DECLARE x INT BEGIN RETURN 1; END", "BEGIN"),
    ],
)
def test_what_cannot_be_read_is_reported_with_its_line(block: str, named: str) -> None:
    with pytest.raises(BadInput, match="line"):
        read_block(block)
    with pytest.raises(BadInput, match=named):
        read_block(block)


def test_what_blocks_do_not_do_here_is_refused_by_name() -> None:
    with pytest.raises(NotAvailable, match="PROCEDURE"):
        read_block("DECLARE p PROCEDURE () RETURNS INT AS BEGIN RETURN 1; END; BEGIN NULL; END")


def test_deep_nesting_is_a_named_limit() -> None:
    with pytest.raises(LimitReached, match="nested deeper"):
        read_block("BEGIN " * 100 + "NULL;" + " END;" * 100)


def test_the_names_of_a_block_are_known_to_the_page_which_asks_for_the_others() -> None:
    from core.ui.sql_ai.parameters import names

    block = "DECLARE a INT; c CURSOR FOR SELECT 1; BEGIN FOR r IN c DO INSERT INTO t VALUES (:r, :a, :b); END FOR; END;"
    assert declared_names(block) >= {"A", "C", "R", "SQLID"}
    assert names(f"{block} SELECT :store") == ["b", "store"]
    procedure = "CREATE PROCEDURE p(k INT) RETURNS INT LANGUAGE SQL AS BEGIN RETURN (SELECT :k); END"
    assert names(f"{procedure}; SELECT :store") == ["store"]


def test_the_bounds_of_a_counting_loop_may_stand_in_brackets(session: Session) -> None:
    block = "BEGIN LET s INT := 0; FOR i IN (1 + 1) TO (3) DO s := s + i; END FOR; RETURN s; END"
    assert session.execute(block).rows == [(5,)]
