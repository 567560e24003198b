"""An endpoint may send anything: it is told, bounded in size and time, and never shown with a key."""

import gzip
import itertools
import json
import threading
import time
import tracemalloc

import pytest

from core import endpoint_answers
from core.errors import BadInput, HubError, NotAvailable
from core.generator_endpoint import Endpoint, EndpointGenerator
from tests.support.raw_server import EVENTS, THREADS, RawServer, whole

HELLO = [{"role": "user", "content": "hello"}]
KEY = "sk-secret-key/of-this-hub"
DONE = b"data: [DONE]\n\n"


def event(content, **more):
    return b"data: " + json.dumps({"choices": [{"delta": {"content": content}} | more]}).encode() + b"\n\n"


def answer(content, **more):
    return json.dumps({"choices": [{"message": {"content": content}}]} | more).encode()


def generator(address, **options):
    defaults = {"base_url": f"{address}/v1", "model": "m", "api_key": KEY, "timeout_s": 2.0, "retries": 0}
    return EndpointGenerator(Endpoint(**{**defaults, **options}))


def ask(parts, how="complete", **options):
    with RawServer(lambda: parts() if callable(parts) else parts) as server:
        model = generator(server.address, **options)
        return model.complete(HELLO) if how == "complete" else "".join(model.stream(HELLO))


def told(parts, how="complete", **options):
    with pytest.raises(HubError) as caught:
        ask(parts, how, **options)
    return caught.value


BOTH = pytest.mark.parametrize("how", ["complete", "stream"])


@BOTH
@pytest.mark.parametrize(
    "echo", [KEY, KEY.replace("/", "\\/"), KEY.replace("/", "%2F")], ids=["plain", "JSON", "URL"]
)
def test_a_key_that_the_server_repeats_in_a_refusal_is_not_shown(how, echo):
    error = told([whole(f'{{"error": "Incorrect API key: {echo}"}}'.encode(), b"401 Unauthorized")], how)
    assert "Incorrect API key: [hidden]" in error.message
    assert "of-this-hub" not in error.message


def test_a_key_inside_an_error_of_the_stream_is_not_shown_and_the_error_is_cut():
    error = told(
        [EVENTS, event("a"), b'data: {"error": {"message": "' + KEY.encode() + b"z" * 5000 + b'"}}\n\n'],
        "stream",
    )
    assert KEY not in error.message
    assert "[hidden]zzz" in error.message
    assert len(error.message) < 500


def test_the_password_of_an_address_is_not_shown():
    error = told([], base_url="http://user:swordfish-1@127.0.0.1:9/v1")
    assert "http://127.0.0.1:9/v1 could not be reached" in error.message
    assert "swordfish" not in error.message


def test_a_placeholder_for_a_key_is_left_in_the_words_of_the_server():
    error = told([whole(b"model not found: ollama pull m", b"404 Not Found")], api_key="ollama")
    assert "ollama pull" in error.message


@BOTH
def test_a_refusal_without_end_is_cut_and_its_connection_closed(how):
    body = itertools.chain([b"HTTP/1.1 400 X\r\nConnection: close\r\n\r\n"], itertools.repeat(b"x" * 100_000))
    with RawServer(lambda: body) as server:
        with pytest.raises(BadInput, match="answered 400: xxx"):
            generator(server.address).complete(HELLO) if how == "complete" else list(
                generator(server.address).stream(HELLO)
            )
        assert server.closed_early.wait(5)


@BOTH
@pytest.mark.parametrize("stall", [(), (5.0,)], ids=["broken off", "stalled"])
def test_a_refusal_whose_text_does_not_arrive_is_told_with_what_came(how, stall):
    head = b"HTTP/1.1 400 Bad\r\nContent-Length: 100\r\n\r\ntoo long"
    assert "answered 400: too long" in told([head, *stall], how, timeout_s=0.2).message


@pytest.mark.fault(
    "an endpoint that never ends its answer, or sends more than any answer holds",
    sees="that it took too long or sent too much",
    kept="the question; of a stream what had arrived; the memory of the app",
    heals="asking again when it is well",
)
@BOTH
@pytest.mark.parametrize("drop", [b": still here\n\n", b" ", event("x")], ids=["comments", "spaces", "words"])
def test_an_answer_that_never_ends_is_given_up(how, drop):
    drops = (part for _ in range(1000) for part in (drop, 0.02))
    started = time.monotonic()
    error = told(itertools.chain([EVENTS], drops), how, answer_s=0.2)
    assert "took longer than 0.2 s" in error.message
    assert time.monotonic() - started < 5  # of the twenty its parts take


