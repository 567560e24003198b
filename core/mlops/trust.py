"""Which types a model file may contain: the allow-list that is compared before anything is loaded."""

from collections.abc import Iterable

from core.errors import StoreError

# Every name outside skops' own defaults that one of our algorithms needs, measured with skops 0.16 and
# scikit-learn 1.9. skops stores the list used at saving in the MLmodel file and trusts it when loading, which
# is no defence: the loader compares that list with this constant first, and passes this constant to skops.
TRUSTED_TYPES: tuple[str, ...] = (
    "numpy.dtype",  # SimpleImputer keeps the one it was fitted with
    "scipy._lib.array_api_compat.numpy._aliases.asarray",  # SplineTransformer; private path, re-check on upgrade
    "scipy.interpolate._bsplines.BSpline",
    "sklearn.calibration._CalibratedClassifier",
    "sklearn.calibration._SigmoidCalibration",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.metrics._dist_metrics.EuclideanDistance64",
    "sklearn.neighbors._kd_tree.KDTree",
    "sklearn.neural_network._stochastic_optimizers.AdamOptimizer",
    "sklearn.tree._tree.Tree",
    "sklearn.utils._bunch.Bunch",
)


def require_trusted(types: Iterable[str], origin: str) -> None:
    """Nothing, or StoreError naming the types in ``types`` that are not on the allow-list."""
    foreign = sorted(set(types) - set(TRUSTED_TYPES))
    if foreign:
        raise StoreError(
            f"{origin} contains types that are not on the allow-list: {', '.join(foreign)}",
            "It was not loaded. Train the model again here, or review and extend core/mlops/trust.py.",
        )
