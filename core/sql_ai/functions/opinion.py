"""A small model of opinion: lexicons and embeddings, weighed by two logistic regressions.

The first is learnt at first use from assets/sql/data/sentiment_training.csv and kept in the data folder under a name
made of everything it depends on; it says how neutral a text is. The second is shipped as coefficients
(sentiment_rated.json, fitted by `opinion_fit` on the same file and 13,000 sentences rated by people) and decides
between positive and negative. It belongs to the packaged embedding model: with another one, the first decides that
as well.
"""

import csv
import hashlib
import json
import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from core.lean import import_polarity
from core.log import get_logger
from core.sql_ai.functions.lexicon import lexicon_features, plain_side, spelled, tidied
from core.sql_ai.functions.pauses import checkpoint, stoppable
from core.sql_ai.functions.text import DATA
from core.stores import written_whole

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    Matrix = NDArray[np.float64]

TRAINING_FILE = DATA / "sentiment_training.csv"
LEXICON_FILE = DATA / "sentiment_lexicon.toml"
RATED_FILE = DATA / "sentiment_rated.json"
CLASSES = ("negative", "neutral", "positive")
DEPTH = 2 / 3  # of the embedding model: its middle layers tell tone apart better than its final vectors
_LEXICON_WEIGHT = 2.0  # the dozen lexicon numbers against 384 of the embedding; chosen by cross-validation
_PENALTY = 0.002  # inverse strength of the L2 penalty; chosen by cross-validation on the training file
_PLAIN_SIDED = 0.6  # least share of an opinion in a few words that are known for one
_PLAIN_LEAN = 1.5  # log-odds of a side that the word lists turn around, at least
_VERSION = 3  # raise when the features change


@dataclass(frozen=True)
class Opinion:
    """Probabilities that a text is negative, neutral or positive; they sum to 1."""

    negative: float
    neutral: float
    positive: float


@dataclass(frozen=True)
class _Weights:
    """Standardisation and coefficients: probabilities are softmax((features - centre) / spread @ slopes + base)."""

    centre: "Matrix"
    spread: "Matrix"
    slopes: "Matrix"
    base: "Matrix"


@dataclass(frozen=True)
class _Rated:
    """The shipped coefficients: features @ slopes + base is the log-odds of positive against negative."""

    slopes: "Matrix"
    base: float


def opinions(texts: Sequence[str]) -> list[Opinion]:
    """Return the opinion of each text; one of any length is read as a whole, at most 256 word pieces of it."""
    import numpy as np

    if not texts:
        return []
    texts = [spelled(text) for text in texts]
    plain = _tidied(texts)
    rows = _rows(texts, plain)
    logits = _logits(rows)
    shares = np.exp(logits - logits.max(axis=1, keepdims=True))
    sided = (shares[:, 0] + shares[:, 2]) / shares.sum(axis=1)
    lean = logits[:, 2] - logits[:, 0]
    if (rated := _rated(_model_id())) is not None:
        lean = rows @ rated.slopes + rated.base
    sides = np.array([plain_side(text) for text in stoppable(plain)])
    lean = np.where(sides * lean < 0, sides * np.maximum(abs(lean), _PLAIN_LEAN), lean)
    sided = np.where(sides, np.maximum(sided, _PLAIN_SIDED), sided)
    good = sided * (0.5 + 0.5 * np.tanh(lean / 2))  # the logistic function, without overflow
    bad = sided * (0.5 - 0.5 * np.tanh(lean / 2))
    return [Opinion(*(float(share) for share in row)) for row in zip(bad, 1 - sided, good, strict=True)]


def own_lean(rows: "Matrix") -> "Matrix":
    """Return the log-odds of positive against negative by our own labelled sentences alone, from `features`."""
    logits = _logits(rows)
    return logits[:, 2] - logits[:, 0]


def polarities(texts: Sequence[str]) -> list[float]:
    """Return TextBlob's polarity of each text, -1..1."""
    polarity = import_polarity()
    return [float(polarity(text)) for text in stoppable(texts)]


def compounds(texts: Sequence[str]) -> list[float]:
    """Return VADER's compound score of each text, -1..1."""
    analyzer = _vader()
    return [float(analyzer.polarity_scores(text)["compound"]) for text in stoppable(texts)]


def described(text: str) -> str:
    """Return the text with what each emoji shows in words, by VADER's table: '👍' becomes 'thumbs up'."""
    return text if text.isascii() else _emoji().sub(lambda found: f" {_vader().emojis[found.group()]} ", text)


