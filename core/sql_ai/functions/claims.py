"""Takes an AI_FILTER prompt apart into the text it is about and what is claimed of it."""

import re
from dataclasses import dataclass

from core.sql_ai.functions.text import without_gaps

LONGEST_CLAIM = 160  # characters; a longer part before a colon is text, not claim
_AUXILIARY = r"(?:does|do|did|is|are|was|were|has|have|had|can|could|should|would|will)"
_VERBS = (
    r"(?:mentions?|describes?|reports?|contains?|includes?|talks? about|is about|are about|about|refers? to|"
    r"complains? (?:about|of)|discuss(?:es)?|express(?:es)?|indicates?|shows?|suggests?|asks? (?:for|about|if|whether)|"
    r"requests?|praises?|criticis?zes?|criticises?|recommends?|states?|says?|concerns?|involves?|relates? to|"
    r"related to|talk of|express|demands?|wants?|needs?|deals? with|warns? (?:of|about)|implies|names?)"
)
_RELATIONS = (
    r"(?:answers?|solves?|resolves?|matches|match|covers?|helps? with|is similar to|is the same as|duplicates?|"
    r"is relevant (?:to|for)|belongs? to|corresponds? to|means? the same as|explains?|addresses)"
)
_MOOD_WORDS = {
    1: r"(?:positive|happy|satisfied|pleased|favou?rable|praises?|likes?|liked|enjoyed|enjoys|recommends?|"
    r"good review|delighted|glad|love[sd]?|content|impressed|buy (?:it|this) again|come back|friendly)",
    -1: r"(?:negative|unhappy|dissatisfied|angry|upset|annoyed|frustrated|unfavou?rable|disappointed|"
    r"complain(?:s|ing|t|ts)?|bad review|displeased|critical|furious|hates?|hated|dislikes?|disliked|rude)",
}
_ABOUT_PART = re.compile(
    r"\b(?:complain\w*|critici[sz]\w*|prais\w*|unhappy|dissatisfied|satisfied|happy|pleased|disappointed|angry|"
    r"upset|annoyed|lik(?:es|ed)|enjoy(?:s|ed)|lov(?:es|ed)|hat(?:es|ed)|dislik(?:es|ed))\s+"
    r"(?:about|of|with|by|at|for|the|their|its|this)\s+(?P<part>.+)$",
    re.IGNORECASE,
)
_COMMON_THING = re.compile(
    r"^(?:the |this |that |their |its )*(?:product|item|restaurant|hotel|film|movie|book|purchase|place|company|it|"
    r"experience|order|article|app|visit|stay|shop|store)$",
    re.IGNORECASE,
)
_COLON = re.compile(rf"^(?P<claim>[^:\n]{{3,{LONGEST_CLAIM}}}):\s+(?P<text>.+)$", re.DOTALL)
_QUESTION_FIRST = re.compile(
    rf"^(?P<claim>{_AUXILIARY}\b[^?\n]{{3,{LONGEST_CLAIM}}}\?)\s+(?P<text>\S.+)$", re.IGNORECASE | re.DOTALL
)
_QUESTION_LAST = re.compile(
    rf"^(?P<text>.+[.!?\n:\"'])\s*(?P<claim>{_AUXILIARY}\b[^?.!\n]{{3,{LONGEST_CLAIM}}}\?)$",
    re.IGNORECASE | re.DOTALL,
)
_AROUND = re.compile(
    rf"^{_AUXILIARY}\s+(?P<text>.+)\s+(?P<claim>(?:not )?{_VERBS}\s+[^?]{{2,{LONGEST_CLAIM}}})\??$",
    re.IGNORECASE | re.DOTALL,
)
_IS_ABOUT = re.compile(
    r"^(?:is|are|was|were)\s+(?P<text>.+)\s+(?P<claim>(?:not )?(?:an?|the)\s+[^?.]{2,60}|(?:not )?[\w-]+)\?$",
    re.IGNORECASE | re.DOTALL,
)
_RELATION = re.compile(
    rf"^(?P<left>.+?)\s+(?P<not>does not |do not |doesn't |not )?(?P<verb>{_RELATIONS})\s+(?P<right>.+?)\??$",
    re.IGNORECASE | re.DOTALL,
)
_LEADING_NOUN = re.compile(
    r"^(?:does |do |is )?(?:the |this |that |an? )?(?:article|ticket|text|note|review|document|question|"
    r"answer|product|title|message|email|comment|page|issue|entry|item|customer|category|label|"
    r"following)\b(?: text| note| review)?[:,]?\s+",
    re.IGNORECASE,
)
_SUBJECT = re.compile(
    rf"^(?:{_AUXILIARY}\s+)?(?:the |this |that |following |above |an? |my |their )*"
    r"(?:(?:customer |support |product |user )?(?:text|note|review|message|ticket|comment|e-?mail|document|"
    r"article|sentence|statement|feedback|post|tweet|author|writer|customer|person|user|reviewer|it|"
    r"description|title|item|sender|entry|request|complaint|body|passage|paragraph)\b)?(?:'s)?\s*"
    rf"(?:{_AUXILIARY}\s+)?",
    re.IGNORECASE,
)
_LEADING_VERB = re.compile(
    rf"^(?:an? |any |clearly |explicitly )*(?:{_VERBS}|express(?:es)?|being)\s+(?:that |if |whether )?",
    re.IGNORECASE,
)
_NEGATION = re.compile(r"\b(?:not|never|n't|doesn't|does not|isn't|is not|without|no)\b\s*", re.IGNORECASE)


