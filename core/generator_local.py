"""The local language model, run by transformers on the CPU."""

import math
import queue
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from filelock import FileLock, Timeout

from core.config import settings
from core.errors import LimitReached, NotAvailable, StoreError
from core.generator import Completion, Message
from core.lean import import_torch, without_compiler
from core.log import get_logger
from core.machine import model_dtype, torch_threads
from core.runtime import prepare, return_memory
from core.stores import HINTS, Fault, told_as
from core.weights import LANGUAGE_MODEL, sha256_of, verified_weights

MAX_PROMPT_TOKENS = 2048  # more would keep two cores busy for half a minute before the first word
_TOKEN_TIMEOUT_S = 120.0  # a slow, shared CPU may need a minute for the first token of a long prompt
_WEIGHTS, _CHECKSUM = "model.safetensors", "model.sha256"
_CONVERTED = (_WEIGHTS, _CHECKSUM, "config.json", "generation_config.json", "tokenizer.json")
_FORMAT, _UNFINISHED = "int8", "converting-"
_CONVERSION_S = 300.0  # it takes 15 seconds on two free cores
_FOLDER = "The folder of the converted language model"


@dataclass(frozen=True)
class LocalSource:
    """Where the local model comes from."""

    model_id: str
    location: Path | str
    kind: Literal["gguf", "folder", "hub"]
    detail: str


def local_source() -> LocalSource:
    """The configured or packaged local model, without loading it; NotAvailable when there is none."""
    configured = settings().local_llm
    if configured is None:
        path = verified_weights(LANGUAGE_MODEL)
        return LocalSource(LANGUAGE_MODEL.name, path, "gguf", "packaged weights, checksum verified")
    if Path(configured).is_dir():
        return LocalSource(Path(configured).name, Path(configured), "folder", "local folder")
    if settings().hub_allow_downloads:
        return LocalSource(configured, configured, "hub", "from the Hugging Face hub")
    raise NotAvailable(
        f"LOCAL_LLM names {configured}, which is not a folder here, and downloads are off",
        "Give a folder, set HUB_ALLOW_DOWNLOADS=1, or remove the setting to use the packaged model.",
    )


