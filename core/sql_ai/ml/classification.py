"""SNOWFLAKE.ML.CLASSIFICATION: a model over mixed columns, chosen by cross-validation, with its evaluation."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.errors import BadInput
from core.sql_ai.ml.classification_features import FeatureTable, fit_features
from core.sql_ai.ml.columns import choice, find_column, flag, options, plain

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

MOST_CLASSES = 255  # Snowflake's limit
TEST_FRACTION = 0.2
_SEED = 7
_BOOSTING_ROWS = 80  # with fewer rows, trees overfit and only the linear model competes
_FOLDS = 3
_THRESHOLDS = 21


@dataclass(frozen=True)
class Evaluation:
    """Predictions for held-out rows: true classes, probabilities by class, in the order of `classes`."""

    actual: "NDArray[np.int64]"
    probability: "NDArray[np.float64]"


class ClassificationModel:
    """A trained classifier; immutable, as in Snowflake."""

    def __init__(
        self,
        features: FeatureTable,
        classes: tuple[str, ...],
        model: Any,
        evaluation: Evaluation | None,
        logs: tuple[str, ...],
    ) -> None:
        self._features = features
        self._classes = classes
        self._model = model
        self._evaluation = evaluation
        self._logs = logs

    @classmethod
    def train(
        cls, frame: "pd.DataFrame", target: str, config: Mapping[str, Any] | None = None
    ) -> "ClassificationModel":
        """Train on a table; every column but the target is a feature.

        A target with one class gives a model that always answers that class, and says so in its logs. Raises
        `BadInput` for a missing column, no rows, no features or too many classes.
        """
        given = options(config, ("evaluate", "evaluation_config", "on_error"))
        evaluate = flag(given.get("evaluate", True), "evaluate")
        choice(given.get("on_error", "abort"), "on_error", ("abort", "skip"))
        fraction = _test_fraction(given.get("evaluation_config"))
        column = find_column(frame, target, "target")
        labelled = frame[frame[column].map(plain).notna()]
        if labelled.empty:
            raise BadInput(
                f"the target column '{target}' has no values", "Train on rows whose class is known."
            )
        answers = labelled[column].map(class_name)
        classes = tuple(sorted(answers.unique()))
        if len(classes) > MOST_CLASSES:
            raise BadInput(
                f"the target column '{target}' has {len(classes)} classes; {MOST_CLASSES} is the limit",
                "A target with that many values is a number to predict, not a class.",
            )
        features = fit_features(labelled.drop(columns=[column]))
        return cls._fitted(features, features.encode(labelled), answers, classes, evaluate, fraction)

    @classmethod
    def _fitted(
        cls,
        features: FeatureTable,
        rows: Any,
        answers: "pd.Series[str]",
        classes: tuple[str, ...],
        evaluate: bool,
        fraction: float,
    ) -> "ClassificationModel":
        import numpy as np

        code_of = {name: code for code, name in enumerate(classes)}
        codes: NDArray[np.int64] = np.asarray([code_of[name] for name in answers], dtype=np.int64)
        if len(classes) == 1 or not features.names:
            why = (
                f"the target has one class, '{classes[0]}'"
                if len(classes) == 1
                else "no column can tell classes apart"
            )
            constant = _Constant(np.bincount(codes, minlength=len(classes)) / len(codes))
            held_out = Evaluation(codes, constant.predict_proba(rows)) if evaluate else None
            return cls(features, classes, constant, held_out, (f"{why}: every row gets the same answer",))
        make = _choose_model(rows, codes)
        evaluation = _evaluate(make, rows, codes, len(classes), fraction) if evaluate else None
        return cls(features, classes, _fit(make, rows, codes), evaluation, ())

    def predict(self, records: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return `{"class", "logs", "probability"}` for each record; extra fields are ignored, missing ones unknown."""
        if not records:
            return []
        rows = self._features.encode_records(records)
        return [self._answer(row) for row in _probabilities(self._model, rows, len(self._classes))]

    def _answer(self, row: "NDArray[np.float64]") -> dict[str, Any]:
        probability = {name: round(float(value), 6) for name, value in zip(self._classes, row, strict=True)}
        return {"class": self._classes[int(row.argmax())], "logs": None, "probability": probability}

    def evaluation_metrics(self) -> "pd.DataFrame":
        """Return DATASET_TYPE, CLASS, ERROR_METRIC, METRIC_VALUE, LOGS for each class of the held-out rows."""
        from sklearn.metrics import precision_recall_fscore_support

        held = self._held_out()
        measured = precision_recall_fscore_support(
            held.actual, held.probability.argmax(axis=1), labels=range(len(self._classes)), zero_division=0.0
        )
        rows = [
            ("EVAL", name, metric, float(values[place]), None)
            for place, name in enumerate(self._classes)
            for metric, values in zip(("precision", "recall", "f1", "support"), measured, strict=True)
        ]
        return _frame(rows, ("DATASET_TYPE", "CLASS", "ERROR_METRIC", "METRIC_VALUE", "LOGS"))

    def global_evaluation_metrics(self) -> "pd.DataFrame":
        """Return DATASET_TYPE, AVERAGE_TYPE, ERROR_METRIC, METRIC_VALUE, LOGS over all classes."""
        from sklearn.metrics import log_loss, precision_recall_fscore_support

        held = self._held_out()
        guess = held.probability.argmax(axis=1)
        rows: list[tuple[Any, ...]] = []
        for average in ("macro", "weighted"):
            measured = precision_recall_fscore_support(
                held.actual, guess, labels=range(len(self._classes)), average=average, zero_division=0.0
            )
            rows += [
                ("EVAL", average, metric, float(value), None)
                for metric, value in zip(("precision", "recall", "f1"), measured[:3], strict=True)
            ]
        auc = self._auc(held)
        if auc is not None:
            rows.append(("EVAL", "macro", "auc", auc, None))
        rows.append(("EVAL", None, "accuracy", float((held.actual == guess).mean()), None))
        if len(self._classes) > 1:
            loss = float(log_loss(held.actual, held.probability, labels=range(len(self._classes))))
            rows.append(("EVAL", None, "log_loss", loss, None))
        return _frame(rows, ("DATASET_TYPE", "AVERAGE_TYPE", "ERROR_METRIC", "METRIC_VALUE", "LOGS"))

    def confusion_matrix(self) -> "pd.DataFrame":
        """Return DATASET_TYPE, ACTUAL_CLASS, PREDICTED_CLASS, COUNT, LOGS for all pairs of classes."""
        held = self._held_out()
        guess = held.probability.argmax(axis=1)
        rows = [
            ("EVAL", actual, predicted, int(((held.actual == i) & (guess == j)).sum()), None)
            for i, actual in enumerate(self._classes)
            for j, predicted in enumerate(self._classes)
        ]
        return _frame(rows, ("DATASET_TYPE", "ACTUAL_CLASS", "PREDICTED_CLASS", "COUNT", "LOGS"))

    def threshold_metrics(self) -> "pd.DataFrame":
        """Return one row for each class and threshold: precision, recall, rates, counts, accuracy, support."""
        import numpy as np

        held = self._held_out()
        rows = [
            ("EVAL", name, *_at_threshold(held.actual == code, held.probability[:, code], float(limit)), None)
            for code, name in enumerate(self._classes)
            for limit in np.linspace(0, 1, _THRESHOLDS)
        ]
        return _frame(
            rows,
            (
                "DATASET_TYPE",
                "CLASS",
                "THRESHOLD",
                "PRECISION",
                "RECALL",
                "TPR",
                "FPR",
                "TP",
                "FP",
                "TN",
                "FN",
                "ACCURACY",
                "SUPPORT",
                "LOGS",
            ),
        )

    def feature_importance(self) -> "pd.DataFrame":
        """Return RANK, FEATURE, SCORE, FEATURE_TYPE; scores sum to 1, or are all 0 for a constant model."""
        shares = self._features.by_column(_weights(self._model, len(self._features.names)))
        ranked = sorted(shares.items(), key=lambda pair: (-pair[1], pair[0]))
        rows = [(rank, name, score, "user_provided") for rank, (name, score) in enumerate(ranked, start=1)]
        return _frame(rows, ("RANK", "FEATURE", "SCORE", "FEATURE_TYPE"))

    def training_logs(self) -> "pd.DataFrame":
        """Return one row with LOGS: an object of warnings, None when there are none."""
        return _frame([({"Warnings": list(self._logs)} if self._logs else None,)], ("LOGS",))

    def _held_out(self) -> Evaluation:
        if self._evaluation is None:
            raise BadInput(
                "the model was trained with 'evaluate': FALSE, so there are no evaluation metrics",
                "Train it again without that option.",
            )
        return self._evaluation

    def _auc(self, held: Evaluation) -> float | None:
        """Return the mean one-against-rest area under the ROC curve; None when a class is missing on either side."""
        import numpy as np
        from sklearn.metrics import roc_auc_score

        areas = [
            float(roc_auc_score(held.actual == code, held.probability[:, code]))
            for code in range(len(self._classes))
            if 0 < int((held.actual == code).sum()) < len(held.actual)
        ]
        return float(np.mean(areas)) if areas else None


