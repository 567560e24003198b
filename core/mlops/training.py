"""Search, fit and evaluate one algorithm on one dataset, with progress, a time budget and a way to stop."""

import itertools
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from core.config_mlops import TrainingSettings
from core.errors import Cancelled
from core.mlops import evaluation, split
from core.mlops.algorithms import Algorithm, Params, build_model, candidates_for
from core.mlops.dataset import Dataset

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

_RACE_FOLDS = 2  # folds after which a clearly worse candidate is dropped
_RACE_MARGIN = 0.01
_LATENCY_CALLS = 10


@dataclass(frozen=True)
class TrainingEvent:
    """A step of a training: fit ``done`` of ``total`` of ``algorithm``, and the ROC-AUC so far."""

    algorithm: str
    step: Literal["search", "fit", "evaluate", "log", "done", "skipped"]
    done: int
    total: int
    metric: float | None = None
    message: str = ""


OnEvent = Callable[[TrainingEvent], None]


@dataclass(frozen=True)
class CandidateScore:
    """Cross-validated ROC-AUC of one parameter setting, per fold."""

    params: Params
    folds: tuple[float, ...]
    complete: bool

    @property
    def mean(self) -> float:
        """Mean over the folds that were run."""
        return sum(self.folds) / len(self.folds)


@dataclass(frozen=True)
class Fitted:
    """A fitted model with everything measured about it; probabilities are of the positive answer."""

    algorithm: Algorithm
    params: Params
    model: Any
    calibrated: bool
    search: tuple[CandidateScore, ...]
    metrics: dict[str, float]
    holdout_y: "np.ndarray"
    holdout_p: "np.ndarray"
    importance: dict[str, tuple[float, float]]  # mean and spread of the ROC-AUC lost, by column


def fit_algorithm(
    algorithm: Algorithm,
    dataset: Dataset,
    limits: TrainingSettings,
    *,
    seed: int,
    deadline: float,
    calibrate: bool = False,
    on_event: OnEvent = lambda event: None,
    cancel: threading.Event | None = None,
) -> Fitted:
    """Search by cross-validation on the training rows, refit the best setting, score it on the hold-out.

    ``deadline`` (of time.monotonic) ends the search, never its first candidate. The hold-out chooses
    nothing. Raises Cancelled when ``cancel`` is set; a single fit is not interrupted.
    """
    frame = dataset.inputs
    rows = ~dataset.holdout
    train, y = frame[rows].reset_index(drop=True), dataset.y[rows]
    search = _Search(algorithm, dataset, train, y, limits, seed, calibrate, on_event, cancel)
    scores, oof = search.run(deadline)
    best = max((score for score in scores if score.complete), key=lambda score: score.mean)
    search.tell("fit", best.mean, "best setting on all training rows")
    model, fit_seconds = search.fit(best.params, train, y)
    search.tell("evaluate", best.mean, "hold-out, importance")
    test, test_y = frame[dataset.holdout].reset_index(drop=True), dataset.y[dataset.holdout]
    p, seconds = _timed(lambda: positive_probability(model, test))
    metrics = _metrics(model, train, y, oof, best, test_y, p, seed)
    metrics |= {"fit_seconds": fit_seconds, "predict_ms_per_1000": 1e6 * seconds / len(test)}
    metrics["latency_p95_ms"] = latency_p95_ms(model, test)
    importance = permutation_importance(model, test, test_y, seed)
    _check(cancel)
    return Fitted(algorithm, best.params, model, calibrate, tuple(scores), metrics, test_y, p, importance)


def positive_probability(model: Any, frame: "pd.DataFrame") -> "np.ndarray":
    """The model's probability of the positive answer, one per row."""
    return model.predict_proba(frame)[:, 1]


def latency_p95_ms(model: Any, frame: "pd.DataFrame") -> float:
    """95th percentile of the processor time to score one record, ms; the best of three rounds.

    Processor time and not time on the clock, so that a busy neighbour is not taken for a slow model; on an
    idle machine the two agree.
    """
    import numpy as np

    record, rounds = frame.iloc[[0]], []
    for _ in range(3):
        times = []
        for _ in range(_LATENCY_CALLS):
            start = time.thread_time()
            model.predict_proba(record)
            times.append(time.thread_time() - start)
        rounds.append(float(np.quantile(times, 0.95)))
    return 1000 * min(rounds)


def permutation_importance(
    model: Any, frame: "pd.DataFrame", y: "np.ndarray", seed: int, repeats: int = 3, most_rows: int = 1000
) -> dict[str, tuple[float, float]]:
    """ROC-AUC lost when a column is shuffled (mean, standard deviation), most important first.

    Measured on the hold-out (Breiman 2001); all shuffles are scored in one batch per column.
    """
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(seed)
    part = rng.permutation(len(y))[:most_rows]
    frame, y = frame.iloc[part].reset_index(drop=True), y[part]
    whole = evaluation.roc_auc(y, positive_probability(model, frame))
    found = {}
    for column in frame.columns:
        stacked = pd.concat([frame] * repeats, ignore_index=True)
        orders = np.concatenate([rng.permutation(len(frame)) for _ in range(repeats)])
        stacked[column] = frame[column].to_numpy()[orders]
        scored = positive_probability(model, stacked).reshape(repeats, -1)
        lost = np.array([whole - evaluation.roc_auc(y, p) for p in scored])
        found[str(column)] = (float(lost.mean()), float(lost.std()))
    return dict(sorted(found.items(), key=lambda item: -item[1][0]))


