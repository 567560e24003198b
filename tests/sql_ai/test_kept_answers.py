"""Sessions ask a model once about texts that all of them have, and share nothing else."""

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd
import pytest

from core.config_sql import SqlSettings
from core.errors import LimitReached
from core.sql_ai import Session, open_session, samples
from core.sql_ai.answers import Request
from core.sql_ai.functions.errors import RowError
from core.sql_ai.kept_answers import KeptAnswers

from .conftest import Models

MOODS = (
    "SELECT AI_SENTIMENT(review_text):categories[0]:sentiment::STRING FROM product_reviews ORDER BY review_id"
)


@pytest.fixture
def kept() -> KeptAnswers:
    return KeptAnswers(samples.texts() | {"price", "comfort"})


@pytest.fixture
def opened(models: Models, kept: KeptAnswers) -> Callable[[], Session]:
    """A visitor's session; all of them share what was asked about the sample tables."""
    return lambda: open_session(overrides=models.overrides(), kept=kept)


def test_a_second_session_gets_the_same_rows_and_asks_no_model(
    opened: Callable[[], Session], models: Models
) -> None:
    first, asked = opened().execute(MOODS), len(models.asked)
    second = opened().execute(MOODS)
    assert len(models.asked) == asked == first.meter.model_inputs
    assert second.rows == first.rows
    assert (first.meter.kept, second.meter.kept) == (0, asked)


def test_the_meter_counts_the_same_whoever_asked_first(opened: Callable[[], Session]) -> None:
    first, second = opened().execute(MOODS).meter, opened().execute(MOODS).meter
    for name in ("model_inputs", "calls", "rounds", "batches", "cache_hits", "tokens", "inputs_by_function"):
        assert getattr(first, name) == getattr(second, name), name


def test_labels_that_every_visitor_has_are_shared_with_the_texts(opened: Callable[[], Session]) -> None:
    query = "SELECT AI_CLASSIFY(review_text, ['price', 'comfort']) FROM product_reviews LIMIT 3"
    assert [opened().execute(query).meter.kept for _visitor in range(2)] == [0, 3]


@pytest.mark.parametrize(
    "call",
    [
        "AI_SENTIMENT(review_text || '!')",
        "AI_SENTIMENT('my own text')",
        "AI_CLASSIFY(review_text, ['mine', 'other'])",
        "AI_SIMILARITY(review_text, 'my own text')",
        "AI_CLASSIFY(review_text, ['price', 'comfort', 'mine'])",
    ],
)
def test_what_holds_a_text_of_the_visitor_is_asked_anew_for_each(
    opened: Callable[[], Session], models: Models, call: str
) -> None:
    query = f"SELECT {call} FROM product_reviews LIMIT 3"
    first, asked = opened().execute(query).meter, len(models.asked)
    second = opened().execute(query).meter
    assert len(models.asked) == 2 * asked > 0
    assert (first.kept, second.kept) == (0, 0)


def test_a_comparison_asks_the_models_anew(opened: Callable[[], Session], models: Models) -> None:
    opened().execute(MOODS)
    session, asked = opened(), len(models.asked)
    with session.asking_anew():
        assert session.execute(MOODS).meter.kept == 0
    assert len(models.asked) == 2 * asked
    session.memo.clear()
    assert session.execute(MOODS).meter.kept == asked


def test_models_of_two_sessions_with_one_name_are_two_models(opened: Callable[[], Session]) -> None:
    """Even where a column is called like a review, so that all texts of a request are sample texts."""
    text = min(samples.texts())
    column, quoted = f'"{text.upper()}"', text.replace("'", "''")
    found = []
    for low, high in (("low", "high"), ("high", "low")):
        session = opened()
        session.load_table("t", pd.DataFrame({text: range(60)}))
        source = f"SELECT {column}, IFF({column} < 30, '{low}', '{high}') AS y FROM t"
        session.execute(
            f"CREATE SNOWFLAKE.ML.CLASSIFICATION m(INPUT_DATA => TABLE({source}), TARGET_COLNAME => 'Y')"
        )
        row = f"OBJECT_CONSTRUCT('{quoted}', {column})"
        predicted = session.execute(f"SELECT m!PREDICT(INPUT_DATA => {row}):class::STRING FROM t LIMIT 5")
        found.append([predicted_row[0] for predicted_row in predicted.rows])
    assert found == [["low"] * 5, ["high"] * 5]


class Slow:
    """A model that takes its time."""

    def __init__(self, seconds: float) -> None:
        self.seconds, self.asked = seconds, 0

    def __call__(self, requests: list[tuple[Any, ...]]) -> Sequence[Any]:
        self.asked += len(requests)
        time.sleep(self.seconds)
        return ["positive"] * len(requests)


def test_sessions_that_ask_together_ask_the_model_once(kept: KeptAnswers) -> None:
    slow, results = Slow(0.05), []

    def visit() -> None:
        results.append(open_session(overrides={"AI_SENTIMENT": slow}, kept=kept).execute(MOODS))

    visitors = [threading.Thread(target=visit) for _ in range(6)]
    for visitor in visitors:
        visitor.start()
    for visitor in visitors:
        visitor.join()
    assert {result.meter.model_inputs for result in results} == {slow.asked}
    assert len(results) == 6


def test_who_waits_for_another_session_still_meets_the_time_limit(kept: KeptAnswers) -> None:
    slow = Slow(3.0)
    asking = threading.Thread(
        target=open_session(overrides={"AI_SENTIMENT": slow}, kept=kept).execute, args=(f"{MOODS} LIMIT 1",)
    )
    asking.start()
    while not slow.asked:
        time.sleep(0.01)
    waiting = open_session(overrides={"AI_SENTIMENT": slow}, kept=kept, limits=SqlSettings(time_limit_s=0.3))
    with pytest.raises(LimitReached, match="longer than the limit"):
        waiting.execute(f"{MOODS} LIMIT 1")
    assert asking.is_alive()
    asking.join()


def test_a_failure_that_passes_is_asked_again() -> None:
    kept, asked = KeptAnswers(frozenset({"a"})), []

    def ask(requests: list[Request]) -> list[Any]:
        asked.extend(requests)
        return [RowError("not now", passing=True)]

    for _ in range(2):
        kept.answers([Request("AI_SENTIMENT", ("a",))], ask, lambda: None)
    assert len(asked) == 2


def test_a_model_that_breaks_leaves_the_way_free() -> None:
    kept, request = KeptAnswers(frozenset({"a"})), Request("AI_SENTIMENT", ("a",))

    def broken(_requests: list[Request]) -> list[Any]:
        raise OSError("no weights")

    with pytest.raises(OSError, match="no weights"):
        kept.answers([request], broken, lambda: None)
    assert kept.answers([request], lambda _requests: ["fine"], lambda: None) == (["fine"], 0)


def test_who_asks_one_model_does_not_wait_for_another() -> None:
    kept, results = KeptAnswers(frozenset({"a"})), []

    def ask_another(_requests: list[Request]) -> list[Any]:
        other = threading.Thread(
            target=lambda: results.append(
                kept.answers([Request("SENTIMENT", ("a",))], lambda _: [1], pytest.fail)
            )
        )
        other.start()
        other.join()
        return ["said"]

    assert kept.answers([Request("AI_COMPLETE", ("a",))], ask_another, lambda: None) == (["said"], 0)
    assert results == [([1], 0)]
