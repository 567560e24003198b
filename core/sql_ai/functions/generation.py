"""Text generation that a statement's time limit and its Stop button end at once."""

import threading
import time
from collections.abc import Sequence
from contextlib import closing

from core.generator import Completion, Generator, GeneratorName, Message, get_generator
from core.sql_ai.functions.pauses import interruptible


def loaded_generator(name: GeneratorName) -> Generator:
    """The generator called ``name``, loaded when needed; raises NotAvailable with the remedy."""
    return interruptible(lambda _stop: get_generator(name))


def say(
    generator: Generator, messages: Sequence[Message], max_new_tokens: int, temperature: float = 0.0
) -> Completion:
    """The whole answer; raises Stopped as soon as the statement ends, whatever the model still does."""

    def work(stop: threading.Event) -> Completion:
        if generator.name == "local":
            return _spoken(generator, messages, max_new_tokens, temperature, stop)
        return generator.complete(messages, max_new_tokens=max_new_tokens, temperature=temperature)

    return interruptible(work)


def _spoken(
    generator: Generator,
    messages: Sequence[Message],
    max_new_tokens: int,
    temperature: float,
    stop: threading.Event,
) -> Completion:
    """The local model's answer by way of its stream, which ends at the next token after ``stop``."""
    started = time.perf_counter()
    with closing(generator.stream(messages, max_new_tokens, temperature, stop)) as pieces:  # type: ignore[type-var]
        text = "".join(pieces).strip()
    return Completion(
        text=text,
        prompt_tokens=generator.count_tokens(generator.render(messages)),
        completion_tokens=generator.count_tokens(text),
        model=str(getattr(generator, "model_id", generator.name)),
        elapsed_ms=(time.perf_counter() - started) * 1000,
    )