@BOTH
@pytest.mark.parametrize(
    "head",
    [b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"],
    ids=["status line", "headers", "length of a chunk"],
)
def test_an_answer_whose_bytes_drip_for_ever_is_given_up_and_its_connection_closed(how, head):
    """Each byte starts the longest silence anew, and no whole line ever comes."""
    drops = (part for _ in range(1000) for part in (b"1", 0.02))
    before = set(threading.enumerate())
    with RawServer(lambda: itertools.chain([head], drops)) as server:
        model = generator(server.address, answer_s=0.3, retries=3)
        started = time.monotonic()
        with pytest.raises(NotAvailable, match=r"(took longer than|did not answer within) 0\.3 s"):
            model.complete(HELLO) if how == "complete" else list(model.stream(HELLO))
        assert time.monotonic() - started < 5  # of the twenty its bytes take
        assert server.closed_early.wait(2)
        assert len(server.requests) == 1
    assert not [thread for thread in set(threading.enumerate()) - before if thread.name != THREADS]


@BOTH
def test_all_tries_of_a_call_share_its_time(how):
    busy = whole(b"{}", b"503 Busy", b"Retry-After: 1")
    started = time.monotonic()
    assert "answered 503" in told([busy], how, answer_s=0.5, retries=10).message
    assert time.monotonic() - started < 5  # of the ten that the tries would wait


def test_a_refusal_that_asks_for_other_terms_too_late_is_told_as_late():
    head = b"HTTP/1.1 400 Bad\r\nContent-Length: 999\r\n\r\nmax_completion_tokens"
    drops = itertools.chain([head], itertools.cycle([b" ", 0.02]))
    assert "took longer than 0.2 s" in told(drops, answer_s=0.2).message


def test_a_whole_answer_may_take_ten_times_the_longest_silence_and_a_side_job_only_its_own_time():
    with RawServer(lambda: itertools.chain([EVENTS], itertools.cycle([b": wait\n\n", 0.02]))) as server:
        model = generator(server.address, timeout_s=0.15)
        for asked, limit in ((model, "1.5 s"), (model.hurried(1.0), "0.15 s")):
            with pytest.raises(NotAvailable, match=f"took longer than {limit}"):
                list(asked.stream(HELLO))


@BOTH
def test_a_small_answer_that_unpacks_to_a_huge_one_is_given_up_before_it_is_in_memory(how, monkeypatch):
    monkeypatch.setattr(endpoint_answers, "MOST_BYTES", 2_000_000)
    packed = gzip.compress(b": hello\n" * 10_000_000, 6)  # 80 MB
    tracemalloc.start()
    try:
        error = told([whole(packed, b"200 OK", b"Content-Encoding: gzip")], how)
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()
    assert "more than 2 MB" in error.message


def test_an_answer_of_many_megabytes_is_given_up(monkeypatch):
    monkeypatch.setattr(endpoint_answers, "MOST_BYTES", 100_000)
    assert "more than 0.1 MB" in told([whole(answer("x" * 200_000))]).message
    assert "more than 0.1 MB" in told([EVENTS, *([b": " + b"x" * 1000 + b"\n\n"] * 200)], "stream").message


def test_an_answer_longer_than_was_asked_for_is_cut():
    """What checks an answer, sentence by sentence, takes time with its length; a server need not obey `max_tokens`."""
    with RawServer(lambda: [EVENTS, *([event("x" * 1000)] * 50), DONE]) as server:
        assert len("".join(generator(server.address).stream(HELLO, max_new_tokens=10))) == 640
    with RawServer(lambda: [whole(answer("x" * 50_000))]) as server:
        assert len(generator(server.address).complete(HELLO, max_new_tokens=10).text) == 640


DEEP = b'{"choices": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"


@pytest.mark.parametrize(
    "body", [b"", b"<html>Sign in</html>", DEEP, b"\xff\xfe", b"[]", b'{"choices": {"a": 1}}']
)
def test_what_is_no_answer_is_told_both_ways(body):
    assert "does not speak" in told([whole(body)]).message
    assert "does not speak" in told([whole(body)], "stream").message
    assert "does not speak" in told([EVENTS, b"data: " + body + b"\n\n"], "stream").message


@pytest.mark.parametrize(
    "usage",
    [[1], "x", {"prompt_tokens": "abc"}, {"prompt_tokens": float("nan"), "completion_tokens": -5}, None],
)
def test_usage_that_is_no_count_is_estimated(usage):
    done = ask([whole(answer("hello", usage=usage))])
    assert done.completion_tokens == 2
    assert 0 < done.prompt_tokens < 100


def test_no_error_is_no_error():
    """Some servers name the field in every answer."""
    assert ask([whole(answer("hello", error=None))]).text == "hello"
    assert (
        ask([EVENTS, b'data: {"error": null, "choices": [{"delta": {"content": "a"}}]}\n\n', DONE], "stream")
        == "a"
    )


def test_an_answer_in_parts_is_joined():
    parts = [
        {"type": "thinking", "thinking": []},
        {"type": "text", "text": "Hel"},
        {"type": "text", "text": "lo"},
    ]
    assert ask([whole(answer(parts))]).text == "Hello"
    assert ask([EVENTS, event(parts), DONE], "stream") == "Hello"


def test_half_characters_are_joined_or_replaced():
    """Servers that count in UTF-16 cut an emoji in two; neither a page nor SQLite takes the halves."""
    assert ask([EVENTS, event("a\ud83d"), event("\ude00b\ud83d"), DONE], "stream") == "a\U0001f600b\ufffd"
    assert ask([whole(answer("a\ud83d"))]).text == "a\ufffd"


@BOTH
def test_an_answer_that_a_content_filter_cut_off_is_not_taken_for_whole(how):
    finish = {"finish_reason": "content_filter"}
    cut = [EVENTS, event("The first half"), event("", **finish), DONE]
    if how == "complete":
        cut = [whole(json.dumps({"choices": [{"message": {"content": "The first half"}} | finish]}).encode())]
    assert "content filter" in told(cut, how).message


def test_a_stream_that_ends_without_its_mark_broke_off():
    assert "broke off" in told([EVENTS, event("a")], "stream").message
    assert ask([EVENTS, event("a"), event("", finish_reason="stop")], "stream") == "a"


@pytest.mark.parametrize("wish", ["²", "-1", "Wed, 21 Oct 2015 07:28:00 GMT", "x", "9" * 4000])
def test_a_wish_to_wait_that_is_no_number_or_absurd_is_bounded(wish, monkeypatch):
    waited = []
    monkeypatch.setattr("core.generator_endpoint.time.sleep", waited.append)
    busy = whole(b"{}", b"429 Too Many", b"Retry-After: " + wish.encode("latin-1"))
    assert "answered 429" in told([busy], retries=1).message
    assert 0 < waited[0] <= 8


def test_a_redirect_is_not_followed_with_the_key():
    with RawServer(lambda: [whole(b"{}")]) as elsewhere:
        location = b"Location: " + elsewhere.address.encode()
        error = told([whole(b"", b"307 Temporary Redirect", location)])
        assert not elsewhere.requests
    assert isinstance(error, NotAvailable)
    assert "LLM_BASE_URL" in error.hint


@pytest.mark.parametrize("key", ["sk-secret-…", "sk-secret-\nX: 1"])
def test_a_key_that_no_header_can_carry_is_told_without_it(key):
    error = told([whole(answer("hello"))], api_key=key)
    assert "LLM_API_KEY" in error.message
    assert "sk-secret" not in error.message + error.hint


def test_the_line_break_at_the_end_of_a_key_from_a_file_is_taken_off(set_settings):
    with RawServer(lambda: [whole(answer("hello"))]) as server:
        set_settings(LLM_BASE_URL=f"{server.address}/v1", LLM_MODEL="m", LLM_API_KEY=f"{KEY}\n")
        assert EndpointGenerator.from_settings().complete(HELLO).text == "hello"
        assert f"Authorization: Bearer {KEY}\r\n".encode() in server.requests[0]
