"""A stopped training once left its page in an endless loop: the error was among its own causes."""

from core.stores import fault_of


def test_an_error_among_its_own_causes_is_looked_at_once() -> None:
    outer, inner = RuntimeError("outer"), RuntimeError("inner")
    outer.__cause__, inner.__cause__ = inner, outer
    assert fault_of(outer) is None
