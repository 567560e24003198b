"""A model in 8-bit integers says what it says in floats, in half the memory."""

import math
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import save_file
from torch import nn

from core import int8
from core.config import ROOT

_PASSAGES = 50


def _tiny(**options: Any) -> Any:
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=64,
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        **options,
    )
    return LlamaForCausalLM(config).eval()


def _stored(model: Any, folder: Path) -> Path:
    tensors = dict(model.state_dict())
    if model.config.tie_word_embeddings:
        tensors.pop("lm_head.weight")
    save_file(int8.narrowed(tensors), folder / "model.safetensors")
    return folder / "model.safetensors"


@settings(max_examples=40)
@given(
    outputs=st.integers(1, 40),
    inputs=st.integers(1, 40),
    scale=st.floats(1e-6, 1e3),
    seed=st.integers(0, 2**32),
)
def test_each_weight_is_off_by_half_a_step_at_most(
    outputs: int, inputs: int, scale: float, seed: int
) -> None:
    matrix = torch.randn(outputs, inputs, generator=torch.Generator().manual_seed(seed)) * scale
    found = int8.narrowed({"w": matrix, "norm": matrix[0]})
    step = found["w_step"].float().unsqueeze(1)
    assert (found["w"].dtype, found["w_step"].dtype) == (torch.int8, torch.bfloat16)
    assert bool(((found["w"].float() * step - matrix).abs() <= step * 0.51).all())
    assert torch.equal(found["norm"], matrix[0])


def test_a_matrix_of_zeros_stays_one() -> None:
    found = int8.narrowed({"w": torch.zeros(3, 4)})
    assert not bool((found["w"].float() * found["w_step"].float().unsqueeze(1)).any())


@settings(max_examples=40)
@given(
    rows=st.integers(1, 12),
    outputs=st.sampled_from([16, 48]),
    block=st.sampled_from([64, 1 << 22]),
    seed=st.integers(0, 2**32),
)
def test_few_rows_and_many_in_blocks_or_at_once_give_the_same_products(
    rows: int, outputs: int, block: int, seed: int
) -> None:
    generator = torch.Generator().manual_seed(seed)
    matrix, x = torch.randn(outputs, 32, generator=generator), torch.randn(1, rows, 32, generator=generator)
    found = int8.narrowed({"w": matrix})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(int8, "_BLOCK", block)
        layer = int8.Linear(found["w"], found["w_step"])
    wanted = x @ (found["w"].float() * found["w_step"].float().unsqueeze(1)).T
    torch.testing.assert_close(layer(x), wanted, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("tied", [True, False])
def test_a_stored_model_answers_as_the_original(tmp_path: Path, tied: bool) -> None:
    original = _tiny(tie_word_embeddings=tied)
    model = _tiny(tie_word_embeddings=tied)
    int8.load_into(model, _stored(original, tmp_path), torch.float32)
    assert not [m for m in model.modules() if isinstance(m, nn.Linear | nn.Embedding)]
    assert (model.lm_head.weight is model.get_input_embeddings().weight) == tied
    ids = torch.arange(12).unsqueeze(0)
    with torch.inference_mode():
        off = (model(ids).logits - original(ids).logits).norm() / original(ids).logits.norm()
        assert off < 0.02
        assert model.generate(ids, max_new_tokens=4, do_sample=False, pad_token_id=0).shape == (1, 16)


def test_a_file_of_another_model_is_refused(tmp_path: Path) -> None:
    file = _stored(_tiny(tie_word_embeddings=True), tmp_path)
    with pytest.raises(KeyError, match="bias"):
        int8.load_into(_tiny(tie_word_embeddings=True, attention_bias=True), file, torch.float32)
    tensors = {"model.embed_tokens.weight": torch.zeros(64, 32)}
    save_file(int8.narrowed(tensors), tmp_path / "other.safetensors")
    with pytest.raises((KeyError, RuntimeError)):
        int8.load_into(_tiny(tie_word_embeddings=True), tmp_path / "other.safetensors", torch.float32)


@pytest.mark.soak
def test_the_packaged_model_is_as_good_as_in_bfloat16(local_generator: Any) -> None:
    """Half a minute: perplexity of 50 passages from the corpus, and the word each would choose next."""
    from transformers import AutoModelForCausalLM

    from core.generator_local import local_source

    gguf = Path(local_source().location)
    whole = AutoModelForCausalLM.from_pretrained(
        str(gguf.parent), gguf_file=gguf.name, dtype=torch.bfloat16
    ).eval()
    files = sorted((ROOT / "assets" / "documents").glob("*.md"))
    paragraphs = [part for file in files for part in file.read_text(encoding="utf-8").split("\n\n")]
    passages = [part for part in paragraphs if 200 < len(part) < 900][:_PASSAGES]
    assert len(passages) == _PASSAGES
    ids = [torch.tensor([local_generator._ids(passage)]) for passage in passages]
    ours, theirs = _judged(local_generator._model, ids), _judged(whole, ids)
    assert math.exp(ours[0] - theirs[0]) < 1.02
    assert float((ours[1] == theirs[1]).float().mean()) > 0.9


def _judged(model: Any, passages: list[torch.Tensor]) -> tuple[float, torch.Tensor]:
    """Mean negative log-likelihood of a token, and the likeliest next token at each place."""
    losses, likeliest = [], []
    with torch.inference_mode():
        for ids in passages:
            logits = model(ids).logits[0, :-1].float()
            losses.append(nn.functional.cross_entropy(logits, ids[0, 1:], reduction="none"))
            likeliest.append(logits.argmax(dim=-1))
    return float(torch.cat(losses).mean()), torch.cat(likeliest)
