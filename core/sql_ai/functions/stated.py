"""Numbers that a text states for a field: "12 complaints", "humidity was 80 percent", "Score: 7", "7/10"."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from core.sql_ai.functions.text import stem

_TOKEN = re.compile(
    r"(?P<number>(?<![\w.-])[$€£]?-?\d[\d,]*(?:\.\d+)?(?:[kKmM]\b)?%?(?![\w]))|(?P<word>[^\W\d_]+)|(?P<stop>[.;!?\n])|(?P<sign>[/:])"
)
_SCALES = {"k": 1e3, "m": 1e6, "thousand": 1e3, "million": 1e6, "billion": 1e9}
_SPELLED = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen twenty"
)
NUMBER_WORDS = {word: float(number) for number, word in enumerate(_SPELLED.split(" "))}
_MONEY = frozenset({"price", "cost", "total", "amount", "revenue", "fee", "paid", "budget", "sum"})
_CURRENCIES = frozenset({"eur", "usd", "gbp", "chf", "euro", "euros", "dollar", "dollars", "pounds"})
_COUNTS = frozenset({"quantity", "count", "items", "units", "pieces", "qty"})
_MARKS = frozenset({"rating", "stars", "score", "rate", "grade"})
_NAMING = frozenset({"order", "invoice", "number", "no", "id", "ticket", "ref", "page", "room"})
_FAR = 4  # words between a number and the word that names it


@dataclass(frozen=True)
class _Number:
    """A number, its place among the tokens, and whether it is money, a share, or part of a range or a scale."""

    value: float
    place: int
    money: bool = False
    share: bool = False
    ranged: bool = False
    mark: bool = False


def stated_number(name: str, text: str, fits: Callable[[float], bool]) -> float | None:
    """The number that stands nearest to the words of a field's name, None when the text names none.

    ``fits`` says whether a number lies in the field's range. Bounds of a range ("from 1 to 5 stars") are no answer.
    """
    wanted = [word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)]
    tokens = list(_TOKEN.finditer(text))
    numbers = [one for one in _numbers(tokens) if not one.ranged and fits(one.value)]
    if _MARKS & set(wanted) and (marks := [one for one in numbers if one.mark]):
        return marks[0].value
    money = bool(_MONEY & set(wanted))
    near = [
        (distance, one.value)
        for one in numbers
        if not (money and one.share) and (distance := _distance(one, tokens, wanted)) is not None
    ]
    if near:
        return min(near, key=lambda item: item[0])[1]
    kinds: list[Callable[[_Number], bool]] = []
    if money:
        kinds.append(lambda one: one.money)
    if "percent" in wanted or "percentage" in wanted:
        kinds.append(lambda one: one.share)
    if _COUNTS & set(wanted):
        kinds.append(lambda one: not one.money and not one.share and _counts(one, tokens))
    return next((one.value for kind in kinds for one in numbers if kind(one)), None)


def _numbers(tokens: list[re.Match[str]]) -> list[_Number]:
    found = []
    for place, token in enumerate(tokens):
        after = _word(tokens, place + 1)
        if token["number"] is None:
            if token["word"] and token["word"].lower() in NUMBER_WORDS:
                found.append(
                    _Number(NUMBER_WORDS[token["word"].lower()], place, ranged=_ranged(tokens, place))
                )
            continue
        digits = re.sub(r"[^\d.-]", "", token["number"]).rstrip(".")
        scale = _SCALES.get(token["number"][-1].lower(), _SCALES.get(after, 1.0))
        mark = after in ("/", "out") or (after == "of" and _is_number(tokens, place + 2))
        found.append(
            _Number(
                float(digits) * scale,
                place,
                money=token["number"][0] in "$€£" or after in _CURRENCIES,
                share=token["number"].endswith("%") or after == "percent",
                ranged=_ranged(tokens, place),
                mark=mark,
            )
        )
    return found


def _word(tokens: list[re.Match[str]], place: int) -> str:
    return tokens[place][0].lower() if 0 <= place < len(tokens) else ""


def _ranged(tokens: list[re.Match[str]], place: int) -> bool:
    """Whether the number is a bound: "1 to 5", "between 0 and 10", the 10 of "7/10" and "7 out of 10"."""
    before, after = _word(tokens, place - 1), _word(tokens, place + 1)
    lower = after in ("to", "through") and _alike(tokens, place, place + 2)
    upper = before in ("to", "through") and _alike(tokens, place - 2, place)
    between = before in ("between", "from") or (before == "and" and _word(tokens, place - 3) == "between")
    total = before == "/" or (
        before == "of" and (_word(tokens, place - 2) == "out" or _is_number(tokens, place - 2))
    )
    return lower or upper or between or total


def _is_number(tokens: list[re.Match[str]], place: int) -> bool:
    return 0 <= place < len(tokens) and tokens[place]["number"] is not None


def _alike(tokens: list[re.Match[str]], first: int, last: int) -> bool:
    """Whether both places hold numbers of one kind: "rose 12% to 3.4 million" is no range."""
    both = _is_number(tokens, first) and _is_number(tokens, last)
    return both and _word(tokens, first).endswith("%") == _word(tokens, last).endswith("%")


def _distance(one: _Number, tokens: list[re.Match[str]], wanted: list[str]) -> float | None:
    """How far the nearest word of the field's name is, without another number or a full stop between."""
    stems = {stem(word) for word in wanted if len(word) > 1 or len(wanted) == 1}
    best: float | None = None
    for step in (1, -1):
        for distance in range(1, _FAR + 1):
            place = one.place + step * distance
            if not 0 <= place < len(tokens) or tokens[place]["stop"]:
                break
            if tokens[place]["number"] and not tokens[place][0].endswith("%"):
                break
            if tokens[place]["word"] and stem(tokens[place]["word"].lower()) in stems:
                best = distance if best is None else min(best, distance)
                break
    return best


def _counts(one: _Number, tokens: list[re.Match[str]]) -> bool:
    """Whether a plural follows: "12 chairs"; in "order 12 ships" the number is a name."""
    if _word(tokens, one.place - 1) in _NAMING:
        return False
    after = _word(tokens, one.place + 1)
    return after.isalpha() and after.endswith("s") and len(after) > 3
