"""COLLATE: texts compared by the rules of a language, without case, accents or punctuation."""

# ruff: noqa: E501
# Its tables read best with one entry a line.

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import BadInput, HubError, LimitReached, NotAvailable
from core.sql_ai import Session, collations
from core.sql_ai.collations import collation, sort_key

TABLE = "CREATE TABLE p (id NUMBER, name VARCHAR COLLATE 'en-ci', plain VARCHAR)"
ROWS = "INSERT INTO p VALUES (1, 'bob', 'bob'), (2, 'Ann', 'Ann'), (3, 'BOB', 'BOB'), (4, 'cid', 'cid'), (5, NULL, NULL)"


@pytest.fixture
def people(session: Session) -> Session:
    session.execute(TABLE)
    session.execute(ROWS)
    return session


def ordered(written: str, words: list[str]) -> list[str]:
    return sorted(words, key=lambda word: sort_key(word, written).encode())


@pytest.mark.parametrize(
    ("one", "other", "written", "equal"),
    [
        ("a", "A", "en-ci", True), ("a", "A", "en", False), ("é", "e", "en-ai", True), ("É", "e", "en-ai", False),
        ("É", "e", "en-ci-ai", True), ("é", "e", "en-ci", False), ("A-B-C", "ABC", "en-pi", True),
        ("A B C", "ABC", "en-pi", True), ("a+b", "ab", "en-pi", False), ("straße", "STRASSE", "de-ci", True),
        ("  a ", "a", "trim", True), (" a", "a", "rtrim", False), ("a ", "a", "en-rtrim", True),
        ("ñ", "Ñ", "upper", True), ("ñ", "n", "en-ai", True), ("ñ", "n", "es-ai", False),
        ("e\u0301", "é", "en", True), ("x\u0301", "x", "en-ai", True), ("ø", "o", "en-ci-ai", True),
        ("", "", "en-ci", True), ("a", "a", "", True), ("a", "A", "utf8", False), ("ﬁ", "fi", "en-ci", True),
        ("ﬁ", "fi", "en", False), ("a", "A", "EN-CI", True), ("a", "A", "en_US-ci", True),
    ],
)  # fmt: skip
def test_two_texts_are_equal_as_the_collation_says(one: str, other: str, written: str, equal: bool) -> None:
    name = collation(written).written
    assert (sort_key(one, name) == sort_key(other, name)) is equal


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("en", ["_x", "-x", "$", "1", "10", "2", "a b", "ab", "Äpfel", "apple", "Apple", "zebra", "Zoe"]),
        ("en", ["cote", "coté", "côte", "e", "E", "é", "É", "f", "strasse", "straße"]),
        ("en-fu", ["A", "a", "B", "b"]), ("en-fl", ["a", "A", "b", "B"]),
        ("es", ["n", "nz", "ñ", "Ñ", "o"]), ("pl", ["lz", "ł", "m", "z", "ź", "ż"]), ("en", ["l", "ł", "lz", "m"]),
        ("utf8", ["B", "a", "é"]), ("upper", ["a", "B", "_"]), ("en-ci", ["α", "β", "я"]),
    ],
)  # fmt: skip
def test_texts_sort_by_the_rules_of_the_language(written: str, words: list[str]) -> None:
    assert ordered(written, words[::-1]) == words


@given(
    st.text(max_size=12),
    st.text(max_size=12),
    st.sampled_from(["en", "en-ci", "en-ci-ai", "es-ai", "pl-pi-fu"]),
)
def test_a_looser_collation_never_tells_apart_what_a_stricter_one_does_not(
    one: str, other: str, written: str
) -> None:
    if sort_key(one, "en") == sort_key(other, "en"):
        assert sort_key(one, written) == sort_key(other, written)


