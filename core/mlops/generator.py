"""Invented customers in the schema of the Telco churn file, with the true churn probability of each.

Because the probability is known, so is the best ROC-AUC that any model can reach on the data; a score
above it means a leak. Nothing is copied from the original file.
"""

from typing import TYPE_CHECKING

from core.errors import BadInput

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

_ADD_ONS = (
    "OnlineSecurity",
    "OnlineBackup",
    "DeviceProtection",
    "TechSupport",
    "StreamingTV",
    "StreamingMovies",
)
_ADD_ON_PRICE = (5.0, 5.0, 5.0, 5.0, 10.0, 10.0)
_ORDER = [
    "customerID",
    "gender",
    "SeniorCitizen",
    "Partner",
    "Dependents",
    "tenure",
    "PhoneService",
    "MultipleLines",
    "InternetService",
    "OnlineSecurity",
    "OnlineBackup",
    "DeviceProtection",
    "TechSupport",
    "StreamingTV",
    "StreamingMovies",
    "Contract",
    "PaperlessBilling",
    "PaymentMethod",
    "MonthlyCharges",
    "TotalCharges",
    "Churn",
]


def generate(rows: int, seed: int, *, price_factor: float = 1.0) -> "tuple[pd.DataFrame, np.ndarray]":
    """``rows`` customers and the true probability with which each leaves; the same seed gives the same rows.

    TotalCharges is text and blank for new customers, as in the original file. ``price_factor`` scales the
    monthly charges (to show drift).
    """
    import numpy as np
    import pandas as pd

    if not 1 <= rows <= 1_000_000:
        raise BadInput(f"{rows} rows cannot be generated", "Ask for 1 to 1,000,000.")
    if seed < 0:
        raise BadInput(f"The seed is {seed}", "Give 0 or a whole number above.")
    rng = np.random.default_rng(seed)
    person = _people(rng, rows)
    service = _services(rng, rows, price_factor)
    frame = pd.DataFrame(person | service)
    frame["Contract"] = _contracts(rng, frame)
    frame["PaperlessBilling"] = _yes(
        rng.random(rows) < 0.45 + 0.25 * (frame["InternetService"] == "Fiber optic")
    )
    frame["PaymentMethod"] = _payments(rng, frame)
    frame["TotalCharges"] = _totals(rng, frame)
    probability = _churn_probability(frame)
    frame["Churn"] = _yes(rng.random(rows) < probability)
    frame["customerID"] = _identifiers(rng, rows)
    return frame[_ORDER], probability


def best_auc(frame: "pd.DataFrame", probability: "np.ndarray") -> float:
    """The ROC-AUC of the true probability on these customers: what a perfect model would reach."""
    from core.mlops.evaluation import roc_auc

    return roc_auc((frame["Churn"] == "Yes").to_numpy(dtype=int), probability)


def _yes(said: "np.ndarray | pd.Series") -> "np.ndarray":
    import numpy as np

    return np.where(said, "Yes", "No").astype(object)


def _people(rng: "np.random.Generator", rows: int) -> dict[str, "np.ndarray"]:
    import numpy as np

    senior = rng.random(rows) < 0.16
    partner = rng.random(rows) < 0.48
    dependents = rng.random(rows) < np.where(partner, 0.5, 0.1) * np.where(senior, 0.3, 1.0)
    young = rng.exponential(14, rows)
    settled = 72 - rng.exponential(18, rows)
    tenure = np.where(rng.random(rows) < 0.55 - 0.2 * partner, young, settled)
    return {
        "gender": rng.choice(np.array(["Female", "Male"], dtype=object), rows),
        "SeniorCitizen": senior.astype(int),
        "Partner": _yes(partner),
        "Dependents": _yes(dependents),
        "tenure": np.where(rng.random(rows) < 0.002, 0, np.clip(np.ceil(tenure), 1, 72)).astype(int),
    }