class LocalGenerator:
    """SmolLM2-135M-Instruct or another causal model; one answer at a time, others wait their turn."""

    name = "local"

    def __init__(self) -> None:
        prepare()
        torch = import_torch()
        torch.set_num_threads(torch_threads())
        source = local_source()
        self.model_id = source.model_id
        self._tokenizer, self._model = _loaded(source)
        self._model.eval()
        self._turn = threading.Lock()
        get_logger(__name__).info("language_model_loaded", model=self.model_id, dtype=model_dtype())

    def complete(
        self, messages: Sequence[Message], max_new_tokens: int = 64, temperature: float = 0.0
    ) -> Completion:
        """The whole answer; greedy at temperature 0, so the same messages give the same words."""
        import torch

        started = time.perf_counter()
        inputs = self._inputs(messages)
        with self._turn, torch.inference_mode():
            output = self._model.generate(**inputs, **self._options(max_new_tokens, temperature))
        fresh = output[0, inputs["input_ids"].shape[1] :]
        return Completion(
            text=self._tokenizer.decode(fresh, skip_special_tokens=True).strip(),
            prompt_tokens=int(inputs["input_ids"].shape[1]),
            completion_tokens=len(fresh),
            model=self.model_id,
            elapsed_ms=(time.perf_counter() - started) * 1000,
        )

    def stream(
        self,
        messages: Sequence[Message],
        max_new_tokens: int = 64,
        temperature: float = 0.0,
        cancel: threading.Event | None = None,
    ) -> Iterator[str]:
        """Pieces of the answer; ends early when ``cancel`` is set or the reader goes away."""
        inputs = self._inputs(messages)
        stop = cancel or threading.Event()
        with self._turn:
            streamer, worker, failures = self._start(inputs, self._options(max_new_tokens, temperature), stop)
            try:
                yield from _pieces(streamer)
            finally:
                stop.set()  # a worker that nobody listens to would run on (generative-computing/mellea#1242)
                worker.join()
                return_memory()  # what lay between the layers
        if failures:
            raise failures[0]

    def render(self, messages: Sequence[Message]) -> str:
        """The prompt after the model's own chat template."""
        return str(
            self._tokenizer.apply_chat_template(list(messages), tokenize=False, add_generation_prompt=True)
        )

    def count_tokens(self, text: str) -> int:
        """Tokens of ``text`` under this model's tokenizer."""
        return len(self._tokenizer(text, add_special_tokens=False)["input_ids"])

    def log_likelihood(self, prompt: str, continuations: Sequence[str]) -> list[float]:
        """Mean log-probability per token (natural log, at most 0) of each continuation after ``prompt``."""
        import torch

        scores = []
        head = self._ids(prompt)
        for continuation in continuations:
            tail = self._ids(continuation)
            if not tail:
                scores.append(-math.inf)
                continue
            ids = torch.tensor([head + tail])
            with self._turn, torch.inference_mode():
                logits = self._model(ids, logits_to_keep=len(tail) + 1).logits[0, :-1].float()
            log_probabilities = torch.log_softmax(logits, dim=-1)
            scores.append(float(log_probabilities.gather(1, torch.tensor(tail)[:, None]).mean()))
        return scores

    def _ids(self, text: str) -> list[int]:
        ids: list[int] = self._tokenizer(text, add_special_tokens=False)["input_ids"]
        _check_length(len(ids))
        return ids

    def _inputs(self, messages: Sequence[Message]) -> Any:
        inputs = self._tokenizer(self.render(messages), return_tensors="pt", add_special_tokens=False)
        _check_length(int(inputs["input_ids"].shape[1]))
        return inputs

    def _options(self, max_new_tokens: int, temperature: float) -> dict[str, Any]:
        sampling = (
            {"do_sample": True, "temperature": temperature} if temperature > 0 else {"do_sample": False}
        )
        return {
            "max_new_tokens": max_new_tokens,
            "pad_token_id": self._tokenizer.pad_token_id or self._tokenizer.eos_token_id,
            **sampling,
        }

    def _start(
        self, inputs: Any, options: dict[str, Any], stop: threading.Event
    ) -> tuple[Any, threading.Thread, list[Exception]]:
        import torch
        from transformers import StoppingCriteria, StoppingCriteriaList, TextIteratorStreamer

        class StopWhenAsked(StoppingCriteria):
            def __call__(self, input_ids: Any, scores: Any, **_: Any) -> Any:
                return torch.full((input_ids.shape[0],), stop.is_set(), dtype=torch.bool)

        # Without a timeout an exception in the worker would hang the reader (transformers PR 22576).
        streamer = TextIteratorStreamer(
            self._tokenizer, skip_prompt=True, skip_special_tokens=True, timeout=_TOKEN_TIMEOUT_S
        )
        failures: list[Exception] = []

        def work() -> None:
            try:
                with torch.inference_mode():
                    self._model.generate(
                        **inputs,
                        **options,
                        streamer=streamer,
                        stopping_criteria=StoppingCriteriaList([StopWhenAsked()]),
                    )
            except Exception as error:  # noqa: BLE001 - carried to the reader, which raises it
                failures.append(error)
                streamer.end()

        worker = threading.Thread(target=work, name="generate", daemon=True)
        worker.start()
        return streamer, worker, failures


def _check_length(tokens: int) -> None:
    if tokens > MAX_PROMPT_TOKENS:
        raise LimitReached(
            f"The prompt has {tokens} tokens; the local model takes {MAX_PROMPT_TOKENS}",
            "Use fewer or shorter passages, or configure an endpoint (LLM_BASE_URL).",
        )


def _pieces(streamer: Any) -> Iterator[str]:
    try:
        for piece in streamer:
            if piece:
                yield piece
    except queue.Empty:
        raise NotAvailable(
            f"The local model gave no word for {_TOKEN_TIMEOUT_S:.0f} seconds",
            "The machine is overloaded; try again, or use the extractive answers.",
        ) from None


def _loaded(source: LocalSource) -> tuple[Any, Any]:
    """Tokenizer and model; a damaged conversion of the packaged weights is thrown away and made again once."""
    if source.kind != "gguf":
        return _load_folder(source)
    location = Path(prepared_model(source))
    try:
        return _load_converted(location)
    except Exception as error:  # noqa: BLE001  transformers, tokenizers and safetensors each raise their own
        get_logger(__name__).warning("language_model.damaged", error=type(error).__name__)
    shutil.rmtree(location, ignore_errors=True)
    if location.exists():
        raise StoreError(f"{_FOLDER} {Fault.DAMAGED} and cannot be made again", HINTS[Fault.READ_ONLY])
    return _load_converted(Path(prepared_model(source)))


def prepared_model(source: LocalSource) -> Path | str:
    """Where transformers can load the model from; packaged weights are converted on the first call."""
    return _converted(Path(source.location)) if source.kind == "gguf" else source.location


