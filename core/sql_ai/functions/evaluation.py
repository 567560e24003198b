"""How often the local answers are right: accuracy per function on labelled files nobody tunes on.

The files are in assets/evaluation/sql; their tuning halves are in assets/sql/data. Each measure has its count, a
95 % interval (Wilson) and a baseline, so that a number can be told from luck and from the obvious.
"""

import csv
import math
import re
import sys
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from core.cli import run_json
from core.sql_ai.functions.opinion import TRAINING_FILE, compounds, embedding_features, opinions, polarities
from core.sql_ai.functions.opinion import read_labelled as read_sentences

FOLDER = Path(__file__).resolve().parents[3] / "assets" / "evaluation" / "sql"
_LABEL_ONLY = ("sentiment_plain", "sentiment_foreign")  # few sentences: the label is what they are for
_Z = 1.959964  # of a two-sided 95 % interval
_MARK = re.compile(r"\[\[(?P<category>[A-Z_]+)\|(?P<text>[^\]]*)\]\]")


@dataclass(frozen=True)
class Measure:
    """One share of right answers: `right` of `count`, its 95 % interval, and what `baseline_name` reaches."""

    function: str
    measure: str
    right: int
    count: int
    value: float
    low: float
    high: float
    baseline: float | None = None
    baseline_name: str = ""


def run() -> list[Measure]:
    """Return every measure, function by function; takes some seconds beside loading the embedding model."""
    parts: tuple[Callable[[], list[Measure]], ...] = (
        sentiment_measures,
        classify_measures,
        filter_measures,
        extract_measures,
        redact_measures,
        similarity_measures,
        summary_measures,
    )
    return [measure for part in parts for measure in part()]


def main(arguments: Sequence[str]) -> int:
    """Print every measure, as one JSON document with --json, else one a line; the exit code is returned."""
    if "--json" in arguments:
        return run_json(run)
    for m in run():
        against = "" if m.baseline is None else f"   {m.baseline_name}: {m.baseline:.3f}"
        share = f"{m.value:.3f} [{m.low:.3f}, {m.high:.3f}] {m.right}/{m.count}"
        sys.stdout.write(f"{m.function:14} {m.measure:42} {share}{against}\n")
    return 0


def interval(right: int, count: int) -> tuple[float, float]:
    """Return Wilson's 95 % interval of a share; (0, 1) when nothing was counted."""
    if count == 0:
        return 0.0, 1.0
    share = right / count
    middle = share + _Z**2 / (2 * count)
    reach = _Z * math.sqrt(share * (1 - share) / count + _Z**2 / (4 * count**2))
    scale = 1 + _Z**2 / count
    return max(0.0, (middle - reach) / scale), min(1.0, (middle + reach) / scale)


def sentiment_measures() -> list[Measure]:
    """Return accuracy of sign and label, for the model and for each of its parts alone."""
    measures: list[Measure] = []
    for name in ("sentiment", "sentiment_few_cues", "sentiment_plain", "sentiment_foreign"):
        texts, labels = read_sentences(FOLDER / f"{name}.csv")
        polar = [place for place, label in enumerate(labels) if label in ("positive", "negative")]
        chosen, truth = [texts[i] for i in polar], [labels[i] == "positive" for i in polar]
        blob = _share([value > 0 for value in polarities(chosen)], truth)
        if name not in _LABEL_ONLY:
            measures += _sign_measures(name, chosen, truth, blob)
        measures.append(_label_measure(name, texts, labels, blob))
    return measures


def _sign_measures(name: str, texts: list[str], truth: list[bool], blob: float) -> list[Measure]:
    from core.sql_ai.functions import sentiment

    signs = {
        "SENTIMENT, sign": sentiment.score(texts),
        "TextBlob alone": polarities(texts),
        "VADER alone": compounds(texts),
        "embedding alone": _embedding_alone(texts),
        "without clauses": [view.positive - view.negative for view in opinions(texts)],
    }
    return [
        _measure("AI_SENTIMENT", f"{what} ({name})", [value > 0 for value in values], truth, blob, "TextBlob")
        for what, values in signs.items()
    ]


