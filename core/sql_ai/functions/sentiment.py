"""Sentiment: TextBlob's polarity, a calibrated score in -1..1, and labels for a text and its aspects."""

from core.sql_ai.functions.text import clauses, sentences, stem, words
from core.sql_ai.functions.vectors import vectors

OVERALL = "overall"


def polarity(texts: list[str]) -> list[float]:
    """Return TextBlob's polarity of each text, -1..1: what `sentiment_analysis(text)` shows."""
    from textblob import TextBlob

    return [float(TextBlob(text).sentiment.polarity) for text in texts]


def score(texts: list[str]) -> list[float]:
    """Return the sentiment of each text, -1..1, for SNOWFLAKE.CORTEX.SENTIMENT."""
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    analyzer = SentimentIntensityAnalyzer()
    blobs = polarity(texts)
    return [
        0.5 * float(analyzer.polarity_scores(text)["compound"]) + 0.5 * blob
        for text, blob in zip(texts, blobs, strict=True)
    ]


def label(items: list[tuple[str, tuple[str, ...]]]) -> list[list[tuple[str, str]]]:
    """Return (name, sentiment) pairs for each (text, categories): 'overall' first, the rest sorted by name.

    Values are positive, negative, neutral, mixed and, for a category the text does not mention, unknown.
    """
    parts = {text: _parts(text) for text, _ in items}
    flat = list(dict.fromkeys(part for group in parts.values() for part in group))
    scores = dict(zip(flat, score(flat), strict=True))
    names = {name for _, categories in items for name in categories}
    known = vectors([*(part for text, categories in items if categories for part in parts[text]), *names])
    return [
        [(OVERALL, _mood([scores[part] for part in parts[text]]))]
        + [(name, _aspect(name, parts[text], scores, known)) for name in sorted(set(categories))]
        for text, categories in items
    ]


def _parts(text: str) -> list[str]:
    return [part for sentence in sentences(text) for part in clauses(sentence)] or [text]


def _mood(scores: list[float]) -> str:
    if max(scores) > 0.35 and min(scores) < -0.35:
        return "mixed"
    mean = sum(scores) / len(scores)
    return "positive" if mean > 0.1 else "negative" if mean < -0.1 else "neutral"


def _aspect(name: str, parts: list[str], scores: dict[str, float], known: dict) -> str:
    own = {stem(word) for word in words(name)}
    about = [
        part
        for part in parts
        if own & {stem(word) for word in words(part)} or float(known[part] @ known[name]) > 0.4
    ]
    return _mood([scores[part] for part in about]) if about else "unknown"
