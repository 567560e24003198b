"""The figures of the session in How it works."""

from core.sql_ai.results import Meter
from core.ui.sql_ai.how_view import alt, diagram

_FIRST = Meter(
    model_inputs=398, calls=640, rounds=2, batches=1, cache_hits=242, elapsed_ms=1_500, model_ms=1_300
)
_AGAIN = Meter(model_inputs=1, calls=641, rounds=2, batches=1, cache_hits=640, memo_hits=398, elapsed_ms=90)


def test_every_call_of_a_query_has_one_place_in_the_diagram() -> None:
    drawn = diagram([_FIRST])
    assert "640 calls of AI functions" in drawn
    assert "242 repeat another call" in drawn
    assert "0 answered by" in drawn
    assert "398 new and distinct:<br/>1 batch, 1.3 s" in drawn
    assert "after 2 rounds" in drawn


def test_answers_of_earlier_queries_are_told_apart_from_repeats() -> None:
    assert "398 answered by" in diagram([_AGAIN])
    assert alt([_AGAIN]) == (
        "Of 641 calls, 242 repeated another one or needed no model, 398 were answered by an earlier query and "
        "1 went to models in 1 batch."
    )


def test_the_statements_of_a_script_are_added_up() -> None:
    assert alt([_FIRST, _AGAIN]).startswith("Of 1,281 calls, 484 repeated")


def test_answers_that_other_visitors_asked_for_are_told() -> None:
    kept = Meter(model_inputs=398, calls=640, rounds=2, batches=1, kept=398)
    assert "1 batch, 0.0 ms<br/>398 asked before by others" in diagram([kept])
    assert alt([kept]).endswith("398 went to models in 1 batch, 398 of them asked before by others.")