def _services(rng: "np.random.Generator", rows: int, price_factor: float) -> dict[str, "np.ndarray"]:
    import numpy as np

    kinds = np.array(["DSL", "Fiber optic", "No"], dtype=object)
    internet = rng.choice(kinds, rows, p=[0.35, 0.43, 0.22])
    offline = internet == "No"
    phone = offline | (rng.random(rows) < np.where(internet == "DSL", 0.78, 1.0))
    lines = rng.random(rows) < 0.45
    price = 20.0 * phone + 5.0 * (phone & lines)
    price = price + np.select([internet == "DSL", internet == "Fiber optic"], [25.0, 50.0], 0.0)
    found: dict[str, np.ndarray] = {
        "PhoneService": _yes(phone),
        "MultipleLines": np.where(phone, _yes(lines), "No phone service").astype(object),
        "InternetService": internet,
    }
    keen = rng.normal(0, 0.9, rows)
    for name, cost in zip(_ADD_ONS, _ADD_ON_PRICE, strict=True):
        bought = ~offline & (keen + rng.normal(0, 1, rows) > 0.2)
        found[name] = np.where(offline, "No internet service", _yes(bought)).astype(object)
        price = price + cost * bought
    found["MonthlyCharges"] = np.round(np.maximum(18.2, price * price_factor + rng.normal(0, 1.2, rows)), 2)
    return found


def _contracts(rng: "np.random.Generator", frame: "pd.DataFrame") -> "np.ndarray":
    import numpy as np

    loyal = (
        -1.6
        + 0.045 * frame["tenure"]
        + 0.5 * (frame["InternetService"] == "No")
        + rng.logistic(0, 1, len(frame))
    )
    return np.select([loyal > 1.3, loyal > 0.2], ["Two year", "One year"], "Month-to-month").astype(object)


def _payments(rng: "np.random.Generator", frame: "pd.DataFrame") -> "np.ndarray":
    import numpy as np

    ways = np.array(
        ["Electronic check", "Mailed check", "Bank transfer (automatic)", "Credit card (automatic)"],
        dtype=object,
    )
    fiber = (frame["InternetService"] == "Fiber optic").to_numpy()
    draw = rng.random(len(frame))
    edges = np.where(fiber[:, None], [[0.50, 0.60, 0.80]], [[0.20, 0.52, 0.76]])
    return ways[(draw[:, None] > edges).sum(axis=1)]


def _totals(rng: "np.random.Generator", frame: "pd.DataFrame") -> "np.ndarray":
    import numpy as np

    total = frame["tenure"] * frame["MonthlyCharges"] * rng.normal(1, 0.04, len(frame))
    texts = [f"{value:.2f}".rstrip("0").rstrip(".") for value in np.maximum(total, frame["MonthlyCharges"])]
    return np.where(frame["tenure"] == 0, " ", np.array(texts, dtype=object)).astype(object)


def _churn_probability(frame: "pd.DataFrame") -> "np.ndarray":
    """A logistic rule with curves and interactions that no straight line follows."""
    import numpy as np

    monthly = (frame["Contract"] == "Month-to-month").to_numpy()
    fiber = (frame["InternetService"] == "Fiber optic").to_numpy()
    tenure = frame["tenure"].to_numpy()
    charges = frame["MonthlyCharges"].to_numpy()
    new = np.exp(-tenure / 9)
    score = -2.75 + 1.45 * monthly - 1.0 * (frame["Contract"] == "Two year").to_numpy()
    score = score + 1.9 * new * monthly + 0.55 * fiber + 0.75 * fiber * monthly
    score = score - 0.9 * (frame["InternetService"] == "No").to_numpy()
    score = score + 0.55 * np.tanh((charges - 75) / 15) - 0.012 * tenure
    score = score - 0.45 * (frame["TechSupport"] == "Yes").to_numpy()
    score = score - 0.45 * (frame["OnlineSecurity"] == "Yes").to_numpy()
    score = score + 0.50 * (frame["PaymentMethod"] == "Electronic check").to_numpy()
    score = score + 0.25 * (frame["PaperlessBilling"] == "Yes").to_numpy()
    score = (
        score + 0.25 * frame["SeniorCitizen"].to_numpy() - 0.25 * (frame["Dependents"] == "Yes").to_numpy()
    )
    return 1 / (1 + np.exp(-(0.74 * score + 0.12)))  # as hard as the real file: at best about 0.86


def _identifiers(rng: "np.random.Generator", rows: int) -> "np.ndarray":
    import numpy as np

    letters = np.array(list("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
    tails = ["".join(part) for part in letters[rng.integers(0, 26, size=(rows, 5))]]
    return np.array([f"{number:06d}-{tail}" for number, tail in enumerate(tails, 1)], dtype=object)