@pytest.mark.parametrize(
    ("written", "kind"),
    [
        ("en-xx", BadInput), ("ci", BadInput), ("utf8-ai", BadInput), ("en-ci-cs", BadInput), ("en-ci-ci", BadInput),
        ("english", BadInput), ("-", BadInput), ("en_", BadInput), ("sv", NotAvailable), ("fr_CA", NotAvailable),
        ("'; DROP", BadInput),
    ],
)  # fmt: skip
def test_an_unknown_collation_is_refused_with_a_hint(written: str, kind: type[HubError]) -> None:
    with pytest.raises(kind) as caught:
        collation(written)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("query", "value"),
    [
        ("'a' = 'A' COLLATE 'en-ci'", True), ("COLLATE('a', 'en-ci') = 'A'", True), ("'a' COLLATE 'en-ci' = 'A'", True),
        ("COLLATE('b', 'en-ci') > 'A'", True), ("COLLATE('a', 'en-ci') IN ('x', 'A')", True),
        ("COLLATE('b', 'en-ci') BETWEEN 'A' AND 'C'", True), ("COLLATE('a', 'en-ci') IS DISTINCT FROM 'A'", False),
        ("COLLATION('a')", None), ("COLLATION(COLLATE('a', 'en-ci'))", "en-ci"), ("COLLATE(NULL, 'en-ci')", None),
        ("DECODE(COLLATE('a', 'en-ci'), 'A', 1, 2)", 1), ("NULLIF(COLLATE('a', 'en-ci'), 'A')", None),
        ("CASE COLLATE('a', 'en-ci') WHEN 'A' THEN 1 END", 1), ("EQUAL_NULL(COLLATE('a', 'en-ci'), 'A')", True),
        ("COLLATE('a', 'en-ci') || 'b' = 'AB'", True), ("UPPER(COLLATE('é', 'en-ai')) = 'E'", True),
        ("COLLATION(LEFT(COLLATE('abc', 'en-ci'), 2))", "en-ci"), ("COLLATION(MD5(COLLATE('a', 'en-ci')))", None),
        ("COLLATE('a', 'en-ci')::VARCHAR = 'A'", True), ("CAST('a' AS VARCHAR COLLATE 'en-ci') = 'A'", True),
        ("COALESCE(NULL, COLLATE('a', 'en-ci')) = 'A'", True), ("COLLATE('10', 'en-ci') = 10.0", True),
        ("COLLATE('a', 'en-ci') = PARSE_JSON('\"A\"')", True), ("(SELECT COLLATE('a', 'en-ci')) = 'A'", True),
        ("COLLATE('A_b', 'upper') LIKE 'a^_%' ESCAPE '^'", True), ("COLLATE(' a', 'trim') LIKE 'a'", True),
        ("CONTAINS(COLLATE('xABx', 'en-ci'), 'ab')", True), ("STARTSWITH(COLLATE('Été', 'en-ci-ai'), 'et')", True),
        ("ENDSWITH(COLLATE('abc', 'en-ci'), 'AB')", False), ("CONTAINS(COLLATE('abc', 'en-ci'), '')", True),
        ("CONTAINS(COLLATE('abc', 'upper'), 'BC')", True), ("SYSTEM$TYPEOF(COLLATE('a', 'en-ci'))", "VARCHAR COLLATE 'en-ci'"),
        ("LENGTH(COLLATE('abc', 'en-ci'))", 3), ("REPLACE(COLLATE('aA', ''), 'a', 'x')", "xA"),
        ("GREATEST(COLLATE('a', 'en-ci'), 'B')", "B"), ("LEAST('B', COLLATE('a', 'en-ci'), NULL)", None),
        ("LEAST_IGNORE_NULLS(COLLATE('b', 'en-ci'), 'A', NULL)", "A"), ("GREATEST_IGNORE_NULLS(COLLATE(NULL, 'en-ci'), NULL)", None),
        ("GREATEST(COLLATE('a', 'en-ci'), 'B') = 'b'", True),
        ("'A' = ANY (SELECT COLLATE('a', 'en-ci'))", True), ("'B' >= ALL (SELECT COLLATE('a', 'en-ci'))", True),
    ],
)  # fmt: skip
def test_a_comparison_follows_the_collation_of_its_texts(session: Session, query: str, value: Any) -> None:
    assert session.execute(f"SELECT {query} AS x").rows == [(value,)]


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("SELECT id FROM p WHERE name = 'Bob' ORDER BY id", [(1,), (3,)]),
        ("SELECT id FROM p WHERE plain = 'Bob'", []),
        ("SELECT id FROM p WHERE name IN (SELECT 'ANN')", [(2,)]),
        ("SELECT id FROM p WHERE 'CID' = name", [(4,)]),
        ("SELECT id FROM p WHERE COLLATE(name, '') = 'BOB'", [(3,)]),
        ("SELECT id FROM p WHERE name COLLATE 'utf8' = 'BOB'", [(3,)]),
        ("SELECT id FROM p ORDER BY name, id", [(2,), (1,), (3,), (4,), (5,)]),
        ("SELECT id FROM p ORDER BY plain COLLATE 'en-ci' DESC NULLS LAST, id LIMIT 2", [(4,), (1,)]),
        ("SELECT id FROM p ORDER BY plain", [(2,), (3,), (1,), (4,), (5,)]),
        ("SELECT LOWER(name), COUNT(*) FROM p GROUP BY name ORDER BY 1", [("ann", 1), ("bob", 2), ("cid", 1), (None, 1)]),
        ("SELECT COUNT(DISTINCT name), COUNT(DISTINCT plain), APPROX_COUNT_DISTINCT(name) FROM p", [(3, 4, 3)]),
        ("SELECT COUNT(DISTINCT name, id > 0) FROM p", [(3,)]),
        ("SELECT COUNT(*) FROM (SELECT DISTINCT name FROM p)", [(4,)]),
        ("SELECT COUNT(*) FROM (SELECT DISTINCT plain COLLATE 'en-ci' FROM p)", [(4,)]),
        ("SELECT COUNT(*) FROM (SELECT name FROM p UNION SELECT 'CID')", [(4,)]),
        ("SELECT name FROM p WHERE id < 3 EXCEPT SELECT 'ANN'", [("bob",)]),
        ("SELECT COUNT(*) FROM (SELECT plain FROM p UNION SELECT name FROM p)", [(4,)]),
        ("SELECT 'aNN' EXCEPT SELECT name FROM p", []), ("SELECT 'aNN' INTERSECT SELECT name FROM p", [("aNN",)]),
        ("SELECT COUNT(*) FROM (SELECT 'x' UNION ALL SELECT plain FROM p UNION SELECT name FROM p)", [(5,)]),
        ("SELECT MIN(name), MAX(name), MIN(plain) FROM p WHERE id IN (1, 2, 4)", [("Ann", "cid", "Ann")]),
        ("SELECT MAX(plain COLLATE 'en-ci') FROM (SELECT 'b' AS plain UNION ALL SELECT 'C')", [("C",)]),
        ("SELECT a.id, b.id FROM p a JOIN p b ON a.name = b.plain AND a.id < b.id", [(1, 3)]),
        ("SELECT COUNT(*) FROM p a JOIN p b USING (name)", [(6,)]),
        ("SELECT id, ROW_NUMBER() OVER (PARTITION BY name ORDER BY id) FROM p WHERE id IN (1, 3) ORDER BY 1", [(1, 1), (3, 2)]),
        ("SELECT id FROM p QUALIFY DENSE_RANK() OVER (ORDER BY name) = 2 ORDER BY id", [(1,), (3,)]),
        ("SELECT DISTINCT MAX(plain COLLATE 'en-ci') OVER () FROM (SELECT 'b' AS plain UNION ALL SELECT 'C')", [("C",)]),
        ("SELECT MAX_BY(id, name) FROM p", [(4,)]),
        ("SELECT LISTAGG(id, ',') WITHIN GROUP (ORDER BY name, id) FROM p WHERE name IS NOT NULL", [("2,1,3,4",)]),
        ("SELECT COUNT(*), GROUPING(name) FROM p WHERE id IN (1, 3) GROUP BY ROLLUP (name) ORDER BY 2", [(2, 0), (2, 1)]),
        ("SELECT id FROM (SELECT * FROM p) q WHERE name = 'ANN'", [(2,)]),
        ("WITH c AS (SELECT id, name AS n FROM p) SELECT id FROM c WHERE n = 'ANN'", [(2,)]),
        ("SELECT COLLATION(name), COLLATION(plain) FROM p LIMIT 1", [("en-ci", None)]),
        ("SELECT id FROM p WHERE name = COLLATE('Bob', 'en-cs')", []),
        ("SELECT COUNT(*) FROM p WHERE AI_SIMILARITY(name, name) > 0 AND name = 'BOB'", [(2,)]),
    ],
)  # fmt: skip
def test_a_column_is_compared_by_its_collation_everywhere(
    people: Session, query: str, rows: list[tuple[Any, ...]]
) -> None:
    assert people.execute(query).rows == rows


