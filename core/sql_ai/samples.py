"""The sample tables of a fresh session, generated from a fixed seed so that every visitor sees the same rows."""

import datetime as dt
import random
import tomllib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

SEED = 20_250_301
REVIEWS = 640
_BRIEF = 0.4  # share of reviews of a few words
TICKETS = 240
SALES_START = dt.date(2022, 12, 1)
SALES_DAYS = 820
_FOLDER = Path(__file__).resolve().parents[2] / "assets" / "sql" / "data"
_CARDS = ("4111 1111 1111 1111", "5555 5555 5555 4444", "3782 822463 10005", "6011 1111 1111 1117")
_JOINERS = (
    "{good}, but {bad}.",
    "{good}. However, {bad}.",
    "Although {good}, {bad}.",
    "{bad}, but {good}.",
    "On the plus side, {good}; on the other hand, {bad}.",
    "I like that {good}, yet {bad}.",
    "{good}. Sadly, {bad}.",
    "{bad}, which is a pity because {good}.",
)
_STORES = {"Harbour": (180.0, 0.055, 1.0), "Hilltop": (95.0, 0.03, 0.7)}  # level, growth a day, yearly swing
_WEEKDAYS = (0.92, 0.88, 0.94, 1.0, 1.12, 1.32, 0.82)
_ANOMALIES = {("Harbour", 213): 2.2, ("Harbour", 518): 0.25, ("Hilltop", 402): 2.6, ("Hilltop", 655): 0.2}
_FIXED_HOLIDAYS = {(1, 1): 0.35, (5, 1): 0.7, (10, 31): 1.15, (12, 24): 1.45, (12, 25): 0.3, (12, 26): 0.8}


def tables() -> "dict[str, pd.DataFrame]":
    """Return the sample tables by name: PRODUCT_REVIEWS, SUPPORT_TICKETS, DAILY_SALES; the frames are the caller's."""
    return {name: frame.copy() for name, frame in _generated().items()}


@cache
def texts() -> frozenset[str]:
    """Return every review and every ticket's body."""
    found = _generated()
    return frozenset(found["PRODUCT_REVIEWS"]["REVIEW_TEXT"]) | frozenset(found["SUPPORT_TICKETS"]["BODY"])


@cache
def _generated() -> "dict[str, pd.DataFrame]":
    return {
        "PRODUCT_REVIEWS": _product_reviews(_generator(0)),
        "SUPPORT_TICKETS": _support_tickets(_generator(1)),
        "DAILY_SALES": _daily_sales(_generator(2)),
    }


def _generator(offset: int) -> random.Random:
    return random.Random(SEED + offset)  # noqa: S311 - reproducible sample rows, no secrets


def _product_reviews(draw: random.Random) -> "pd.DataFrame":
    import pandas as pd

    bank, brief = _load("reviews.toml"), _generator(3)
    rows = []
    start = dt.datetime(2024, 1, 2, 8, 0)
    for number in range(1, REVIEWS + 1):
        product = draw.choice(bank["products"])
        rating = draw.choices((1, 2, 3, 4, 5), weights=(14, 14, 17, 25, 30))[0]
        posted = start + dt.timedelta(days=draw.randrange(425), minutes=draw.randrange(14 * 60))
        region, text = draw.choice(bank["regions"]), _review(draw, product, bank, rating)
        rows.append(
            (
                number,
                product["name"],
                product["category"],
                product["price"],
                region,
                posted,
                rating,
                _brief(brief, bank, rating) or text,
                draw.randrange(0, 40),
            )
        )
    columns = [
        "REVIEW_ID",
        "PRODUCT",
        "CATEGORY",
        "PRICE",
        "REGION",
        "REVIEW_DATE",
        "RATING",
        "REVIEW_TEXT",
        "HELPFUL_VOTES",
    ]
    return pd.DataFrame(rows, columns=columns)


def _brief(draw: random.Random, bank: dict[str, Any], rating: int) -> str:
    """For some rows a few words that many customers write, so that texts repeat as they do in real reviews."""
    return draw.choice(bank["short"][_mood(rating)]) if draw.random() < _BRIEF else ""


def _mood(rating: int) -> str:
    return "good" if rating >= 4 else "bad" if rating <= 2 else "mixed"


def _review(draw: random.Random, product: dict[str, Any], bank: dict[str, Any], rating: int) -> str:
    good, bad = draw.sample(product["good"], 2), draw.sample(product["bad"], 2)
    mood = _mood(rating)
    if mood == "mixed" or (rating in (2, 4) and draw.random() < 0.45):
        core = _sentence(draw.choice(_JOINERS).format(good=good[0], bad=bad[0]))
    else:
        clauses = good if mood == "good" else bad
        core = _sentence(draw.choice(("{0}.", "{0}.", "{0}, and {1}.", "{0}. {1}.")).format(*clauses))
    opener = draw.choice(bank["openers"][mood]) if draw.random() < 0.35 else ""
    closer = draw.choice(bank["closers"][mood]) if draw.random() < 0.5 else ""
    return " ".join(part for part in (opener, core, closer) if part)