def _converted(gguf: Path) -> Path:
    """Folder with the model as safetensors, made once: it loads in a tenth of the GGUF's time."""
    target = settings().data_dir / "models" / f"{LANGUAGE_MODEL.name}-{LANGUAGE_MODEL.sha256[:12]}-{_FORMAT}"
    if _is_complete(target):
        return target
    with told_as(_FOLDER):
        target.parent.mkdir(parents=True, exist_ok=True)
        with _only_one(target):
            if not _is_complete(target):
                _remove_leftovers(target)
                with _renamed_when_done(target) as folder:
                    _convert(gguf, folder)
    return target


@contextmanager
def _only_one(target: Path) -> Iterator[None]:
    """One process converts, others wait for it; StoreError when it takes longer than any conversion does."""
    try:
        with FileLock(f"{target}.lock", timeout=_CONVERSION_S):
            yield
    except Timeout as error:
        raise StoreError(f"{_FOLDER} {Fault.LOCKED}", HINTS[Fault.LOCKED]) from error


def _remove_leftovers(target: Path) -> None:
    """What a killed conversion or an earlier version of the hub has left: hundreds of MB that nobody reads."""
    for folder in [*target.parent.glob(f"{_UNFINISHED}*"), *target.parent.glob(f"{LANGUAGE_MODEL.name}-*/")]:
        if folder != target:
            shutil.rmtree(folder, ignore_errors=True)


def _is_complete(folder: Path) -> bool:
    return all((folder / name).is_file() for name in _CONVERTED)


@contextmanager
def _renamed_when_done(target: Path) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix=_UNFINISHED, dir=target.parent))
    try:
        yield folder
        shutil.rmtree(target, ignore_errors=True)  # an incomplete one, left by a killed process
        folder.rename(target)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _load_folder(source: LocalSource) -> tuple[Any, Any]:
    """Tokenizer and model of the visitor's own choice, in the number format of this machine."""
    import torch

    location = str(source.location)
    with without_compiler():
        from transformers import AutoModelForCausalLM, AutoTokenizer

        try:
            model = AutoModelForCausalLM.from_pretrained(location, dtype=getattr(torch, model_dtype()))
            return AutoTokenizer.from_pretrained(location), model
        except Exception as error:
            raise NotAvailable(
                f"The language model {source.model_id} could not be loaded: {error}",
                "Check LOCAL_LLM, or remove it to use the packaged model.",
            ) from error


def _load_converted(folder: Path) -> tuple[Any, Any]:
    """Tokenizer and model of the packaged weights, as 8-bit integers."""
    import torch

    from core import int8

    file, dtype = folder / _WEIGHTS, getattr(torch, model_dtype())
    if sha256_of(file) != (folder / _CHECKSUM).read_text():
        raise StoreError(f"{_FOLDER} {Fault.DAMAGED}", HINTS[Fault.DAMAGED])
    with without_compiler():
        from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer, GenerationConfig
        from transformers.initialization import no_init_weights

        with no_init_weights():  # memory that nothing touches before the weights take its place
            model = AutoModelForCausalLM.from_config(AutoConfig.from_pretrained(folder), dtype=dtype)
        int8.load_into(model, file, dtype)
        model.generation_config = GenerationConfig.from_pretrained(folder)
        return AutoTokenizer.from_pretrained(folder), model


def _convert(gguf: Path, folder: Path) -> None:
    """Write weights, configuration and tokenizer; ``save_pretrained`` refuses a dequantised model."""
    import torch
    import transformers
    from safetensors.torch import save_file
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from core import int8

    transformers.logging.disable_progress_bar()
    source = str(gguf.parent)
    model: Any = AutoModelForCausalLM.from_pretrained(source, gguf_file=gguf.name, dtype=torch.bfloat16)
    tokenizer: Any = AutoTokenizer.from_pretrained(source, gguf_file=gguf.name)
    tensors = dict(model.state_dict())
    if model.config.tie_word_embeddings:
        tensors.pop("lm_head.weight", None)
    save_file(int8.narrowed(tensors), folder / _WEIGHTS, metadata={"format": "pt"})
    (folder / _CHECKSUM).write_text(sha256_of(folder / _WEIGHTS))
    configuration = model.config
    if hasattr(configuration, "quantization_config"):
        del configuration.quantization_config
    configuration.save_pretrained(folder)
    model.generation_config.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    get_logger(__name__).info("language_model_converted", model=LANGUAGE_MODEL.name)
