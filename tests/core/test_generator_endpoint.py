import threading

import pytest

from core.errors import BadInput, NotAvailable
from core.generator_endpoint import Endpoint, EndpointGenerator
from tests.support.llm_server import LlmServer

HELLO = [{"role": "user", "content": "hello there my friend"}]


def generator(server: LlmServer, **options: object) -> EndpointGenerator:
    defaults = {"base_url": server.base_url, "model": "test-model", "timeout_s": 1.0, "retries": 1}
    return EndpointGenerator(Endpoint(**{**defaults, **options}))


def test_an_answer_carries_text_usage_and_model(llm_server):
    answer = generator(llm_server).complete(HELLO, max_new_tokens=9, temperature=0.5)
    assert (answer.text, answer.prompt_tokens, answer.completion_tokens) == (
        "You said: hello there my friend",
        7,
        6,
    )
    assert answer.model == "test-model"
    sent = llm_server.requests[0]
    assert (sent["max_tokens"], sent["temperature"], sent["stream"]) == (9, 0.5, False)


@pytest.mark.parametrize("chunked", [False, True])
def test_streamed_pieces_join_to_the_whole_answer(llm_server, chunked):
    llm_server.chunked = chunked
    pieces = list(generator(llm_server).stream(HELLO))
    assert len(pieces) == 6
    assert "".join(pieces) == "You said: hello there my friend"


@pytest.mark.parametrize("chunked", [False, True])
def test_cancelling_ends_the_stream_and_closes_the_connection(llm_server, chunked):
    llm_server.chunked = chunked
    llm_server.reply = lambda _: "word " * 200_000
    cancel = threading.Event()
    pieces = []
    for piece in generator(llm_server, timeout_s=10).stream(HELLO, cancel=cancel):
        pieces.append(piece)
        cancel.set()
    assert len(pieces) == 1
    assert llm_server.closed_early.wait(10)


def test_the_key_goes_out_as_bearer_token(llm_server):
    generator(llm_server, api_key="secret").complete(HELLO)
    assert llm_server.headers[0]["Authorization"] == "Bearer secret"


def test_azure_gets_its_deployment_path_and_header(llm_server):
    azure = generator(llm_server, api_key="secret", api_version="2024-10-21")
    assert azure.endpoint.url.endswith(
        "/openai/deployments/test-model/chat/completions?api-version=2024-10-21"
    )
    azure.complete(HELLO)
    assert llm_server.headers[0]["api-key"] == "secret"
    assert "Authorization" not in llm_server.headers[0]


def test_azure_s_newer_api_is_an_endpoint_like_any_other(llm_server):
    azure = generator(llm_server, base_url=f"{llm_server.address}/openai/v1/", api_key="secret")
    assert azure.endpoint.url.endswith("/openai/v1/chat/completions")
    assert azure.complete(HELLO).text.startswith("You said")
    assert llm_server.headers[0]["Authorization"] == "Bearer secret"


def test_a_reasoning_model_is_asked_in_its_own_terms_and_its_refusal_is_remembered(llm_server):
    llm_server.fault = "reasons"
    model = generator(llm_server)
    assert model.complete(HELLO, max_new_tokens=9).text.startswith("You said")
    assert "".join(model.stream(HELLO, max_new_tokens=9)).startswith("You said")
    assert model.hurried(1.0).complete(HELLO, max_new_tokens=9).text.startswith("You said")
    refused, *answered = llm_server.requests
    assert refused["max_tokens"] == 9
    assert len(answered) == 3
    for sent in answered:
        assert not sent.keys() & {"max_tokens", "temperature"}
        assert sent["max_completion_tokens"] > 1000  # its hidden reasoning counts, too


def test_another_bad_request_is_told_and_not_sent_again(llm_server):
    llm_server.fault = "too_long"
    with pytest.raises(BadInput, match="maximum context length"):
        generator(llm_server).complete(HELLO)
    assert len(llm_server.requests) == 1


def test_a_busy_server_is_asked_again(llm_server):
    llm_server.fault = "busy_once"
    assert generator(llm_server).complete(HELLO).text.startswith("You said")
    assert len(llm_server.requests) == 2


@pytest.mark.fault(
    "an endpoint that is slow, busy, refuses the key, or answers something else",
    sees="what it did, and which setting to look at",
    kept="the question; quoted answers need no endpoint",
    heals="a busy one is asked again by itself; otherwise asking again when it is well",
)
@pytest.mark.parametrize(
    ("fault", "message", "hint"),
    [
        ("busy", "answered 503", "try again"),
        ("unauthorised", "answered 401", "LLM_API_KEY"),
        ("not_found", "answered 404", "LLM_BASE_URL"),
        ("slow", "did not answer within 1 seconds", "LLM_BASE_URL"),
        ("not_json", "does not speak", "/v1"),
    ],
)
def test_each_fault_is_told_with_a_remedy(llm_server, fault, message, hint):
    llm_server.fault = fault
    with pytest.raises(NotAvailable) as caught:
        generator(llm_server, retries=0).complete(HELLO)
    assert message in caught.value.message
    assert hint in caught.value.hint


@pytest.mark.fault(
    "an endpoint that streams garbage",
    sees="the good pieces, then a message",
    kept="what had arrived",
    heals="asking again",
)
def test_garbage_inside_a_stream_is_an_error_after_the_good_pieces(llm_server):
    llm_server.fault = "garbage"
    pieces = []
    with pytest.raises(NotAvailable, match="does not speak"):
        pieces.extend(generator(llm_server).stream(HELLO))
    assert pieces == ["You", " said:"]


@pytest.mark.fault(
    "an endpoint that breaks off its answer",
    sees="the pieces that came, then that it broke off",
    kept="what had arrived",
    heals="asking again",
)
def test_a_stream_that_dies_midway_is_told_where_the_protocol_shows_it(llm_server):
    llm_server.chunked = True
    llm_server.fault = "breaks_off"
    with pytest.raises(NotAvailable, match="broke off"):
        list(generator(llm_server).stream(HELLO))


@pytest.mark.fault(
    "an endpoint that is down",
    sees="the address, not the key, and which setting to look at",
    kept="the question",
    heals="when it is up again",
)
def test_an_unreachable_server_names_the_address_but_not_the_key():
    lost = EndpointGenerator(Endpoint("http://127.0.0.1:9/v1", "m", api_key="secret", retries=0))
    with pytest.raises(NotAvailable) as caught:
        lost.complete(HELLO)
    assert "http://127.0.0.1:9/v1 could not be reached" in caught.value.message
    assert "secret" not in caught.value.message + caught.value.hint


@pytest.mark.parametrize("missing", ["LLM_BASE_URL", "LLM_MODEL"])
def test_a_missing_setting_is_named(set_settings, missing):
    both = {"LLM_BASE_URL": "http://127.0.0.1:9/v1", "LLM_MODEL": "m"}
    set_settings(**{**both, missing: None})
    with pytest.raises(NotAvailable, match=missing):
        EndpointGenerator.from_settings()
