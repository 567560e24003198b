import json
import threading

import pytest

from core import generator_local
from core.errors import LimitReached, NotAvailable, StoreError
from core.generator import generator_status, get_generator

CAPITAL = [{"role": "user", "content": "What is the capital of France? Answer in one word."}]


def test_greedy_answers_repeat_and_streams_say_the_same(local_generator):
    whole = local_generator.complete(CAPITAL, max_new_tokens=8)
    assert "Paris" in whole.text
    assert 0 < whole.completion_tokens <= 8
    assert "".join(local_generator.stream(CAPITAL, max_new_tokens=8)).strip() == whole.text


def test_cancelling_stops_the_worker_and_frees_the_model(local_generator):
    cancel = threading.Event()
    pieces = []
    for piece in local_generator.stream(CAPITAL, max_new_tokens=400, cancel=cancel):
        pieces.append(piece)
        cancel.set()
    assert len(pieces) < 10
    assert not [t for t in threading.enumerate() if t.name == "generate"]
    assert local_generator.complete(CAPITAL, max_new_tokens=4).text


def test_leaving_a_stream_half_read_frees_the_model(local_generator):
    stream = local_generator.stream(CAPITAL, max_new_tokens=400)
    next(stream)
    stream.close()
    assert not [t for t in threading.enumerate() if t.name == "generate"]


def test_a_likely_continuation_scores_above_an_unlikely_one(local_generator):
    likely, unlikely = local_generator.log_likelihood("The capital of France is", [" Paris", " banana"])
    assert unlikely < likely < 0


def test_a_prompt_over_the_limit_is_refused_with_its_size(local_generator):
    with pytest.raises(LimitReached, match="tokens; the local model takes 2048"):
        local_generator.complete([{"role": "user", "content": "word " * 3000}])


def test_the_rendered_prompt_holds_the_question_and_the_models_marks(local_generator):
    prompt = local_generator.render(CAPITAL)
    assert "capital of France" in prompt
    assert prompt.endswith("<|im_start|>assistant\n")


def test_an_unfinished_conversion_is_never_mistaken_for_a_model(tmp_path):
    target = tmp_path / "model"
    with pytest.raises(RuntimeError), generator_local._renamed_when_done(target) as folder:
        (folder / "config.json").write_text(json.dumps({}))
        raise RuntimeError("killed")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_does_not_exist_is_named_with_the_remedy(set_settings):
    set_settings(LOCAL_LLM="/no/such/folder")
    with pytest.raises(NotAvailable, match="/no/such/folder") as caught:
        generator_local.local_source()
    assert "HUB_ALLOW_DOWNLOADS" in caught.value.hint
    assert [s.available for s in generator_status()] == [False, False]


def test_altered_weights_are_told_by_the_status(monkeypatch):
    def altered(_):
        raise StoreError("wrong checksum", "install again")

    monkeypatch.setattr(generator_local, "verified_weights", altered)
    endpoint, local = generator_status()
    assert (local.available, local.detail) == (False, "wrong checksum")
    assert not endpoint.available


def test_auto_prefers_a_configured_endpoint(set_settings, llm_server, monkeypatch):
    monkeypatch.setattr("core.generator._generators", {})
    set_settings(LLM_BASE_URL=llm_server.base_url, LLM_MODEL="m")
    assert get_generator("auto").complete(CAPITAL).text.startswith("You said")
