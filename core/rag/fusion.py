"""How two scores become one ranking: `by_margin` chooses the weight for `weighted`, `with_document` adds the
documents' scores.

All functions take score arrays over the same texts (any length, higher is better) and return an array
of the same shape. See docs/retrieval.md for the measurement that decided.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Scores = NDArray[np.float32]

# The margin is that of the best over the third: two chunks of one document often lead together.
_MARGIN_RANK = 2
_VECTOR_MARGIN = 0.5
_KEYWORD_MARGIN = 1.0
_LEAST_SHIFT, _MOST_SHIFT = -0.15, 0.10
_DOCUMENT_SHARE = 0.3


def weighted(vector: Scores, keyword: Scores, weight: float) -> Scores:
    """`weight` of the cosine (negative as 0) plus the rest of the keyword share: 0 to 1, comparable over
    questions and corpora because neither part is scaled by the other hits."""
    return np.asarray(weight * np.maximum(vector, 0.0) + (1.0 - weight) * keyword, dtype=np.float32)


def by_margin(vector: Scores, keyword: Scores, weight: float) -> float:
    """The weight of the vector part for one question: `weight`, moved towards the part whose best text stands
    out among the others. 0 and 1 stay what they are."""
    shift = _VECTOR_MARGIN * _margin(vector) - _KEYWORD_MARGIN * _margin(keyword)
    return weight + _mixed(weight) * min(_MOST_SHIFT, max(_LEAST_SHIFT, shift))


def with_document(fused: Scores, of_document: Scores, weight: float) -> Scores:
    """The scores of passages with a share of their documents' scores in them (same shape, 0 to 1); no share
    when `weight` leaves only one part."""
    share = _DOCUMENT_SHARE * _mixed(weight)
    return np.asarray((1.0 - share) * fused + share * of_document, dtype=np.float32)


def _mixed(weight: float) -> float:
    """1 for an even mixture, 0 for either part alone."""
    return 4.0 * weight * (1.0 - weight)


def _margin(scores: Scores) -> float:
    if len(scores) <= _MARGIN_RANK:
        return 0.0
    best = np.partition(scores, len(scores) - 1 - _MARGIN_RANK)[-1 - _MARGIN_RANK :]
    return float(best.max() - best.min())