def _label_measure(name: str, texts: list[str], labels: list[str], blob: float) -> Measure:
    from core.sql_ai.functions import sentiment

    given = [answer[0][1] for answer in sentiment.label([(text, ()) for text in texts])]
    return _measure("AI_SENTIMENT", f"label of four ({name})", given, labels, blob, "TextBlob")


def classify_measures() -> list[Measure]:
    """Return how often the set of labels is exactly right, in single and in multi mode."""
    from core.sql_ai.functions.classify import ClassifyItem, Label, classify

    measures = []
    groups = _toml("classify.toml")["group"]
    for mode in ("single", "multi"):
        items, truth, often = [], [], 0.0
        for group in (group for group in groups if group["mode"] == mode):
            labels = tuple(Label(name) for name in group["labels"])
            items += [ClassifyItem(row[0], labels, multi=mode == "multi") for row in group["items"]]
            truth += [frozenset(row[1:]) for row in group["items"]]
            often += max(sum(row[1:] == [name] for row in group["items"]) for name in group["labels"])
        given = [frozenset() if isinstance(found, str) else frozenset(found) for found in classify(items)]
        measures.append(
            _measure(
                "AI_CLASSIFY", f"{mode} mode, exact", given, truth, often / len(items), "commonest label"
            )
        )
    return [*measures, *_task_measures()]


def task_rows(decides: bool) -> list[tuple[str, tuple[str, ...], str, str]]:
    """Text, labels, task and right label of each call where the task decides, or where it must do no harm."""
    groups = [group for group in _toml("classify_tasks.toml")["group"] if group["decides"] == decides]
    return [(row[0], tuple(group["labels"]), row[1], row[2]) for group in groups for row in group["items"]]


def _task_measures() -> list[Measure]:
    """How often the label is right where the task_description decides, beside the same calls without it."""
    from core.sql_ai.functions.classify import ClassifyItem, Label, classify

    rows = task_rows(True)
    truth = [(right,) for _text, _labels, _task, right in rows]
    items = [ClassifyItem(text, tuple(map(Label, labels)), task) for text, labels, task, _right in rows]
    plain = classify([ClassifyItem(item.text, item.labels) for item in items])
    before = sum(answer == wanted for answer, wanted in zip(plain, truth, strict=True)) / len(rows)
    return [_measure("AI_CLASSIFY", "task that decides", classify(items), truth, before, "without the task")]


def filter_measures() -> list[Measure]:
    """Return how often AI_FILTER decides as the reader did."""
    from core.sql_ai.functions.filtering import decide

    rows = _csv("filter.csv")
    truth = [row["expected"] == "true" for row in rows]
    usual = max(sum(truth), len(truth) - sum(truth)) / len(truth)
    given = decide([row["prompt"] for row in rows])
    return [_measure("AI_FILTER", "decision", given, truth, usual, "commonest answer")]


def extract_measures() -> list[Measure]:
    """Return how many values are exactly right, absent ones included."""
    from core.sql_ai.functions.extract import extract

    items = _toml("extract.toml")["item"]
    answers = extract([(item["text"], item["ask"], False) for item in items])
    pairs = [
        (answer["response"][key] or "", value)
        for item, answer in zip(items, answers, strict=True)
        for key, value in item["want"].items()
    ]
    absent = sum(value == "" for _, value in pairs) / len(pairs)
    return [
        _measure("AI_EXTRACT", "value", [g for g, _ in pairs], [w for _, w in pairs], absent, "always absent")
    ]


def redact_measures() -> list[Measure]:
    """Return precision and recall of the spans: category, start and end must all be right."""
    from core.sql_ai.functions.redact import detect

    texts, wanted = _marked("redact.txt")
    found = []
    for text, answer in zip(texts, detect([(text, ()) for text in texts]), strict=True):
        spans = [] if isinstance(answer, str) else answer["spans"]
        found.append({(span["category"], span["start"], span["end"]) for span in spans})
        assert all(text[span["start"] : span["end"]] == span["text"] for span in spans)
    right = sum(len(given & truth) for given, truth in zip(found, wanted, strict=True))
    given_count, true_count = sum(map(len, found)), sum(map(len, wanted))
    return [
        _counted("AI_REDACT", "span precision", right, given_count),
        _counted("AI_REDACT", "span recall", right, true_count),
    ]


