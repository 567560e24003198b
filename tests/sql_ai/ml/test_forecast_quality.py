"""Forecasts against seasonal naive and exponential smoothing, on stretches that were held back."""

import numpy as np
import pandas as pd
import pytest

from core.sql_ai.ml import methods
from core.sql_ai.ml.forecast import ForecastModel
from core.sql_ai.ml.series import build_history

# Monthly totals of international airline passengers in thousands, 1949 to 1960 (Box and Jenkins, 1976, series G).
_TEXT = """
112 118 132 129 121 135 148 148 136 119 104 118 115 126 141 135 125 149 170 170 158 133 114 140
145 150 178 163 172 178 199 199 184 162 146 166 171 180 193 181 183 218 230 242 209 191 172 194
196 196 236 235 229 243 264 272 237 211 180 201 204 188 235 227 234 264 302 293 259 229 203 229
242 233 267 269 270 315 364 347 312 274 237 278 284 277 317 313 318 374 413 405 355 306 271 306
315 301 356 348 355 422 465 467 404 347 305 336 340 318 362 348 363 435 491 505 404 359 310 337
360 342 406 396 420 472 548 559 463 407 362 405 417 391 419 461 472 535 622 606 508 461 390 432
"""
PASSENGERS = [int(text) for text in _TEXT.split()]


def _series():
    draw = np.random.default_rng(5)
    week = np.array([1, 0.95, 1, 1.05, 1.2, 1.5, 0.8])
    days = np.arange(240)
    shifted = 100 * week[days % 7] + draw.normal(0, 4, 240)
    shifted[170:] += 60
    return {
        "airline passengers": ("MS", 12, np.array(PASSENGERS, dtype=float)),
        "daily with trend": ("D", 28, (100 + 0.2 * days) * week[days % 7] * (1 + draw.normal(0, 0.05, 240))),
        "daily with a level shift": ("D", 28, shifted),
        "daily counts with many zeros": ("D", 28, draw.poisson(0.4, 240) * draw.integers(1, 6, 240) * 1.0),
        "five weeks of days": ("D", 7, 50 * week[days[:35] % 7] + draw.normal(0, 3, 35)),
    }


@pytest.fixture(scope="module")
def results():
    found = {}
    for name, (frequency, horizon, values) in _series().items():
        stamps = pd.date_range(
            "2015-01-05" if frequency == "D" else "1949-01-01", periods=len(values), freq=frequency
        )
        frame = pd.DataFrame({"t": stamps, "y": values})[:-horizon]
        truth = values[-horizon:]
        table = ForecastModel.train(frame, "t", "y").forecast(horizon)
        inside = (table["LOWER_BOUND"] <= truth) & (truth <= table["UPPER_BOUND"])
        history = build_history(None, frame, "t", "y", [])
        steps, none = np.arange(1, horizon + 1), np.empty((horizon, 0))
        rivals = {
            method.__name__: float(np.abs(method(history).predict(steps, none) - truth).mean())
            for method in (methods.seasonal_naive, methods.exponential_smoothing)
        }
        found[name] = (float(np.abs(table["FORECAST"] - truth).mean()), rivals, float(inside.mean()))
    return found


def test_no_series_is_lost_to_a_simple_method_by_much(results):
    for name, (error, rivals, _) in results.items():
        assert error <= 1.35 * min(rivals.values()), (name, error, rivals)


def test_over_all_series_the_forecast_is_well_below_seasonal_naive_and_level_with_smoothing(results):
    def ratio(rival):
        return float(
            np.exp(np.mean([np.log(error / rivals[rival]) for error, rivals, _ in results.values()]))
        )

    assert ratio("seasonal_naive") < 0.85
    assert ratio("exponential_smoothing") < 1.05


def test_the_intervals_hold_about_what_they_promise(results):
    assert np.mean([coverage for _, _, coverage in results.values()]) >= 0.85
    assert min(coverage for _, _, coverage in results.values()) >= 0.6
