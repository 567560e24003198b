"""The learners on offer, each with the few settings that its search tries, best guess first."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.errors import BadInput
from core.mlops.preprocessing import Recipe, build_preprocessor
from core.mlops.schema import InputSchema, did_you_mean

if TYPE_CHECKING:
    import pandas as pd

Params = dict[str, Any]


@dataclass(frozen=True)
class Algorithm:
    """One learner: how it is named, prepared and built, and what its search tries.

    The first entry of ``candidates`` is the anchor, tried in any case; later ones as the time budget allows.
    """

    name: str
    title: str
    recipe: Recipe
    candidates: tuple[Params, ...]
    make: Callable[[Params, int, int], Any]  # (parameters, seed, threads) -> classifier
    parts: tuple[str, ...] = ()  # members of a vote


def find_algorithms(names: "list[str] | tuple[str, ...] | None") -> list[Algorithm]:
    """Algorithms by name, in the order given; None means the default set.

    Raises BadInput with the nearest name for an unknown one.
    """
    known = {algorithm.name: algorithm for algorithm in ALGORITHMS}
    chosen = []
    for name in names or DEFAULT_NAMES:
        if name not in known:
            raise BadInput(
                f"There is no algorithm '{name}'{did_you_mean(name, list(known))}",
                f"Choose from: {', '.join(known)}.",
            )
        if known[name] not in chosen:
            chosen.append(known[name])
    return chosen


def candidates_for(algorithm: Algorithm, rows: int) -> list[Params]:
    """What the search tries on fits of ``rows`` rows: neighbours are at most half of them."""
    found: list[Params] = []
    for params in algorithm.candidates:
        if "n_neighbors" in params:
            params = params | {"n_neighbors": min(params["n_neighbors"], rows // 2)}
        if params not in found:
            found.append(params)
    return found


def build_model(
    algorithm: Algorithm,
    params: Params,
    schema: InputSchema,
    frame: "pd.DataFrame",
    *,
    seed: int,
    threads: int = 1,
    calibrate: bool = False,
) -> Any:
    """An unfitted scikit-learn Pipeline from the raw input columns to a probability.

    With ``calibrate`` the classifier is wrapped in Platt scaling, cross-fitted on the training rows.
    """
    from sklearn.pipeline import Pipeline

    if algorithm.parts:
        classifier = _vote(algorithm, params, schema, frame, seed, threads)
        return Pipeline([("classify", _calibrated(classifier) if calibrate else classifier)])
    classifier = algorithm.make(params, seed, threads)
    return Pipeline(
        [
            ("prepare", build_preprocessor(algorithm.recipe, schema, frame)),
            ("classify", _calibrated(classifier) if calibrate else classifier),
        ]
    )


def _calibrated(classifier: Any) -> Any:
    from sklearn.calibration import CalibratedClassifierCV

    return CalibratedClassifierCV(classifier, method="sigmoid", cv=3)


def _vote(
    algorithm: Algorithm, params: Params, schema: InputSchema, frame: "pd.DataFrame", seed: int, threads: int
) -> Any:
    from sklearn.ensemble import VotingClassifier

    members = []
    for part in find_algorithms(algorithm.parts):
        model = build_model(part, part.candidates[0], schema, frame, seed=seed, threads=threads)
        members.append((part.name, model))
    return VotingClassifier(members, voting="soft", weights=params.get("weights"))


def _logistic_regression(params: Params, seed: int, threads: int) -> Any:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(max_iter=3000, random_state=seed, **params)


def _random_forest(params: Params, seed: int, threads: int) -> Any:
    from sklearn.ensemble import RandomForestClassifier

    return RandomForestClassifier(random_state=seed, n_jobs=threads, **params)


def _extra_trees(params: Params, seed: int, threads: int) -> Any:
    from sklearn.ensemble import ExtraTreesClassifier

    return ExtraTreesClassifier(random_state=seed, n_jobs=threads, **params)


def _gradient_boosting(params: Params, seed: int, threads: int) -> Any:
    from sklearn.ensemble import GradientBoostingClassifier

    return GradientBoostingClassifier(random_state=seed, **params)


def _hist_gradient_boosting(params: Params, seed: int, threads: int) -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier

    return HistGradientBoostingClassifier(random_state=seed, early_stopping=False, **params)


def _knn(params: Params, seed: int, threads: int) -> Any:
    from sklearn.neighbors import KNeighborsClassifier

    return KNeighborsClassifier(algorithm="kd_tree", **params)


def _mlp(params: Params, seed: int, threads: int) -> Any:
    from sklearn.neural_network import MLPClassifier

    return MLPClassifier(random_state=seed, early_stopping=True, max_iter=80, n_iter_no_change=8, **params)


_GB = {"subsample": 0.7, "max_features": 0.5, "min_samples_leaf": 20}
_HGB = {"max_leaf_nodes": 8, "l2_regularization": 5.0}

ALGORITHMS: tuple[Algorithm, ...] = (
    Algorithm(
        "logistic_regression",
        "Logistic regression with splines",
        "splines",
        ({"C": 0.3}, {"C": 0.1}, {"C": 1.0}),
        _logistic_regression,
    ),
    Algorithm(
        "logistic_regression_linear",
        "Logistic regression with straight lines",
        "scaled",
        ({"C": 1.0}, {"C": 0.1}),
        _logistic_regression,
    ),
    Algorithm(
        "random_forest",
        "Random forest",
        "plain",
        tuple(
            {"n_estimators": 120, "min_samples_leaf": leaf, "max_features": share}
            for leaf, share in ((12, 0.2), (8, 0.3))
        ),
        _random_forest,
    ),
    Algorithm(
        "gradient_boosting",
        "Gradient boosting",
        "plain",
        (
            {"n_estimators": 300, "learning_rate": 0.05, **_GB, "max_depth": 2},
            {"n_estimators": 200, "learning_rate": 0.05, **_GB, "max_depth": 3},
        ),
        _gradient_boosting,
    ),
    Algorithm(
        "extra_trees",
        "Extremely randomised trees",
        "plain",
        tuple(
            {"n_estimators": 120, "min_samples_leaf": leaf, "max_features": share}
            for leaf, share in ((8, 0.5), (5, "sqrt"))
        ),
        _extra_trees,
    ),
    Algorithm(
        "hist_gradient_boosting",
        "Histogram gradient boosting",
        "plain",
        (
            {"max_iter": 120, "learning_rate": 0.05, **_HGB},
            {"max_iter": 200, "learning_rate": 0.03, **_HGB},
        ),
        _hist_gradient_boosting,
    ),
    Algorithm(
        "knn",
        "k nearest neighbours",
        "scaled",
        ({"n_neighbors": 75}, {"n_neighbors": 41}, {"n_neighbors": 121}),
        _knn,
    ),
    Algorithm(
        "mlp",
        "Small neural network",
        "scaled",
        (
            {"hidden_layer_sizes": (32,), "alpha": 1.0, "learning_rate_init": 0.003},
            {"hidden_layer_sizes": (24, 12), "alpha": 0.3, "learning_rate_init": 0.003},
        ),
        _mlp,
    ),
    Algorithm(
        "soft_vote",
        "Soft vote of logistic regression and gradient boosting",
        "plain",
        ({"weights": None},),
        lambda params, seed, threads: None,
        parts=("logistic_regression", "gradient_boosting"),
    ),
)
# The vote comes before the forest: when the time budget runs out, what is left out is the weaker one.
DEFAULT_NAMES = ("logistic_regression", "gradient_boosting", "soft_vote", "random_forest")