@dataclass(frozen=True)
class Claim:
    """What a prompt claims: `topic` of `text`.

    `mood` is +1 or -1 for claims about liking; with `part` it is the liking of the topic, not of the whole.
    `relation` says that topic and text are two texts said to match.
    """

    text: str
    topic: str
    negated: bool = False
    mood: int = 0
    relation: bool = False
    part: bool = False


def parse(prompt: str) -> Claim:
    """Return the claim of a prompt; one that cannot be taken apart is about itself."""
    prompt = without_gaps(prompt.strip())
    for pattern in (_QUESTION_FIRST, _COLON, _QUESTION_LAST):
        match = pattern.match(prompt)
        if match:
            return _claim(match.group("claim"), match.group("text"))
    match = _AROUND.match(prompt)
    if match:
        return _claim(match.group("claim"), match.group("text"))
    match = _RELATION.match(prompt)
    if match:
        return Claim(
            _bare(match.group("left")), _bare(match.group("right")), bool(match.group("not")), relation=True
        )
    match = _IS_ABOUT.match(prompt)
    if match:
        return _claim(match.group("claim"), match.group("text"))
    return _whole(prompt)


def _claim(claim: str, text: str) -> Claim:
    negated = _NEGATION.search(claim) is not None and not re.search(
        r"\b(?:no longer|not only)\b", claim, re.IGNORECASE
    )
    plain = _NEGATION.sub("", claim).strip(" ?:.") if negated else claim.strip(" ?:.")
    topic = _LEADING_VERB.sub("", _SUBJECT.sub("", plain, count=1), count=1).strip() or plain
    mood = _mood(plain)
    about = _ABOUT_PART.search(plain) if mood else None
    if about and not _COMMON_THING.match(about.group("part")):
        return Claim(text.strip(), about.group("part"), negated, mood, part=True)
    return Claim(text.strip(), topic, negated, mood)


def _mood(claim: str) -> int:
    """+1 or -1 when the claim says that something is liked or disliked."""
    return next((sign for sign in (-1, 1) if re.search(rf"\b{_MOOD_WORDS[sign]}\b", claim, re.IGNORECASE)), 0)


def _bare(text: str) -> str:
    return _LEADING_NOUN.sub("", text.strip(), count=1).strip(" '\"")


def _whole(prompt: str) -> Claim:
    """A bare statement or question: the last sentence is the claim about those before it, if there are any."""
    parts = re.split(r"(?<=[.!?\n])\s+", prompt)
    if len(parts) > 1 and len(parts[0]) <= LONGEST_CLAIM:
        return _claim(parts[0], " ".join(parts[1:]))
    return Claim(prompt, prompt, mood=0)