class _Constant:
    """Answers the shares of the classes in training, whatever the row."""

    def __init__(self, shares: "NDArray[np.float64]") -> None:
        self._shares = shares

    def predict_proba(self, rows: Any) -> "NDArray[np.float64]":
        import numpy as np

        return np.tile(self._shares, (len(rows), 1))


def class_name(value: Any) -> str:
    """Return how Snowflake writes a class: 'True' and 'False' for booleans, whole numbers without a point."""
    known = plain(value)
    if isinstance(known, float) and known.is_integer():
        return str(int(known))
    return str(known)


def _linear() -> Any:
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))


def _boosted() -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier

    return HistGradientBoostingClassifier(
        max_iter=80, learning_rate=0.1, min_samples_leaf=10, random_state=_SEED
    )


def _choose_model(rows: Any, codes: "NDArray[np.int64]") -> Any:
    """Return the maker of the model with the lower cross-validated log loss."""
    import numpy as np
    from sklearn.model_selection import StratifiedKFold, cross_val_score

    least = int(np.bincount(codes).min())
    if len(codes) < _BOOSTING_ROWS or least < _FOLDS:
        return _linear
    folds = StratifiedKFold(_FOLDS, shuffle=True, random_state=_SEED)
    scores = {
        make: cross_val_score(make(), rows, codes, cv=folds, scoring="neg_log_loss").mean()
        for make in (_linear, _boosted)
    }
    return max(scores, key=lambda make: scores[make])


