"""The first step of every model: columns of mixed kinds become numbers."""

from typing import TYPE_CHECKING, Any, Literal

from core.mlops.schema import InputSchema

if TYPE_CHECKING:
    import pandas as pd

Recipe = Literal["plain", "scaled", "splines"]
_SPLINE_KNOTS = 6
_SPLINE_DISTINCT = 12  # different values from which a curve is worth its columns
_RARE_ROWS = 5  # categories with fewer rows share one indicator, as do categories never seen


def build_preprocessor(recipe: Recipe, schema: InputSchema, frame: "pd.DataFrame") -> Any:
    """An unfitted ColumnTransformer from the model's input columns to a dense float matrix.

    Categories become indicators; an unknown one falls into the rare group, or into none. Blanks in numbers
    become the median plus an indicator. ``scaled`` standardises numbers, ``splines`` gives each number with
    enough different values a cubic curve. ``frame`` is only looked at for those counts.
    """
    from sklearn.compose import ColumnTransformer
    from sklearn.preprocessing import OneHotEncoder

    numbers = [column.name for column in schema.columns if column.kind != "category"]
    texts = [column.name for column in schema.columns if column.kind == "category"]
    curved = [name for name in numbers if recipe == "splines" and frame[name].nunique() >= _SPLINE_DISTINCT]
    straight = [name for name in numbers if name not in curved]
    encoder = OneHotEncoder(
        handle_unknown="infrequent_if_exist", min_frequency=_RARE_ROWS, sparse_output=False
    )
    parts = [(f"curve_{name}", _curve(frame[name]), [name]) for name in curved]
    parts += [("numbers", _number(recipe), straight), ("categories", encoder, texts)]
    return ColumnTransformer([part for part in parts if part[2]])


def source_columns(preprocessor: Any) -> list[str]:
    """For each output column of a fitted preprocessor, the input column that it comes from."""
    sources: list[str] = []
    for name, step, columns in preprocessor.transformers_:
        if name == "categories":
            widths = step._n_features_outs
        elif name.startswith("curve_"):
            widths = [step[-1].n_features_out_]
        else:
            widths = [1] * len(columns)
        if name != "remainder":
            sources += [column for column, width in zip(columns, widths, strict=True) for _ in range(width)]
    return sources


def _number(recipe: Recipe) -> Any:
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import StandardScaler

    steps = [("fill", SimpleImputer(strategy="median", keep_empty_features=True))]
    if recipe != "plain":
        steps.append(("scale", StandardScaler()))
    return Pipeline(steps)


def _curve(numbers: "pd.Series") -> Any:
    """A cubic spline with knots at quantiles; equal quantiles (many zeros, say) count once."""
    import numpy as np
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import SplineTransformer

    knots = np.unique(np.quantile(numbers.dropna(), np.linspace(0, 1, _SPLINE_KNOTS)))
    if len(knots) < 3:
        knots = np.linspace(numbers.min(), numbers.max(), _SPLINE_KNOTS)
    fill = SimpleImputer(strategy="median")
    return Pipeline([("fill", fill), ("curve", SplineTransformer(knots=knots[:, None]))])
