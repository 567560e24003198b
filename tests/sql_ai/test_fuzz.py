"""Statements nobody would write: the sandbox answers each with rows or with an error that helps, in time."""
# ruff: noqa: E501
# Its word lists read best dense.

import os
import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlglot.tokens import TokenType

from core.config import ASSETS
from core.config_sql import SqlSettings
from core.errors import HubError
from core.sql_ai import Session, open_session
from core.sql_ai.dialect.parse import tokenize
from core.sql_ai.dialect.splitting import split_statements
from core.sql_ai.session import InternalFault

from .conftest import Models

_LIMIT_S = 3.0
_OURS = Path(__file__).parents[1] / "acceptance"
_FILES = {  # each with the case that builds its tables
    ASSETS / "sql" / "cortex_patterns.sql": "P00",
    _OURS / "further_patterns.sql": "F00",
    _OURS / "dialect_patterns.sql": "Q00",
    _OURS / "routine_patterns.sql": "U00",
    _OURS / "mixed_patterns.sql": "R00",
}
_HOSTILE = [
    "ATTACH DATABASE 'x.db' AS x", "PRAGMA table_info(t)", "SELECT load_extension('x')", "SELECT * FROM sqlite_master",
    "SELECT randomblob(1000000000)", "WITH RECURSIVE r AS (SELECT 1 n UNION ALL SELECT n + 1 FROM r) SELECT * FROM r",
    "SELECT REPEAT(REPEAT('x', 1000), 100000)", "VACUUM INTO 'x.db'", "SELECT 'a' RLIKE '((a*)*)*b'", "DROP TABLE shop_reviews",
    "DELETE FROM shop_reviews", "SELECT COUNT(*) FROM shop_reviews a, shop_reviews b, shop_reviews c, shop_reviews d",
    "SELECT * FROM TABLE(GENERATOR(ROWCOUNT => 200000)) a JOIN TABLE(GENERATOR(ROWCOUNT => 200000)) b ON 1 = 1",
    "SELECT LISTAGG(REPEAT('y', 1000)) FROM TABLE(GENERATOR(ROWCOUNT => 100000))", "ALTER TABLE shop_reviews RENAME TO other",
    "SELECT PARSE_JSON(REPEAT('[', 5000))", "INSERT INTO shop_reviews SELECT * FROM shop_reviews", "SHOW TABLES", "DESCRIBE TABLE helpdesk",
]  # fmt: skip
_WORDS = [
    "SELECT", "FROM", "WHERE", "NULL", "TRUE", "(", ")", ",", "*", ".", ":", "::", "=>", "[", "]", "{", "}", "'", '"', "$$", "--", "/*",
    ";", "?", ":x", "$v", "OVER", "PARTITION BY", "ORDER BY", "GROUP BY", "LIMIT", "-1", "0", "1e999", "99999999999999999999", "''",
    "'x'", "LATERAL", "FLATTEN", "JOIN", "ON", "UNION ALL", "WITH", "AS", "CASE", "WHEN", "END", "INT", "VARIANT", "DATE", "AI_FILTER",
    "PROMPT", "AI_AGG", "COUNT", "!", "PREDICT", "TABLE", "\x00", "é", "🙂", "\\", "INTERVAL", "QUALIFY", "EXCLUDE", "PIVOT",
]  # fmt: skip
_PLAIN = {
    "AI_EXTRACT": {"error": None, "response": {}}, "EXTRACT_ANSWER": "x", "SUMMARIZE": "x", "TRANSLATE": "x", "CLASSIFY_TEXT": ["x"],
}  # fmt: skip