def _fit(make: Any, rows: Any, codes: "NDArray[np.int64]") -> Any:
    import numpy as np

    present = np.unique(codes)
    if len(present) == 1:
        return _Constant(np.eye(int(codes.max()) + 1)[int(present[0])])
    return make().fit(rows, codes)


def _probabilities(model: Any, rows: Any, classes: int) -> "NDArray[np.float64]":
    """Return one column per class, also for classes that a part of the data does not hold."""
    import numpy as np

    given = np.asarray(model.predict_proba(rows), dtype=float)
    table = np.zeros((len(given), classes))
    table[:, getattr(model, "classes_", np.arange(given.shape[1]))] = given
    return table


def _evaluate(make: Any, rows: Any, codes: "NDArray[np.int64]", classes: int, fraction: float) -> Evaluation:
    """Hold out a stratified part; classes with a single row stay in training. Tiny data are judged on themselves."""
    import numpy as np
    from sklearn.model_selection import train_test_split

    counts = np.bincount(codes, minlength=classes)
    if len(codes) * fraction < classes or counts.min() < 2:
        return Evaluation(codes, _probabilities(_fit(make, rows, codes), rows, classes))
    train, test = train_test_split(
        np.arange(len(codes)), test_size=fraction, stratify=codes, random_state=_SEED
    )
    return Evaluation(codes[test], _probabilities(_fit(make, rows[train], codes[train]), rows[test], classes))


def _at_threshold(positive: Any, probability: Any, limit: float) -> tuple[Any, ...]:
    said = probability >= limit
    tp, fp = int((said & positive).sum()), int((said & ~positive).sum())
    fn, tn = int((~said & positive).sum()), int((~said & ~positive).sum())
    recall = tp / (tp + fn) if tp + fn else 0.0
    return (
        limit,
        tp / (tp + fp) if tp + fp else 1.0,
        recall,
        recall,
        fp / (fp + tn) if fp + tn else 0.0,
        tp,
        fp,
        tn,
        fn,
        (tp + tn) / len(positive),
        int(positive.sum()),
    )


def _weights(model: Any, count: int) -> "NDArray[np.float64]":
    """Return how much each encoded column matters: size of coefficients, or how often trees split on it."""
    import numpy as np

    if hasattr(model, "steps"):
        return np.asarray(np.abs(model[-1].coef_).mean(axis=0))
    if hasattr(model, "_predictors"):
        gains = np.zeros(count)
        for trees in model._predictors:
            for tree in trees:
                inner = tree.nodes[tree.nodes["is_leaf"] == 0]
                np.add.at(gains, inner["feature_idx"], np.maximum(inner["gain"], 0.0))
        return gains
    return np.zeros(count)


def _test_fraction(config: Any) -> float:
    given = options(config, ("test_fraction",))
    fraction = float(given.get("test_fraction", TEST_FRACTION))
    if not 0 < fraction < 1:
        raise BadInput(f"test_fraction must lie between 0 and 1, not {fraction}")
    return fraction


def _frame(rows: list[tuple[Any, ...]], columns: tuple[str, ...]) -> "pd.DataFrame":
    import pandas as pd

    return pd.DataFrame(rows, columns=list(columns), dtype=object)