@pytest.mark.parametrize(
    "query",
    [
        "SELECT COLLATE('a', 'en-ci') = COLLATE('b', 'en')", "SELECT COLLATE('a', 'en-ci') || COLLATE('b', 'de-ci')",
        "SELECT COLLATE(1, 'en-ci')", "SELECT COLLATE('a', name) FROM p", "SELECT COLLATE('a')", "SELECT COLLATION()",
        "SELECT name LIKE 'b%' FROM p", "SELECT name ILIKE 'b%' FROM p", "SELECT name RLIKE 'b.*' FROM p",
        "SELECT REPLACE(name, 'b', 'c') FROM p", "SELECT POSITION('b' IN name) FROM p", "SELECT SPLIT(name, 'b') FROM p",
        "SELECT CONTAINS(COLLATE('a-b', 'en-pi'), 'ab')", "SELECT CONTAINS(COLLATE('e', 'en-ai'), 'é')",
        "SELECT MODE(name) FROM p", "SELECT LISTAGG(DISTINCT name) FROM p",
        "CREATE TABLE q (a NUMBER COLLATE 'en-ci')", "CREATE TABLE q (a VARCHAR COLLATE 'nonsense-ci')",
        "SELECT REGEXP_REPLACE(name, 'b') FROM p", "SELECT TRANSLATE(name, 'b', 'c') FROM p",
        "ALTER TABLE p ADD COLUMN n NUMBER COLLATE 'en-ci'", "CREATE TABLE q (n NUMBER COLLATE 'en-ci') AS SELECT 1",
        "CREATE FUNCTION f(a VARCHAR COLLATE 'en-ci') RETURNS BOOLEAN AS $$ a = 'B' $$",
        "CREATE FUNCTION f() RETURNS TABLE (a VARCHAR COLLATE 'en-ci') AS $$ SELECT 'B' $$",
        "EXECUTE IMMEDIATE $$ DECLARE r VARCHAR COLLATE 'en-ci' := 'a'; BEGIN RETURN r = 'A'; END $$",
        "SELECT TRIM(name, 'b') FROM p", "SELECT TRIM(BOTH 'b' FROM name) FROM p", "SELECT LTRIM(name, plain) FROM p",
        "SELECT s.value FROM p, LATERAL SPLIT_TO_TABLE(name, 'b') s", "SELECT s.value FROM p, LATERAL STRTOK_SPLIT_TO_TABLE(name, 'b') s",
    ],
)  # fmt: skip
def test_what_a_collation_cannot_do_is_refused_with_a_hint(people: Session, query: str) -> None:
    with pytest.raises(HubError) as caught:
        people.execute(query)
    assert caught.value.hint
    assert "cannot be run" not in caught.value.message