class Fuzzer:
    """Statements from the pattern files, changed at random; the same seed gives the same statements."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        scripts = [path.read_text(encoding="utf-8") for path in _FILES]
        self.statements = [one for script in scripts for one in split_statements(script)] + _HOSTILE
        self.words = [self._words(statement) for statement in self.statements]
        self.alike: dict[TokenType, list[str]] = {}
        for word in {word for words in self.words for word in words}:
            self.alike.setdefault(_sort(word), []).append(word)
        for words in self.alike.values():
            words.sort()

    def __iter__(self) -> Iterator[str]:
        while True:
            words = list(self.random.choice(self.words))
            change = self.random.choice([self._change, self._exchange])
            for _ in range(self.random.choice([0, 1, 1, 1, 2, 2, 3, 5])):
                change(words)
            text = " ".join(words)
            yield self._scratch(text) if self.random.random() < 0.1 else text

    def _words(self, statement: str) -> list[str]:
        tokens = tokenize(statement)
        return [statement[token.start : token.end + 1] for token in tokens]

    def _change(self, words: list[str]) -> None:
        pick, place = self.random.random(), self.random.randrange(len(words) + 1)
        if pick < 0.3 and words:
            del words[min(place, len(words) - 1)]
        elif pick < 0.5:
            words.insert(place, self.random.choice(_WORDS))
        elif pick < 0.7 and words:
            words[min(place, len(words) - 1)] = self.random.choice(self.random.choice(self.words))
        elif pick < 0.8:
            other = self.random.choice(self.words)
            start = self.random.randrange(len(other))
            words[place:place] = other[start : start + self.random.randrange(1, 12)]
        elif pick < 0.9:
            words[:] = ["SELECT", "*", "FROM", "(", *words, ")", "AS", "q"]
        elif words:
            start = self.random.randrange(len(words))
            words[place:place] = words[start : start + 6] * self.random.randrange(1, 4)

    def _exchange(self, words: list[str]) -> None:
        """One word for another of its sort: the statement can still be read, its meaning is what is wrong."""
        place = self.random.randrange(len(words))
        words[place] = self.random.choice(self.alike[_sort(words[place])])

    def _scratch(self, text: str) -> str:
        if not text:
            return text
        place = self.random.randrange(len(text))
        return (
            text[:place] + chr(self.random.choice([0, 39, 34, 40, 92, 0x1F600, 0xD7, 10])) + text[place + 1 :]
        )


def _sort(word: str) -> TokenType:
    return tokenize(word)[0].token_type


def fuzzed_session() -> Session:
    plain = {name: _answer(value) for name, value in _PLAIN.items()}
    limits = SqlSettings(time_limit_s=_LIMIT_S, max_rows=1_000, max_table_rows=20_000, max_tables=50)
    session = open_session(False, Models().overrides() | plain, limits)
    prepare_tables(session)
    session.execute("SELECT sentiment_analysis('load the lexicon before time counts')")
    return session


def _answer(value: object) -> object:
    return lambda requests: [value] * len(requests)


def prepare_tables(session: Session) -> None:
    for path, name in _FILES.items():
        body = path.read_text(encoding="utf-8").split(f"-- @{name}", 1)[1].split("-- @", 1)[0]
        session.run_script(body.split("\n", 1)[1])


def run(count: int, seed: int, tolerance_s: float, folder: Path) -> None:
    session, witness = fuzzed_session(), fuzzed_session()
    before = (witness.tables(), dict(os.environ), sorted(folder.iterdir()))
    problems = []
    for number, sql in zip(range(count), Fuzzer(seed), strict=False):
        started = time.monotonic()
        try:
            session.execute(sql)
        except HubError as error:
            if isinstance(error, InternalFault) or not error.message or not error.hint:
                problems.append((sql, repr(error), error.hint))
        if time.monotonic() - started > _LIMIT_S + tolerance_s:
            problems.append((sql, f"took {time.monotonic() - started:.2f} s", ""))
        if number % 200 == 199:
            session.reset()
            prepare_tables(session)
    assert problems == []
    assert (witness.tables(), dict(os.environ), sorted(folder.iterdir())) == before
    assert session.execute("SELECT 1").rows == [(1,)]


def test_mutated_statements_never_crash_hang_or_reach_outside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    run(400, seed=20261128, tolerance_s=20, folder=tmp_path)  # time is measured in the long form


@pytest.mark.soak
@pytest.mark.timeout(3_600)
def test_ten_thousand_mutated_statements_never_crash_hang_or_reach_outside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    run(10_000, seed=7, tolerance_s=0.5, folder=tmp_path)
