"""Finds the span of a text that answers a question: by the kind of answer asked for, by context, by meaning."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.sql_ai.functions.redact_names import name_spans
from core.sql_ai.functions.redact_patterns import DATE, Span, emails, phones, postal_addresses
from core.sql_ai.functions.stated import NUMBER_WORDS
from core.sql_ai.functions.text import clauses, sentences, stem, word_list, words
from core.sql_ai.functions.vectors import vectors

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Known = dict[str, NDArray[np.float32]]

SENTENCES_READ = 300  # of a document; the first ones
GENERAL_ABOVE = 0.30  # a clause must be this near to the question to answer it when no kind is known
_LONGEST_ITEM = 5  # words of one item of an enumeration
_BEFORE_LIST = re.compile(
    r"^.*(?::|\b(?:are|were|includes?|included|including|contains?|offers?|uses?|speaks?|knows?|has|have|had|such as|"
    r"needs?|likes?|sells?|with|ordered|bought|visited)\b)\s+",
    re.IGNORECASE | re.DOTALL,
)
_LIST_COMMA = re.compile(r"\s*(?:,\s*(?:and|or)\b|,|;|\band\b|\bor\b)\s*", re.IGNORECASE)
LISTED_ABOVE = 0.15  # an enumeration may be this far from a question that asks for a list
_CAPITALS = r"[^\W\d_a-z][\w&'’-]*(?: (?:(?:of|the|de|la|&) )?[^\W\d_a-z][\w&'’-]*){0,4}"


@dataclass(frozen=True)
class Question:
    """What is asked: a short key, the question itself, and whether all answers are wanted."""

    key: str
    text: str
    many: bool = False
    row: bool = False  # a column of a table: equal values count as often as they occur


@dataclass(frozen=True)
class Found:
    """An answer, how sure we are of it (0..1), and where its sentence stands."""

    text: str
    score: float
    sentence: int = 0


def answer(items: list[tuple[str, Question]]) -> list[list[Found]]:
    """Return the answers to each (text, question), best first, or in order of the text when all are wanted."""
    split = {text: sentences(text)[:SENTENCES_READ] for text, _ in items}
    known = vectors(
        [
            *(part for parts in split.values() for s in parts for part in _views(s)),
            *(_asked(question) for _, question in items),
        ]
    )
    return [_answer(split[text], question, known) for text, question in items]


def _views(sentence: str) -> list[str]:
    return list(dict.fromkeys([sentence, *clauses(sentence)]))


def _asked(question: Question) -> str:
    return question.text or question.key.replace("_", " ")


def _answer(parts: list[str], question: Question, known: "Known") -> list[Found]:
    labelled = _after_label(parts, question)
    kinds = _kinds(question)
    if labelled and not any(_is_typed(labelled[0].text, kind) for kind in kinds):
        found = labelled
    elif kinds:
        tried = (_of_kind(parts, question, kind, known) for kind in kinds)
        found = next((values for values in tried if values), [])
    else:
        found = _numbered(parts, question, known) or _general(parts, question, known)
    if question.row:
        return found
    if question.many:
        return _distinct([piece for item in found for piece in _enumerated(item)])
    return sorted(found, key=lambda item: -item.score)[:1]


def _enumerated(item: Found) -> list[Found]:
    """Take 'they speak Python, SQL and Rust' apart; anything else stays whole."""
    head, comma, rest = item.text.partition(",")
    inside = (_BEFORE_LIST.sub("", head) + comma + rest).strip(" .")
    pieces = [piece.strip(" .") for piece in _LIST_COMMA.split(inside) if piece.strip(" .")]
    if len(pieces) < 2 or any(len(words(piece)) > _LONGEST_ITEM for piece in pieces):
        return [item]
    return [Found(piece, item.score, item.sentence) for piece in pieces]


# --- the kind of answer -------------------------------------------------------------------------------------------

Finder = Callable[[str], Iterable[str]]


@dataclass(frozen=True)
class Kind:
    """A kind of answer: words that ask for it, and what finds candidates in a sentence."""

    name: str
    asked_by: "re.Pattern[str]"
    find: Finder


def _pattern(expression: str, flags: int = 0) -> Finder:
    compiled = re.compile(expression, flags)
    return lambda text: [match.group(match.lastindex or 0) for match in compiled.finditer(text)]


def _cut(finder: Callable[[str], Iterable[Span]]) -> Finder:
    return lambda text: [text[span.start : span.end] for span in finder(text)]


# Numbers have at most thirty digits here: without an end, each place in a long run of digits is read to the run's end.
_DAY = r"(?:mon|tues|wednes|thurs|fri|satur|sun)day|today|yesterday|tomorrow|last (?:week|month|year|night)"
_DATES = _pattern(
    rf"\b(?:{DATE}|(?:jan|febr)uary \d{{1,2}}|(?:march|april|may|june|july|august) \d{{1,2}}\b|"
    rf"(?:septem|octo|novem|decem)ber \d{{1,2}}|in ((?:1[0-9]|20)\d\d)|(?:last |next )?(?:{_DAY}))\b",
    re.IGNORECASE,
)
_MONEY = _pattern(
    r"(?:[$€£¥]|USD|EUR|GBP) ?\d[\d,]{0,29}+(?:\.\d{1,30}+)?(?: ?(?:million|billion|thousand|[kKmM])\b)?|"
    r"\b\d[\d,]{0,29}+(?:\.\d{1,30}+)? ?(?:dollars?|euros?|pounds?|bucks|cents|USD|EUR|GBP)\b|(?<!\d)\d{1,30}+ ?[€£]"
)
_NUMBERS = _pattern(
    r"(?<![\w.,-])\d[\d,]{0,29}+(?:\.\d{1,30}+)?(?![\w-]|[.,]\d)|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|"
    r"eleven|twelve|twenty|thirty|hundred)\b",
    re.IGNORECASE,
)
_PLACES = _pattern(rf"\b(?:in|at|from|to|near|around|of|visit(?:ed|ing)?) (?!the\b)({_CAPITALS})")
_FIRMS = _pattern(
    rf"\b(?:works? (?:for|at)|employed (?:by|at)|joined|company|firm|founded|ceo of|at|by|from|with) "
    rf"({_CAPITALS})|\b({_CAPITALS} (?:Inc|Ltd|GmbH|Corp|LLC|AG|plc)\b\.?)"
)
_HOUR = f"(?:{'|'.join(word for word, number in NUMBER_WORDS.items() if 1 <= number <= 12)})"
_TIMES = _pattern(
    rf"\b(?:at|after|before|from|until|till|by) ((?:half past |quarter (?:past|to) )?{_HOUR})\b(?! [a-z]+s\b)|"
    r"\b\d{1,2}(?::\d{2})(?: ?[ap]\.?m\.?)?|\b\d{1,2} ?[ap]\.?m\b|\b(?:noon|midnight)\b",
    re.IGNORECASE,
)
_MEASURES = _pattern(
    r"\b\d[\d,]{0,29}+(?:\.\d{1,30}+)?[ -]?(?:kg|kilograms?|kilos?|grams?|g|lbs?|pounds?|oz|ounces?|tons?|tonnes?|"
    r"mm|cm|km|m|metres?|meters?|kilometres?|kilometers?|inch(?:es)?|feet|foot|ft|miles?|"
    r"litres?|liters?|ml|gb|tb|mb|percent|by \d+)\b",
    re.IGNORECASE,
)
_COLOURS = _pattern(
    r"\b(?:(?:dark|light|bright|pale) )?(?:red|blue|green|yellow|black|white|grey|gray|brown|orange|purple|pink|"
    r"violet|silver|gold|beige|turquoise|navy|teal)\b",
    re.IGNORECASE,
)
_SUBJECT = re.compile(rf"^({_CAPITALS}) (?:is|was|has|had|will|\w+(?:ed|s))\b|\bby ({_CAPITALS})")


def _subjects(text: str) -> list[str]:
    """Who does or did something, where no known given name says so: 'Einstein was born', 'invented by Tesla'."""
    found = [match.group(match.lastindex or 0) for match in _SUBJECT.finditer(text)]
    return [name for name in found if words(name) and not set(words(name)) & word_list("not_names")]


_KINDS: tuple[Kind, ...] = (
    Kind("email", re.compile(r"\be-?mail(?! (?:about|say|mention))"), _cut(emails)),
    Kind("phone", re.compile(r"\b(?:phone|telephone|mobile|cell|fax)\b|call back"), _cut(phones)),
    Kind(
        "url",
        re.compile(r"\b(?:url|website|web site|link)\b"),
        _pattern(r"https?://[^\s<>\"')]+|www\.[^\s<>\"')]+"),
    ),
    Kind(
        "percent",
        re.compile(r"\b(?:percent|percentage|share|rate)\b|%"),
        _pattern(r"(?<!\d)\d{1,30}+(?:\.\d{1,30}+)? ?(?:%|percent)"),
    ),
    Kind(
        "address",
        re.compile(r"\b(?:street|postal|home|mailing|delivery)? ?address\b"),
        _cut(postal_addresses),
    ),
    Kind(
        "time",
        re.compile(r"what time|which hour|\btime of day"),
        _TIMES,
    ),
    Kind(
        "duration",
        re.compile(r"how long|\bduration\b"),
        _pattern(
            r"\b(?:\d+|an?|one|two|three|four|five|six|seven|eight|nine|ten|several|few)[ -](?:minute|hour|day|week|"
            r"month|year)s?\b",
            re.IGNORECASE,
        ),
    ),
    Kind("date", re.compile(r"\bwhen\b|\b(?:date|day|deadline)\b|what year"), _DATES),
    Kind("time", re.compile(r"\bwhen\b"), _TIMES),
    Kind(
        "measure",
        re.compile(
            r"\bweigh(?:s|t)?\b|how (?:tall|high|wide|long|heavy|far|deep|big)|\b(?:height|"
            r"width|length|size|distance|depth|capacity)\b"
        ),
        _MEASURES,
    ),
    Kind("colour", re.compile(r"\bcolou?rs?\b"), _COLOURS),
    Kind(
        "money",
        re.compile(r"how much|\b(?:price|cost|amount|total|fee|salary|paid|budget|revenue|refund amount)\b"),
        _MONEY,
    ),
    Kind(
        "age",
        re.compile(r"how old|\bage\b"),
        _pattern(
            r"\b(\d{1,3})(?=[- ]?(?:years?[- ]old|yo\b))|aged? (\d{1,3})\b|"
            r"(?:\bis|\bwas|'s) (\d{1,3})(?=[,.;]|\s*$|\s+and\b)|(?<=[a-z]) \((\d{1,3})\)"
        ),
    ),
    Kind("count", re.compile(r"how many|\b(?:quantity|count|number of)\b"), _NUMBERS),
    Kind(
        "name",
        re.compile(
            r"^(?!.*\b(?:company|product|city|country|item|brand|file|restaurant|hotel|project|team|street|shop|store|"
            r"event|course|model|book|film|movie|app|place|town|position|job)\b).*\bnames?\b|\bwho\b|whose|\b(?:first|last|full|sur|given|family|customer'?s?|person'?s?|employee'?s?|"
            r"sender'?s?|author'?s?|patient'?s?|contact) ?name\b|^names?$|'s name\b|name of the (?:customer|person|"
            r"employee|sender|author|patient|client)|\bpeople\b|\bpersons?\b"
        ),
        _cut(name_spans),
    ),
    Kind("subject", re.compile(r"\bwho\b"), _subjects),
    Kind(
        "company",
        re.compile(r"\b(?:company|employer|organi[sz]ation|firm|business)\b|work(?:s|ing)? (?:for|at)"),
        _FIRMS,
    ),
    Kind(
        "place",
        re.compile(r"\bwhere\b|\b(?:city|cities|country|countries|town|location|place|destination)\b"),
        _PLACES,
    ),
)
_IDENTIFIER = re.compile(r"\b([a-z]+)(?:'s)? (?:number|no\.?|id|code|reference|ref|#)\b")
_WHICH = re.compile(r"(?:which|what) ([a-z]{3,})\s*\??$", re.IGNORECASE)
_IDENTIFIER_KEY = re.compile(r"^([a-z]+)_?(?:number|no|id|code|ref(?:erence)?|nr)$")


def _kinds(question: Question) -> list[Kind]:
    """The kinds of answer a question may ask for, the most telling first; none for a question of any other kind."""
    asked = f"{question.text} {question.key.replace('_', ' ')}".lower().strip()
    identifier = _IDENTIFIER.search(asked) or _IDENTIFIER_KEY.match(question.key.lower())
    if identifier and identifier.group(1) not in (
        "phone",
        "telephone",
        "mobile",
        "cell",
        "fax",
        "the",
        "what",
        "which",
        "a",
    ):
        return [Kind("identifier", _IDENTIFIER, _identifiers(identifier.group(1)))]
    return [kind for kind in _KINDS if kind.asked_by.search(asked)]


def _identifiers(noun: str) -> Finder:
    """Values with a digit that follow the noun, such as 'order no. A-17' or 'order 8812'."""
    root = re.escape(noun[: max(4, len(noun) - 2)])
    return _pattern(
        rf"(?i:\b{root}\w*)(?:\W{{1,3}}(?i:number|no|nr|id|code|ref|reference|is|was|of|called|with|the)\b\.?)*"
        r"\W{0,3}\s?#?([A-Za-z]{0,5}-?\d[\w/-]*)"
    )


def _numbered(parts: list[str], question: Question, known: "Known") -> list[Found]:
    """The number behind the noun that 'Which room?' asks for, as in 'room 12'."""
    asked = _WHICH.match(question.text)
    if asked is None:
        return []
    return _of_kind(parts, question, Kind("identifier", _WHICH, _identifiers(asked.group(1).lower())), known)


def _of_kind(parts: list[str], question: Question, kind: Kind, known: "Known") -> list[Found]:
    found = []
    for place, sentence in enumerate(parts):
        for text in dict.fromkeys(kind.find(sentence)):
            found.append(
                Found(
                    _part_of(text.strip(), question), _context(sentence, text, question, kind, known), place
                )
            )
    return [item for item in found if item.text]


def _context(sentence: str, text: str, question: Question, kind: Kind, known: "Known") -> float:
    """How well the surroundings fit: shared words near the value, and the meaning of the sentence."""
    wanted = _content(question) - {stem(kind.name)}
    start, end = sentence.find(text), sentence.find(text) + len(text)
    around, beside = sentence[max(0, start - 60) : end + 40], sentence[max(0, start - 20) : end + 10]
    shared = sum(
        share * len(wanted & {stem(word) for word in words(near)}) / len(wanted) if wanted else share / 2
        for near, share in ((around, 0.6), (beside, 0.4))
    )
    meaning = max(0.0, float(known[sentence] @ known[_asked(question)]))
    counted = kind.name == "count" and bool(wanted & {stem(word) for word in words(sentence[end:])[:2]})
    bonus = 0.1 if kind.name == "identifier" else 0.2 if counted else 0.0
    return min(0.99, 0.45 + 0.3 * shared + 0.25 * meaning + bonus)


def _part_of(text: str, question: Question) -> str:
    asked = f"{question.text} {question.key.replace('_', ' ')}".lower()
    if "first name" in asked or "given name" in asked:
        return text.split(" ")[0]
    if re.search(r"\b(?:last|family|sur) ?name", asked):
        return text.split(" ")[-1]
    return text


def _is_typed(text: str, kind: Kind) -> bool:
    """Tell whether a labelled value holds something better of the wanted kind inside."""
    return any(candidate != text for candidate in kind.find(text))


# --- 'Total: 12', 'the total is 12' ---------------------------------------------------------------------------------


_WHAT_IS = re.compile(r"(?:what|who|which) (?:is|are|was|were) (.+?)\s*\??$", re.IGNORECASE)
_LIST_WORD = re.compile(r"\s*list\b", re.IGNORECASE)


def _after_label(parts: list[str], question: Question) -> list[Found]:
    """Return what follows the asked word and a colon."""
    asked_by_key = question.key.strip().rstrip("?") not in question.text and not _LIST_WORD.match(
        question.key
    )
    label = question.key.replace("_", " ") if asked_by_key else _noun(question.text)
    if not label or len(label) > 40:
        return []
    ends = r"[;|\n]|\.\s|\.?$" if question.many else r"[;|\n]|(?<!\d),|,(?!\d{3}\b)|\.\s|\.?$"
    pattern = re.compile(
        rf"(?:^|[\n;,.|]\s*|\b){re.escape(label)}\s*(?::|=)\s*([^\n;|]+?)(?={ends})", re.IGNORECASE
    )
    return [
        Found(match.group(1).strip(), 0.95, place)
        for place, sentence in enumerate(parts)
        for match in pattern.finditer(sentence)
    ]


def _noun(question: str) -> str:
    match = re.match(
        r"(?:what|which) (?:is|are|was|were) (?:the |their |his |her |its )?([\w ]+?)(?: of .*)?\??$",
        question.lower(),
    )
    return match.group(1) if match else ""


# --- anything else ---------------------------------------------------------------------------------------------------


def _general(parts: list[str], question: Question, known: "Known") -> list[Found]:
    asked = known[_asked(question)]
    found = []
    for place, sentence in enumerate(parts):
        all_views = [sentence] if question.many else _views(sentence)
        views = [view for view in all_views if len(words(view)) > 1] or [sentence]
        ranked = sorted(
            ((_general_score(view, question, known, asked), view) for view in views), reverse=True
        )
        score, view = ranked[0]
        listed = question.many and len(_enumerated(Found(view, score))) > 1
        if score >= (LISTED_ABOVE if listed else GENERAL_ABOVE):
            found.append(Found(_stated(view, question).rstrip(" .,;"), min(0.9, score), place))
    return found


def _general_score(view: str, question: Question, known: "Known", asked: "NDArray[np.float32]") -> float:
    wanted = _content(question)
    shared = len(wanted & {stem(word) for word in words(view)}) / len(wanted) if wanted else 0.0
    return 0.75 * float(known[view] @ asked) + 0.25 * shared


def _stated(view: str, question: Question) -> str:
    """Cut 'the colour is blue' down to 'blue' and 'blue is the colour of hope' too, when the colour is asked for."""
    asked = _WHAT_IS.match(question.text)
    phrases = [asked.group(1)] if asked else []
    phrases += [noun] if (noun := _noun(question.text)) else []
    for phrase in map(re.escape, phrases):
        for pattern in (
            rf"(.+?) (?:is|are|was|were) {phrase}\b",
            rf".*?\b{phrase}\b (?:is|was|are|were) (.+)",
        ):
            if match := re.match(pattern, view, re.IGNORECASE):
                return match.group(1)
    return view


def _content(question: Question) -> set[str]:
    asked = words(f"{question.text} {question.key.replace('_', ' ')}")
    return {stem(word) for word in asked if word not in word_list("stopwords") and len(word) > 1}


def _distinct(found: list[Found]) -> list[Found]:
    best: dict[str, Found] = {}
    for item in found:
        key = item.text.lower()
        if key not in best or best[key].score < item.score:
            best[key] = item
    return sorted(best.values(), key=lambda item: item.sentence)
