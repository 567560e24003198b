"""Fits the shipped coefficients of the opinion model on rated sentences, and measures them on others.

    python -m core.sql_ai.functions.opinion_fit FOLDER [--write]

FOLDER is `hutto_ICWSM_2014`, unpacked from `additional_resources/hutto_ICWSM_2014.tar.gz` of the source distribution
of vaderSentiment 3.3.2 (MIT licence; C.J. Hutto and E. Gilbert, ICWSM 2014). The sentences stay there; --write puts
nothing but coefficients into assets/sql/data/sentiment_rated.json. Our own training file is fitted along with them.
The coefficients that are written come from every sentence; those of the printed table from half of them.
"""

import argparse
import hashlib
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import BadInput
from core.runtime import prepare
from core.sql_ai.functions.evaluation import FOLDER
from core.sql_ai.functions.opinion import (
    DEPTH,
    RATED_FILE,
    TRAINING_FILE,
    features,
    own_files_digest,
    own_lean,
    read_labelled,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Matrix = NDArray[np.float64]

SETS = {"shop": "amazonReviewSnippets_GroundTruth.txt", "film": "movieReviewSnippets_GroundTruth.txt"}
POLAR_FROM = 0.5  # mean rating, -4..4; what is nearer to 0 has no side that the raters agreed on
OWN = "own"
# There are three times as many film sentences, with noisier ratings; ours are plainer than both. This and the
# numbers below are chosen by cross-validation on our sentences and the fitted halves.
_WEIGHTS = {"shop": 2.0, "film": 1.0, OWN: 4.0}
_CLEAR = 1.5  # ratings beyond it count alike
_OWN_RATING = 1.0  # of a sentence labelled by us
_PENALTY = 0.001  # inverse strength of the L2 penalty
_LEXICON_WEIGHT = 2.0


@dataclass(frozen=True)
class Rated:
    """Polar sentences of one set: features, whether the raters found them positive, their ratings, their half."""

    rows: "Matrix"
    positive: "NDArray[np.bool_]"
    ratings: "Matrix"
    held_out: "NDArray[np.bool_]"

    def fitted_half(self) -> "Rated":
        """The sentences that may be fitted when the others shall measure."""
        kept = ~self.held_out
        return Rated(self.rows[kept], self.positive[kept], self.ratings[kept], self.held_out[kept])


def read_rated(path: Path) -> tuple[list[str], list[float]]:
    """Return the polar sentences of a file (identifier, mean rating and text, by tabs) and their ratings.

    Raises BadInput when the file cannot be read or holds no rated sentence.
    """
    try:
        lines = path.read_text("latin-1").splitlines()
    except OSError as error:
        raise BadInput(
            f"Cannot read {path.name}: {error.strerror}",
            "Name the folder hutto_ICWSM_2014 of vaderSentiment's source distribution.",
        ) from error
    found = [line.split("\t", 2) for line in lines if line.count("\t") >= 2]
    pairs = [(text.strip(), float(rating)) for _, rating, text in found if abs(float(rating)) >= POLAR_FROM]
    if not pairs:
        raise BadInput(f"{path.name} holds no rated sentence", "Each line is: identifier, rating, text.")
    return [text for text, _ in pairs], [rating for _, rating in pairs]


def is_held_out(text: str) -> bool:
    """Whether a sentence measures instead of being fitted: half of all do, by a hash of the text."""
    return hashlib.sha256(text.encode()).digest()[-1] % 2 == 1


def fit(sets: dict[str, Rated]) -> tuple["Matrix", float]:
    """Return slopes (one a feature) and base: features @ slopes + base is the log-odds of being positive."""
    import numpy as np
    from sklearn.linear_model import LogisticRegression

    rows = np.vstack([rated.rows for rated in sets.values()])
    weights = np.concatenate(
        [_WEIGHTS[name] * np.minimum(np.abs(rated.ratings), _CLEAR) for name, rated in sets.items()]
    )
    centre, spread = rows.mean(axis=0), rows.std(axis=0) + 1e-9
    spread[-_lexical_count() :] /= _LEXICON_WEIGHT
    model = LogisticRegression(C=_PENALTY, solver="newton-cholesky", max_iter=100)
    positive = np.concatenate([rated.positive for rated in sets.values()])
    model.fit((rows - centre) / spread, positive, sample_weight=weights)
    slopes = model.coef_[0] / spread
    return np.asarray(slopes), float(model.intercept_[0] - slopes @ centre)


def table(sets: dict[str, Rated], own: Rated) -> list[str]:
    """Return lines of accuracy: fitted half, held-out half, fitted without the set; then our own test files."""
    halves = {name: rated.fitted_half() for name, rated in sets.items()}
    whole = fit({**halves, OWN: own})
    lines = []
    for name, rated in sets.items():
        held = rated.held_out
        across = fit({**{other: half for other, half in halves.items() if other != name}, OWN: own})
        lines += [
            _line(f"{name}, fitted half", rated, ~held, whole),
            _line(f"{name}, held-out half", rated, held, whole),
            _line(f"{name}, held out, |rating| >= 1", rated, held & (abs(rated.ratings) >= 1), whole),
            _line(f"{name}, held out, fitted without {name}", rated, held, across),
        ]
    for name in ("sentiment", "sentiment_few_cues"):
        test = labelled(FOLDER / f"{name}.csv")
        lines.append(_line(f"{name}.csv", test, test.held_out | True, whole))
    return lines


def labelled(path: Path) -> Rated:
    """Return the positive and negative sentences of a CSV file with the columns text and sentiment."""
    import numpy as np

    pairs = [pair for pair in zip(*read_labelled(path), strict=True) if pair[1] in ("positive", "negative")]
    positive = np.array([label == "positive" for _, label in pairs])
    ratings = np.where(positive, _OWN_RATING, -_OWN_RATING)
    return Rated(features([text for text, _ in pairs]), positive, ratings, np.zeros(len(pairs), dtype=bool))


def load(folder: Path) -> dict[str, Rated]:
    """Return both sets with their features; embedding them takes about a minute of one core."""
    import numpy as np

    sets = {}
    for name, file in SETS.items():
        texts, ratings = read_rated(folder / file)
        held = np.array([is_held_out(text) for text in texts])
        known = np.array(ratings)
        sets[name] = Rated(features(texts), known > 0, known, held)
    return sets


def write(sets: dict[str, Rated], own: Rated, path: Path = RATED_FILE) -> None:
    """Fit on every sentence and write the coefficients, six digits each, with where they come from."""
    from core.embedder import get_embedder

    slopes, base = fit({**sets, OWN: own})
    document = {
        "source": "vaderSentiment 3.3.2, hutto_ICWSM_2014: amazon and movie review snippets with ground truth",
        "licence": "MIT, Copyright (c) 2016 C.J. Hutto",
        "command": "python -m core.sql_ai.functions.opinion_fit hutto_ICWSM_2014 --write",
        "sentences": {name: len(rated.positive) for name, rated in {**sets, OWN: own}.items()},
        "own_files": own_files_digest(),
        "model": get_embedder().model_id,
        "depth": DEPTH,
        "base": float(f"{base:.6g}"),
        "slopes": [float(f"{slope:.6g}") for slope in slopes],
    }
    path.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table, and with --write renew the shipped coefficients; the exit code is returned."""
    parser = argparse.ArgumentParser(description="Fit sentiment on rated sentences.")
    parser.add_argument("folder", type=Path, help="hutto_ICWSM_2014 of vaderSentiment's source distribution")
    parser.add_argument("--write", action="store_true", help="renew assets/sql/data/sentiment_rated.json")
    chosen = parser.parse_args(arguments)
    prepare()
    sets, own = load(chosen.folder), labelled(TRAINING_FILE)
    sys.stdout.write("\n".join(table(sets, own)) + "\n")
    if chosen.write:
        write(sets, own)
    return 0


def _line(what: str, rated: Rated, which: "NDArray[np.bool_]", fitted: tuple["Matrix", float]) -> str:
    rows, truth = rated.rows[which], rated.positive[which]
    blob, vader = rows[:, -_lexical_count()], rows[:, 1 - _lexical_count()]
    scores = {
        "fitted": rows @ fitted[0] + fitted[1],
        "own file alone": own_lean(rows),
        "TextBlob": blob,
        "VADER": vader,
    }
    shares = "  ".join(f"{name} {((score > 0) == truth).mean():.4f}" for name, score in scores.items())
    return f"{what:38} {len(truth):5}  {shares}"


def _lexical_count() -> int:
    from core.sql_ai.functions.lexicon import FEATURES

    return len(FEATURES) + 2  # TextBlob and VADER stand before them


if __name__ == "__main__":
    sys.exit(main())
