"""The models behind the AI functions: one batch function for each provider key, loaded when first needed."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from core.errors import HubError, NotAvailable

Batch = Callable[[list[tuple[Any, ...]]], Sequence[Any]]


def batch_function(provider: str, overrides: Mapping[str, Batch]) -> Batch:
    """The batch behind ``provider``: the override given for tests, else the model of this machine."""
    if provider in overrides:
        return overrides[provider]
    if provider not in _BATCHES:
        raise NotAvailable(f"No model answers {provider}", "Pass an override for it.")
    return _BATCHES[provider]


def run_batch(provider: str, batch: Batch, requests: list[tuple[Any, ...]]) -> list[Any]:
    """The answers to ``requests``, one each; raises NotAvailable when the model breaks."""
    try:
        answers = list(batch(requests))
    except HubError:
        raise
    except (ImportError, OSError, RuntimeError) as error:
        raise NotAvailable(
            f"The model behind {provider} failed: {error}", "See the log; other functions still work."
        ) from error
    if len(answers) != len(requests):
        raise NotAvailable(
            f"The model behind {provider} gave {len(answers)} answers to {len(requests)} requests",
            "This is a bug.",
        )
    return answers


def _sentiment_labels(requests: list[tuple[Any, ...]]) -> Sequence[Any]:
    from core.sql_ai.functions import sentiment

    return sentiment.label([(text, tuple(categories)) for text, categories in _padded(requests, 1, ([],))])


def _sentiment_scores(requests: list[tuple[Any, ...]]) -> Sequence[Any]:
    from core.sql_ai.functions import sentiment

    return sentiment.score([text for (text,) in requests])


def _classify(requests: list[tuple[Any, ...]]) -> Sequence[Any]:
    from core.sql_ai.answers import example_labels
    from core.sql_ai.functions.classify import ClassifyItem, Example, Label, classify

    items = []
    for text, categories, config in _padded(requests, 2, ({},)):
        labels = tuple(
            Label(item["label"], item.get("description", "")) if isinstance(item, dict) else Label(item, "")
            for item in categories
        )
        examples = tuple(
            Example(item["input"], tuple(example_labels(item))) for item in config.get("examples") or []
        )
        multi = str(config.get("output_mode", "single")).lower() == "multi"
        items.append(ClassifyItem(text, labels, config.get("task_description"), examples, multi))
    return classify(items)


def _filter(requests: list[tuple[Any, ...]]) -> Sequence[Any]:
    from core.sql_ai.functions import filtering

    return filtering.decide([text for (text,) in requests])


def _similarity(requests: list[tuple[Any, ...]]) -> Sequence[Any]:
    from core.sql_ai.functions import similarity

    return similarity.similarity([(request[0], request[1]) for request in requests])


def _embed(requests: list[tuple[Any, ...]]) -> Sequence[Any]:
    from core.sql_ai.functions import embedding

    return embedding.embed([(model, text) for model, text in requests])


def _summarize(requests: list[tuple[Any, ...]]) -> Sequence[Any]:
    from core.sql_ai.functions import summarize

    return summarize.summarize([text for (text,) in requests])


def _summarize_group(requests: list[tuple[Any, ...]]) -> Sequence[Any]:
    from core.sql_ai.functions import summarize

    return summarize.summarize_group([tuple(texts) for (texts,) in requests])


def _aggregate(requests: list[tuple[Any, ...]]) -> Sequence[Any]:
    from core.sql_ai.functions import summarize

    return summarize.aggregate([(tuple(texts), instruction) for texts, instruction in requests])


def _extract(requests: list[tuple[Any, ...]]) -> Sequence[Any]:
    from core.sql_ai.functions import extract

    return extract.extract(
        [(text, form, bool(scores)) for text, form, scores in _padded(requests, 2, (False,))]
    )


def _extract_answer(requests: list[tuple[Any, ...]]) -> Sequence[Any]:
    from core.sql_ai.functions import extract

    return extract.extract_answer([(document, question) for document, question in requests])


def _redact(requests: list[tuple[Any, ...]]) -> Sequence[Any]:
    from core.sql_ai.functions import redact

    answers: list[Any] = [None] * len(requests)
    padded = _padded(requests, 1, (list(redact.CATEGORIES), "redact"))
    for mode, function in (("redact", redact.redact), ("detect", redact.detect)):
        chosen = [index for index, request in enumerate(padded) if request[2] == mode]
        found: Sequence[Any] = (
            function([(padded[index][0], tuple(padded[index][1])) for index in chosen]) if chosen else []
        )
        for index, answer in zip(chosen, found, strict=True):
            answers[index] = answer
    return answers


def _complete(requests: list[tuple[Any, ...]]) -> Sequence[Any]:
    from core.sql_ai.functions.complete import CompleteRequest, complete

    items = []
    for model, prompt, options, form in _padded(requests, 2, ({}, None)):
        turns = prompt if isinstance(prompt, list) else [{"role": "user", "content": prompt}]
        messages = tuple((str(turn["role"]), str(turn["content"])) for turn in turns)
        items.append(CompleteRequest(model, messages, options, form))
    return complete(items)


def _translate(requests: list[tuple[Any, ...]]) -> Sequence[Any]:
    from core.sql_ai.functions import translate

    return translate.translate([(text, source, target) for text, source, target in requests])


def _padded(
    requests: list[tuple[Any, ...]], required: int, defaults: tuple[Any, ...]
) -> list[tuple[Any, ...]]:
    """Requests with their optional last arguments filled in."""
    return [(*request, *defaults[len(request) - required :]) for request in requests]


_BATCHES: dict[str, Batch] = {
    "AI_SENTIMENT": _sentiment_labels, "SENTIMENT": _sentiment_scores,
    "AI_CLASSIFY": _classify, "CLASSIFY_TEXT": _classify,
    "AI_FILTER": _filter, "AI_SIMILARITY": _similarity, "AI_EMBED": _embed,
    "AI_SUMMARIZE": _summarize, "SUMMARIZE": _summarize, "AI_SUMMARIZE_AGG": _summarize_group, "AI_AGG": _aggregate,
    "AI_EXTRACT": _extract, "EXTRACT_ANSWER": _extract_answer, "AI_REDACT": _redact,
    "AI_COMPLETE": _complete, "COMPLETE": _complete, "AI_TRANSLATE": _translate, "TRANSLATE": _translate,
}  # fmt: skip