class _Search:
    """Cross-validation of an algorithm's candidates on fixed folds."""

    def __init__(
        self,
        algorithm: Algorithm,
        dataset: Dataset,
        train: "pd.DataFrame",
        y: "np.ndarray",
        limits: TrainingSettings,
        seed: int,
        calibrate: bool,
        on_event: OnEvent,
        cancel: threading.Event | None,
    ) -> None:
        self._algorithm, self._schema, self._train, self._y = algorithm, dataset.schema, train, y
        self._seed, self._calibrate, self._threads = seed, calibrate, limits.max_workers
        rows = ~dataset.holdout
        self._fold = split.fold_numbers(y, dataset.groups[rows], dataset.risk[rows], limits.folds, seed)
        self._folds = limits.folds
        self._on_event, self._cancel = on_event, cancel
        smallest = min(int((self._fold != fold).sum()) for fold in range(limits.folds))
        self._candidates = candidates_for(algorithm, smallest * 2 // 3 if calibrate else smallest)
        self._done, self._total = 0, len(self._candidates) * limits.folds + 1

    def run(self, deadline: float) -> tuple[list[CandidateScore], "np.ndarray"]:
        """Scores of the candidates tried, and the out-of-fold probabilities of the best."""
        import numpy as np

        scores: list[CandidateScore] = []
        best_mean, best_oof = -1.0, np.zeros(len(self._y))
        for params in self._candidates:
            if scores and time.monotonic() > deadline:
                self._total -= self._folds
                continue
            score, oof = self._cross_validate(params, scores, deadline)
            scores.append(score)
            if score.complete and score.mean > best_mean:
                best_mean, best_oof = score.mean, oof
        return scores, best_oof

    def fit(self, params: Params, frame: "pd.DataFrame", y: "np.ndarray") -> tuple[Any, float]:
        """A model fitted with several threads that will predict with one, and the seconds it took."""
        _check(self._cancel)
        model = build_model(
            self._algorithm,
            params,
            self._schema,
            frame,
            seed=self._seed,
            threads=self._threads,
            calibrate=self._calibrate,
        )
        _, seconds = _timed(lambda: model.fit(frame, y))
        use_one_thread(model)  # for single records the thread pool costs more than the trees
        self._done += 1
        return model, seconds

    def tell(self, step: Literal["search", "fit", "evaluate"], metric: float | None, message: str) -> None:
        self._on_event(TrainingEvent(self._algorithm.name, step, self._done, self._total, metric, message))

    def _cross_validate(
        self, params: Params, rivals: list[CandidateScore], deadline: float
    ) -> tuple[CandidateScore, "np.ndarray"]:
        import numpy as np

        oof, results = np.full(len(self._y), np.nan), []
        for fold in range(self._folds):
            out = self._fold == fold
            model, _ = self.fit(params, self._train[~out], self._y[~out])
            oof[out] = positive_probability(model, self._train[out])
            results.append(evaluation.roc_auc(self._y[out], oof[out]))
            self.tell("search", sum(results) / len(results), _shown(params))
            if rivals and (_is_losing(results, rivals) or time.monotonic() > deadline):
                break
        complete = len(results) == self._folds
        self._total -= self._folds - len(results)
        return CandidateScore(params, tuple(results), complete), oof


def use_one_thread(model: Any) -> None:
    """Set every ``n_jobs`` inside a fitted model to 1; predictions stay the same."""
    from sklearn.base import BaseEstimator

    for value in _parts(model):
        if isinstance(value, BaseEstimator) and getattr(value, "n_jobs", None) not in (None, 1):
            value.n_jobs = 1


def _parts(model: Any) -> list[Any]:
    """A fitted model and its nested fitted estimators: steps, votes, calibrated copies, not single trees."""
    nested = [step for _, step in getattr(model, "steps", [])]
    nested += list(getattr(model, "named_estimators_", {}).values())
    nested += [part.estimator for part in getattr(model, "calibrated_classifiers_", [])]
    return [model, *itertools.chain.from_iterable(_parts(part) for part in nested)]


def _is_losing(results: list[float], rivals: list[CandidateScore]) -> bool:
    count = len(results)
    if count < _RACE_FOLDS:
        return False
    best = max(sum(rival.folds[:count]) / count for rival in rivals if len(rival.folds) >= count)
    return sum(results) / count < best - _RACE_MARGIN


def _metrics(
    model: Any,
    train: "pd.DataFrame",
    y: "np.ndarray",
    oof: "np.ndarray",
    best: CandidateScore,
    test_y: "np.ndarray",
    p: "np.ndarray",
    seed: int,
) -> dict[str, float]:
    """Hold-out scores by plain name with ``_low``/``_high``, then ``train_`` and ``cv_`` scores."""
    import numpy as np

    metrics: dict[str, float] = {}
    for name, interval in evaluation.intervals(test_y, p, seed=seed).items():
        metrics |= {name: interval.value, f"{name}_low": interval.low, f"{name}_high": interval.high}
    fitted = evaluation.point_scores(y, positive_probability(model, train))
    metrics |= {f"train_{name}": value for name, value in fitted.items()}
    metrics |= {f"cv_{name}": value for name, value in evaluation.point_scores(y, oof).items()}
    metrics |= {"cv_roc_auc": best.mean, "cv_roc_auc_std": float(np.std(best.folds, ddof=1))}
    return metrics


def _timed(call: Callable[[], Any]) -> tuple[Any, float]:
    start = time.perf_counter()
    return call(), time.perf_counter() - start


def _check(cancel: threading.Event | None) -> None:
    if cancel is not None and cancel.is_set():
        raise Cancelled("Training was cancelled", "Runs that were complete remain in the table.")


def _shown(params: Params) -> str:
    return ", ".join(f"{name}={value}" for name, value in params.items() if value is not None)
