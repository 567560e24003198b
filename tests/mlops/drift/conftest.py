"""A churn-like population with correlated columns, cheap to draw any number of times."""

import numpy as np
import pandas as pd
import pytest

IMPORTANCE = {"tenure": 0.059, "Contract": 0.054, "MonthlyCharges": 0.012, "InternetService": 0.007}


def draw(rows: int, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    contract = rng.choice(["Month-to-month", "One year", "Two year"], rows, p=[0.55, 0.21, 0.24])
    tenure = np.clip(rng.gamma(1.2, np.where(contract == "Month-to-month", 15, 34)), 0, 72).round()
    internet = rng.choice(["DSL", "Fiber optic", "No"], rows, p=[0.34, 0.44, 0.22])
    charges = np.select([internet == "No", internet == "DSL"], [20.0, 55.0], 90.0) + rng.normal(0, 9, rows)
    frame = {
        "tenure": tenure,
        "Contract": contract,
        "InternetService": internet,
        "MonthlyCharges": charges.round(2),
        "TotalCharges": (charges * tenure).round(2),
        "SeniorCitizen": rng.integers(0, 7, rows) // 6,
    }
    for number in range(13):
        frame[f"flag_{number}"] = rng.choice(["Yes", "No", "No internet service"], rows, p=[0.35, 0.45, 0.2])
    return pd.DataFrame(frame)


@pytest.fixture(scope="session")
def reference() -> pd.DataFrame:
    return draw(4000, seed=1)
