"""Rate limits: what they let through, and what clock changes do to them (nothing)."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import rates
from core.rates import RateLimit, network_of


@pytest.mark.parametrize(
    ("address", "client"),
    [
        ("203.0.113.5", "203.0.113.5"),
        ("::ffff:203.0.113.5", "203.0.113.5"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::", "2001:db8:1:2::/64"),
        ("testclient", "testclient"),
    ],
)
def test_all_addresses_of_one_ipv6_network_are_one_client(address, client):
    """Every customer has 2^64 of them: a new one for each request met no limit."""
    assert network_of(address) == client


@given(st.lists(st.floats(0, 5), max_size=60), st.integers(1, 8), st.floats(0.2, 4))
def test_no_sequence_of_calls_gets_more_than_burst_plus_rate_times_time(pauses, burst, rate):
    limit, now, let_through = RateLimit(rate, burst), 0.0, 0
    for pause in pauses:
        now += pause
        let_through += limit.wait_s("one", now) == 0
    assert let_through <= burst + rate * now + 1e-6


def test_whoever_waits_as_told_is_let_through():
    limit = RateLimit(rate=0.5, burst=1)
    assert limit.wait_s("one", 0.0) == 0
    wait = limit.wait_s("one", 0.0)
    assert wait == 2.0
    assert limit.wait_s("one", wait) == 0


def test_clients_do_not_share_and_the_oldest_are_forgotten(monkeypatch):
    monkeypatch.setattr(rates, "_MAX_CLIENTS", 10)
    limit = RateLimit(rate=1, burst=1)
    assert [limit.wait_s(str(client), 0.0) for client in range(50)] == [0.0] * 50
    assert len(limit) == 10


def test_setting_the_clock_of_the_machine_changes_no_limit(monkeypatch):
    limit = RateLimit(rate=0.001, burst=1)
    assert limit.wait_s("one") == 0
    for jump in (-86_400.0, 86_400.0):
        monkeypatch.setattr(time, "time", lambda jump=jump: 1.8e9 + jump)
        assert limit.wait_s("one") > 900


def test_rate_0_allows_everything():
    limit = RateLimit(rate=0, burst=1)
    assert [limit.wait_s("one", 0.0) for _ in range(100)] == [0.0] * 100


def test_the_token_bucket_refills_with_time_and_never_above_its_size():
    limit = RateLimit(rate=2.0, burst=3)
    assert [limit.wait_s("a", 0.0) for _ in range(3)] == [0.0] * 3
    assert limit.wait_s("a", 0.0) == pytest.approx(0.5)
    assert limit.wait_s("b", 0.0) == 0.0
    assert limit.wait_s("a", 0.5) == 0.0
    assert [limit.wait_s("a", 100.0) == 0.0 for _ in range(4)] == [True, True, True, False]