def similarity_measures() -> list[Measure]:
    """Return how often the text of the same meaning is nearer than the other; baseline: shared words."""
    from core.sql_ai.functions.similarity import similarity
    from core.sql_ai.functions.text import words

    rows = _csv("similarity.csv")
    near = similarity([(row["query"], row["nearer"]) for row in rows])
    far = similarity([(row["query"], row["farther"]) for row in rows])

    def shared(row: dict[str, str], other: str) -> int:
        return len(set(words(row["query"])) & set(words(row[other])))

    by_words = sum(shared(row, "nearer") > shared(row, "farther") for row in rows) / len(rows)
    given = [close > distant for close, distant in zip(near, far, strict=True)]
    return [_measure("AI_SIMILARITY", "ranking", given, [True] * len(rows), by_words, "shared words")]


def summary_measures() -> list[Measure]:
    """Return how many summaries keep the length rules, on texts joined from the sentiment files."""
    from core.sql_ai.functions.summarize import UNCHANGED_CHARACTERS, summarize

    lines = read_sentences(FOLDER / "sentiment.csv")[0]
    texts = [" ".join(lines[start : start + size]) for size in (1, 2, 3, 5, 9) for start in range(0, 90, 9)]
    kept = [
        summary == text if len(text) <= UNCHANGED_CHARACTERS else len(summary) <= len(text)
        for text, summary in zip(texts, summarize(texts), strict=True)
    ]
    return [_measure("AI_SUMMARIZE", "length rules kept", kept, [True] * len(texts))]


def _embedding_alone(texts: list[str]) -> list[float]:
    model, centre, spread = _embedding_model()
    return [float(value) for value in model.decision_function((embedding_features(texts) - centre) / spread)]


@cache
def _embedding_model() -> tuple[Any, Any, Any]:
    """A regression on the embedding numbers alone: what the lexicons add is the distance to it."""
    from sklearn.linear_model import LogisticRegression

    texts, labels = read_sentences(TRAINING_FILE)
    polar = [place for place, label in enumerate(labels) if label != "neutral"]
    rows = embedding_features([texts[place] for place in polar])
    centre, spread = rows.mean(axis=0), rows.std(axis=0) + 1e-9
    model = LogisticRegression(C=0.002, max_iter=2000)
    return model.fit((rows - centre) / spread, [labels[i] == "positive" for i in polar]), centre, spread


def _measure(
    function: str,
    measure: str,
    given: Sequence[Any],
    truth: Sequence[Any],
    baseline: float | None = None,
    name: str = "",
) -> Measure:
    right = sum(answer == wanted for answer, wanted in zip(given, truth, strict=True))
    return _counted(function, measure, right, len(truth), baseline, name)


def _counted(
    function: str, measure: str, right: int, count: int, baseline: float | None = None, name: str = ""
) -> Measure:
    low, high = interval(right, count)
    value = right / count if count else 0.0
    rounded = None if baseline is None else round(baseline, 4)
    return Measure(
        function, measure, right, count, round(value, 4), round(low, 4), round(high, 4), rounded, name
    )


def _share(given: Sequence[Any], truth: Sequence[Any]) -> float:
    return sum(answer == wanted for answer, wanted in zip(given, truth, strict=True)) / len(truth)


def _csv(name: str) -> list[dict[str, str]]:
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _toml(name: str) -> dict[str, Any]:
    with (FOLDER / name).open("rb") as file:
        return tomllib.load(file)


def _marked(name: str) -> tuple[list[str], list[set[tuple[str, int, int]]]]:
    """Return the texts without their marks, and the marked spans as (category, start, end)."""
    texts, spans = [], []
    for line in (FOLDER / name).read_text("utf-8").splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        text, found, end = "", set(), 0
        for match in _MARK.finditer(line):
            text += line[end : match.start()]
            found.add((match["category"], len(text), len(text) + len(match["text"])))
            text, end = text + match["text"], match.end()
        texts.append(text + line[end:])
        spans.append(found)
    return texts, spans