def embedding_features(texts: Sequence[str]) -> "Matrix":
    """Return one row of middle-layer embedding numbers for each text."""
    import numpy as np

    from core.embedder import get_embedder

    return np.asarray(get_embedder().encode_layer(texts, DEPTH, checkpoint), dtype=np.float64)


def lexical_features(texts: Sequence[str]) -> "Matrix":
    """Return one row for each text: TextBlob, VADER, then the numbers of `lexicon_features`."""
    return _lexical(_tidied(texts))


def read_labelled(path: Path) -> tuple[list[str], list[str]]:
    """Return the texts and the labels of a CSV file with the columns text and sentiment."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [row["text"] for row in rows], [row["sentiment"] for row in rows]


def features(texts: Sequence[str]) -> "Matrix":
    """Return one row for each text: embedding numbers, then lexical ones."""
    texts = [spelled(text) for text in texts]
    return _rows(texts, _tidied(texts))


def _rows(texts: Sequence[str], plain: Sequence[str]) -> "Matrix":
    """`features` of texts that are `spelled`, and the same texts `_tidied`."""
    import numpy as np

    return np.hstack([embedding_features(texts), _lexical(plain)])


def _lexical(plain: Sequence[str]) -> "Matrix":
    import numpy as np

    own = [lexicon_features(text) for text in stoppable(plain)]
    return np.column_stack([polarities(plain), compounds(plain), np.asarray(own, dtype=np.float64)])


def _tidied(texts: Sequence[str]) -> list[str]:
    return [tidied(text, _vader().lexicon) for text in stoppable(texts)]


def _logits(rows: "Matrix") -> "Matrix":
    known = _weights(_fingerprint())
    return (rows - known.centre) / known.spread @ known.slopes + known.base


def _model_id() -> str:
    from core.embedder import get_embedder

    return get_embedder().model_id


@cache
def _rated(model_id: str) -> _Rated | None:
    """The shipped coefficients, or None when they were fitted on another embedding model."""
    import numpy as np

    document = json.loads(RATED_FILE.read_text("utf-8"))
    if document["model"] != model_id or document["depth"] != DEPTH:
        return None
    return _Rated(np.asarray(document["slopes"]), document["base"])


def own_files_digest() -> str:
    """Return a SHA-256 of the training file and the lexicon: coefficients fitted on others are out of date."""
    return hashlib.sha256(TRAINING_FILE.read_bytes() + LEXICON_FILE.read_bytes()).hexdigest()


def _fingerprint() -> str:
    digest = hashlib.sha256(own_files_digest().encode())
    digest.update(f"{_model_id()} {DEPTH} {_LEXICON_WEIGHT} {_PENALTY} {_VERSION}".encode())
    return digest.hexdigest()[:20]


@cache
def _weights(fingerprint: str) -> _Weights:
    from core.config import settings

    path = settings().data_dir / "sql_ai" / f"opinion-{fingerprint}.npz"
    if (kept := _kept(path)) is not None:
        return kept
    trained = _train(*read_labelled(TRAINING_FILE))
    try:
        _keep(path, trained)
    except OSError as error:  # full or read-only: the next start trains again, nothing else is lost
        get_logger(__name__).warning("opinion.not_kept", error=type(error).__name__)
    return trained


def _kept(path: Path) -> _Weights | None:
    """What an earlier start has learnt; None when there is nothing, or nothing that can be read."""
    import numpy as np

    try:
        with np.load(path) as stored:
            return _Weights(*(stored[name] for name in ("centre", "spread", "slopes", "base")))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        get_logger(__name__).warning("opinion.damaged", error=type(error).__name__)
        return None


def _keep(path: Path, trained: _Weights) -> None:
    import numpy as np

    path.parent.mkdir(parents=True, exist_ok=True)
    with written_whole(path) as partial:
        np.savez(partial, **vars(trained))


def _train(texts: list[str], labels: list[str]) -> _Weights:
    import numpy as np
    from sklearn.linear_model import LogisticRegression

    rows = features(texts)
    centre, spread = rows.mean(axis=0), rows.std(axis=0) + 1e-9
    spread[-lexical_features(texts[:1]).shape[1] :] /= _LEXICON_WEIGHT
    fitted = LogisticRegression(C=_PENALTY, max_iter=2000).fit((rows - centre) / spread, labels)
    order = [list(fitted.classes_).index(name) for name in CLASSES]
    return _Weights(np.asarray(centre), np.asarray(spread), fitted.coef_[order].T, fitted.intercept_[order])


@cache
def _emoji() -> "re.Pattern[str]":
    return re.compile("|".join(map(re.escape, sorted(_vader().emojis, key=len, reverse=True))))


@cache
def _vader() -> "SentimentIntensityAnalyzer":
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    return SentimentIntensityAnalyzer()