def _support_tickets(draw: random.Random) -> "pd.DataFrame":
    import pandas as pd

    bank = _load("tickets.toml")
    rows = []
    for number in range(1001, 1001 + TICKETS):
        customer = _customer(draw, bank)
        foreign = draw.choice(bank["foreign"]) if draw.random() < 0.08 else None
        topic = foreign["topic"] if foreign else draw.choice(list(bank["topics"]))
        body = foreign["body"] if foreign else _ticket_text(draw, bank, topic)
        opened = dt.datetime(2024, 9, 1, 7, 0) + dt.timedelta(minutes=draw.randrange(180 * 24 * 60))
        rows.append(
            (
                number,
                opened,
                customer["name"],
                draw.choice(("email", "chat", "phone", "web")),
                draw.choice(bank["topics"][topic]["priority"]),
                foreign["lang"] if foreign else "en",
                draw.choice(("open", "solved", "solved", "waiting")),
                _filled(body, customer),
            )
        )
    columns = ["TICKET_ID", "OPENED_AT", "CUSTOMER", "CHANNEL", "PRIORITY", "LANG", "STATUS", "BODY"]
    return pd.DataFrame(rows, columns=columns).sort_values("OPENED_AT", ignore_index=True)


def _customer(draw: random.Random, bank: dict[str, Any]) -> dict[str, str]:
    first, last = draw.choice(bank["first"]), draw.choice(bank["last"])
    plain = first.lower().replace("á", "a").replace("í", "i")
    return {
        "first": first,
        "name": f"{first} {last}",
        "email": f"{plain}.{last.lower()}@example.{draw.choice(('org', 'com', 'net'))}",
        "phone": f"(202) 555-01{draw.randrange(100):02d}",
        "address": f"{draw.randrange(2, 190)} {draw.choice(bank['streets'])}, {draw.choice(bank['cities'])}",
        "card": draw.choice(_CARDS),
        "birth": f"{draw.randrange(1950, 2004)}-{draw.randrange(1, 13):02d}-{draw.randrange(1, 29):02d}",
        "ip": f"203.0.113.{draw.randrange(1, 255)}",
        "order": str(draw.randrange(4100, 9900)),
        "amount": f"${draw.randrange(9, 240)}.{draw.choice(('00', '50', '90', '99'))}",
    }


def _ticket_text(draw: random.Random, bank: dict[str, Any], topic: str) -> str:
    body = draw.choice(bank["topics"][topic]["bodies"])
    parts = (
        draw.choice(bank["greetings"]),
        body,
        draw.choice(bank["contacts"]),
        draw.choice(bank["closings"]),
    )
    return " ".join(part for part in parts if part)


def _filled(text: str, customer: dict[str, str]) -> str:
    for key, value in customer.items():
        text = text.replace("{" + key + "}", value)
    return text


def _daily_sales(draw: random.Random) -> "pd.DataFrame":
    import pandas as pd

    rows = []
    for store, (level, growth, swing) in _STORES.items():
        for day in range(SALES_DAYS):
            date = SALES_START + dt.timedelta(days=day)
            promo = int(draw.random() < (0.5 if date.weekday() == 3 else 0.04))
            factor = _holiday_factor(date)
            units = (level + growth * day) * _WEEKDAYS[date.weekday()] * _yearly(date, swing) * factor
            units *= (1.22 if promo else 1.0) * (1 + draw.gauss(0, 0.045)) * _ANOMALIES.get((store, day), 1.0)
            rows.append(
                (store, date, round(units), promo, factor != 1.0, round(units * draw.uniform(11.5, 12.5), 2))
            )
    columns = ["STORE", "SALE_DATE", "UNITS", "PROMO", "IS_HOLIDAY", "REVENUE"]
    frame = pd.DataFrame(rows, columns=columns)
    frame["SALE_DATE"] = frame["SALE_DATE"].astype("datetime64[ns]")
    return frame


def _yearly(date: dt.date, swing: float) -> float:
    """A summer bump and a rise before the end of the year."""
    import math

    day = date.timetuple().tm_yday
    summer = 0.14 * math.sin(2 * math.pi * (day - 105) / 365.25)
    advent = 0.35 * math.exp(-(((day - 347) / 12.0) ** 2))
    return 1.0 + swing * (summer + advent)


def _holiday_factor(date: dt.date) -> float:
    if date.month == 11 and date.weekday() == 4 and 23 <= date.day <= 29:  # the Friday after Thanksgiving
        return 1.6
    return _FIXED_HOLIDAYS.get((date.month, date.day), 1.0)


def _sentence(text: str) -> str:
    pieces = text.split(". ")
    return ". ".join(piece[:1].upper() + piece[1:] for piece in pieces)


def _load(name: str) -> dict[str, Any]:
    with (_FOLDER / name).open("rb") as file:
        return tomllib.load(file)