def test_columns_with_different_collations_need_an_explicit_one(people: Session) -> None:
    people.execute("CREATE TABLE other AS SELECT COLLATE('BOB', 'de-ci-ai') AS name")
    with pytest.raises(BadInput, match="Incompatible collations: 'en-ci' and 'de-ci-ai'"):
        people.execute("SELECT p.id FROM p JOIN other o ON p.name = o.name")
    query = "SELECT p.id FROM p JOIN other o ON p.name = COLLATE(o.name, 'en-ci') ORDER BY 1"
    assert people.execute(query).rows == [(1,), (3,)]


def test_a_collation_stays_with_a_column_through_the_statements_that_copy_tables(people: Session) -> None:
    for made in (
        "CREATE TABLE c AS SELECT * FROM p",
        "CREATE TABLE c CLONE p",
        "CREATE VIEW c AS SELECT * FROM p",
    ):
        people.execute(made)
        assert people.execute("SELECT id FROM c WHERE name = 'ANN'").rows == [(2,)]
        people.execute(f"DROP {made.split()[1]} c")
    people.execute("CREATE TABLE c LIKE p")
    assert people.execute("DESC TABLE c").rows[1][1] == "VARCHAR(16777216) COLLATE 'en-ci'"
    assert (
        "NAME VARCHAR(16777216) COLLATE 'en-ci'" in people.execute("SELECT GET_DDL('TABLE', 'p')").rows[0][0]
    )
    shown = people.execute("SELECT data_type FROM information_schema.columns WHERE column_name = 'NAME'")
    assert shown.rows == [("TEXT",), ("TEXT",)]


def test_a_column_of_create_table_as_has_the_collation_written_there(people: Session) -> None:
    people.execute(
        "CREATE TABLE c (n VARCHAR COLLATE 'en-ci', m VARCHAR, id NUMBER) AS SELECT plain, name, id FROM p"
    )
    assert people.execute("SELECT id FROM c WHERE n = 'bOb' ORDER BY id").rows == [(1,), (3,)]
    assert people.execute("SELECT COLLATION(n), COLLATION(m) FROM c LIMIT 1").rows == [("en-ci", None)]


def test_spaces_are_trimmed_off_collated_texts(people: Session) -> None:
    query = "SELECT TRIM(COLLATE(' bob ', 'en-ci')) = 'BOB', RTRIM(COLLATE('bob ', 'en-ci'), ' ') = 'BOB'"
    assert people.execute(query).rows == [(True, True)]


def test_a_column_is_added_and_widened_with_its_collation(people: Session) -> None:
    people.execute("ALTER TABLE p ADD COLUMN city VARCHAR(10) COLLATE 'en-ci' DEFAULT 'Bonn'")
    people.execute("ALTER TABLE p ALTER COLUMN city SET DATA TYPE VARCHAR(20)")
    assert people.execute("SELECT COUNT(*), ANY_VALUE(COLLATION(city)) FROM p WHERE city = 'BONN'").rows == [
        (5, "en-ci")
    ]


def test_rows_are_changed_by_collated_conditions(people: Session) -> None:
    assert people.execute("UPDATE p SET plain = 'x' WHERE name = 'bOb'").rows[0][0] == 2
    people.execute("MERGE INTO p USING (SELECT 'ANN' AS n) s ON p.name = s.n WHEN MATCHED THEN DELETE")
    assert people.execute("SELECT COUNT(*) FROM p").rows == [(4,)]


def test_a_result_keeps_the_collation_of_its_columns(people: Session) -> None:
    people.execute("SELECT id, name FROM p")
    assert people.execute("SELECT id FROM TABLE(RESULT_SCAN(LAST_QUERY_ID())) WHERE name = 'ANN'").rows == [
        (2,)
    ]


def test_the_examples_of_the_documentation_give_its_answers(session: Session) -> None:
    session.execute("CREATE TABLE collation1 (v VARCHAR COLLATE 'es')")
    session.execute("INSERT INTO collation1 (v) VALUES ('ñ')")
    shown = "SELECT v, COLLATION(v), COLLATE(v, 'es-ci'), COLLATION(COLLATE(v, 'es-ci')) FROM collation1"
    assert session.execute(shown).rows == [("ñ", "es", "ñ", "es-ci")]
    compared = (
        "SELECT v = 'ñ', v = 'Ñ', COLLATE(v, 'es-ci') = 'Ñ', COLLATE(v, 'sp-upper') = 'Ñ' FROM collation1"
    )
    assert session.execute(compared).rows == [(True, False, True, True)]
    phrases = "SELECT p FROM VALUES ('ñoño'), ('nube'), ('Nada'), ('ola') AS v (p) ORDER BY COLLATE(p, '{}')"
    assert [row[0] for row in session.execute(phrases.format("es")).rows] == ["Nada", "nube", "ñoño", "ola"]
    assert [row[0] for row in session.execute(phrases.format("utf8")).rows] == ["Nada", "nube", "ola", "ñoño"]


def test_ways_to_write_one_collation_are_one_order_of_sqlite(session: Session) -> None:
    ways = ["en-ci", "EN-CI-AS", "en_us-ci-fl", *(f"en_x{number:03d}-ci" for number in range(50))]
    for way in ways:
        session.execute(f"SELECT DISTINCT COLLATE('a', '{way}')")
    assert len({collation(way.lower()).name for way in ways}) == 1
    assert session.execute("SELECT COLLATE('a', 'en_us-ci') = COLLATE('A', 'en_gb-ci-as')").rows == [(True,)]


def test_a_text_too_long_to_be_compared_by_a_language_is_refused(session: Session) -> None:
    for query in (
        "SELECT COLLATE(REPEAT('a', 300000), 'en') = 'a'",
        "SELECT MAX(COLLATE(REPEAT('a', 300000), 'en'))",
    ):
        with pytest.raises(LimitReached, match="300,000"):
            session.execute(query)
    assert session.execute("SELECT COLLATE(REPEAT('a', 300000), 'upper') = REPEAT('A', 300000)").rows == [
        (True,)
    ]


def test_the_keys_of_sentences_are_remembered_while_rows_are_told_apart(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    computed: list[str] = []
    key = collations._key
    monkeypatch.setattr(collations, "_key", lambda text, written: computed.append(text) or key(text, written))
    texts = "SELECT REPEAT('sentence ', 20) || SEQ4() AS s FROM TABLE(GENERATOR(ROWCOUNT => 1000))"
    query = f"SELECT COUNT(*) FROM (SELECT DISTINCT COLLATE(s, 'en-ci') FROM ({texts}))"
    assert session.execute(query).rows == [(1000,)]
    assert len(computed) <= 1000
