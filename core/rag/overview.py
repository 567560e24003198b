"""Questions about one whole document, or about the chat itself: told by their wording, and which document they mean.

"Summarise the leave policy", "what is in this document", "give me an overview of price-list-2026.md". No
similarity threshold can decide about such a question: no passage of a document resembles a wish for its
summary. So the document is found by name, and its passages by a metadata filter.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.counts import counted
from core.rag.documents import DocumentInfo
from core.rag.filters import keeps_document
from core.rag.indexing import title_from_name
from core.rag.words import number_value

MOST_SENTENCES = 8
_MOST_ALTERNATIVES = 6
_CLOSE_NAME = 0.84
_LIKE_NAME = 0.5

_POLITE = (
    r"^(?:(?:please|kindly|now|then|ok(?:ay)?|so|and|can you|could you|would you|will you|i (?:want|need)"
    r"(?: you to)?|i(?:'d| would) like(?: you to| to have)?|give me|show me|get me|write(?: me)?|provide(?: me with)?"
    r"|create|make|let me have|what(?:'s| is| are| would be))\b[\s,]*)*"
)
_SIZE = (
    r"(?:(?:very|short|brief|quick|concise|detailed|full|complete|high[- ]level|executive|one-paragraph"
    r"|\w+-sentence)\s+)*"
)
_OUTRIGHT = re.compile(
    _POLITE + r"(?:an?\s+|the\s+)?" + _SIZE + r"(?:summari[sz]e|sum up|condense|recap(?: of)?|"
    r"(?:summar(?:y|ies)|overview|outline|gist|digest|abstract|synopsis)\s+(?:of|on|over|for|about)|outline|"
    r"(?:main|key|most important)\s+(?:points|facts|takeaways|messages|topics|ideas)\s+(?:of|in|from)|"
    r"tl;?dr(?:\s+(?:of|for))?)(?:\s+for me)?\b\s*:?\s*(?P<name>.+)$",
    re.IGNORECASE,
)
_IN_PASSING = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"^what(?:'s| is| stands?| is written| is said)?\s+(?:in|inside|the contents? of|contained in)\s+(?P<name>.+)$",
        r"^what(?:'s| is)\s+(?P<name>.+?)\s+about$",
        r"^what (?:does|do|did)\s+(?P<name>.+?)\s+(?:say|cover|contain|describe|include|deal with|tell (?:me|us))$",
        r"^what (?:can|do|will) (?:i|you|we) (?:find|read|learn)\s+(?:in|from)\s+(?P<name>.+)$",
        r"^(?:what|which) (?:topics|subjects|sections)\s+(?:does|do)\s+(?P<name>.+?)\s+(?:cover|have|contain)$",
        r"^(?:what|which) (?:topics|subjects|sections)\s+are\s+(?:covered\s+)?(?:in|by)\s+(?P<name>.+)$",
        r"^(?:tell me about|describe|explain)\s+(?P<name>.+)$",
        r"^(?P<name>.+?)[\s,:]+(?:in (?:short|brief|a nutshell)|summary|overview|tl;?dr)$",
    )
)
_DOCUMENTS = r"(?:documents|files|sources|texts)"
_CATALOGUE = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"^(?:what|which) (?:kinds? of |sorts? of )?{_DOCUMENTS} (?:do you|do we|have you|can i|can you|are) "
        r"(?:have|got|know|hold|use|ask about|read|search|there|here|available|indexed|loaded|yours)"
        r"(?: got| here| available)?$",
        _POLITE + rf"(?:(?:list|name|me|all|of|the|your|available|indexed) )*{_DOCUMENTS}"
        r"(?: (?:you have|you know|there are|available))?$",
        r"^what (?:do|can) you (?:know|answer|do|tell me|help (?:me )?with)(?: about)?$",
        r"^what (?:can|could|may|should) i ask(?: you)?(?: about| for| here)?$",
        r"^(?:tell me )?everything(?: you know)?$",
        r"^(?:(?:hello|hi|hey|good (?:morning|afternoon|evening|day))(?: there| everyone| chat)?|help(?: me)?)$",
        r"^(?:who|what|what (?:model|bot|chat|assistant)) (?:are you|is this|is this chat)$",
    )
)
_LENGTH = re.compile(
    r"[\s,]*\b(?:in|with|using|as)\s+(?:at most\s+|about\s+|no more than\s+|just\s+|only\s+)?(?P<count>\w+)\s+"
    r"(?:short\s+)?(?:sentences?|lines?|points?|bullet(?: point)?s?)\b",
    re.IGNORECASE,
)
_TAIL = re.compile(
    r"[\s,]*\b(?:please|for me|for us|briefly|shortly|in (?:short|brief|a nutshell))\s*$", re.IGNORECASE
)
_NOUN = r"(?:document|file|upload|attachment|paper|doc|pdf|text|page|note)"
_THIS = re.compile(
    rf"^(?:it|this|that|(?:(?:this|that|the|my|our)\s+)?"
    rf"(?:(?:new|last|latest|uploaded|attached|added|same|whole|entire)\s+)*{_NOUN}"
    rf"(?:\s+(?:(?:that|which)\s+)?i(?:'ve| have)?\s+(?:just\s+)?(?:uploaded|attached|added|sent|pasted|gave you))?)$",
    re.IGNORECASE,
)
_MINE = re.compile(r"\b(?:my|our|uploaded|attached|added|sent|pasted|upload|attachment)\b", re.IGNORECASE)
_SEVERAL = re.compile(
    rf"^(?:everything|(?:(?:all|the|these|those|my|all of)\s+)*"
    rf"(?:{_NOUN}s|corpus|collection|knowledge base))$",
    re.IGNORECASE,
)
_NAMED = re.compile(rf"^(?:{_NOUN}\s+)?(?:called|named|titled)\s+", re.IGNORECASE)
_DETERMINER = re.compile(
    r"^(?:the|this|that|a|an|my|our|your|whole|entire|full|curated|shared|uploaded|attached)\s+",
    re.IGNORECASE,
)
_SUFFIX = re.compile(r"\.[A-Za-z0-9]{1,5}$")
_DOCUMENT_NOUN_WORDS = (
    "document file paper pdf policy manual handbook guide report standard notice agreement faq"
)
_DOCUMENT_NOUNS = frozenset(_DOCUMENT_NOUN_WORDS.split())
_GENERIC_WORDS = "text policies list notes note terms overview plan procedure rules instructions statement"
_GENERIC = _DOCUMENT_NOUNS | frozenset(_GENERIC_WORDS.split())
_STOP = frozenset(["the", "a", "an", "of", "for", "on", "in", "and", "our", "my", "to"])


@dataclass(frozen=True, slots=True)
class Wish:
    """What a whole-document question says: the document as it is named there, and how long the answer may be.
    Without a name it asks what there is to ask about, as a greeting does.

    `outright` means that a summary was asked for in so many words, so that a name nobody knows is worth
    telling; otherwise such a question is an ordinary one.
    """

    name: str
    outright: bool
    sentences: int = MOST_SENTENCES


@dataclass(frozen=True, slots=True)
class Target:
    """The one document that is meant; `note` says how it was found when that is not plain."""

    info: DocumentInfo
    sentences: int
    note: str = ""
    alternatives: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unclear:
    """No document, or more than one, is meant: what to tell, and questions that leave nothing open."""

    message: str
    reason: str
    alternatives: tuple[str, ...] = ()


def read_wish(question: str) -> Wish | None:
    """What a question wants to know of a whole document; None for every other question."""
    text = " ".join(question.split()).strip(" ?.!").replace("’", "'")
    text, sentences = _length(text)
    plain = _TAIL.sub("", text).strip(" ?.!,")
    if any(pattern.match(plain) for pattern in _CATALOGUE):
        return Wish("", False)
    if match := _OUTRIGHT.match(plain):
        return Wish(_bare(match.group("name")), True, sentences)
    for pattern in _IN_PASSING:
        if match := pattern.match(plain) or pattern.match(text):
            return Wish(_bare(match.group("name")), False, sentences)
    return None


def find_target(
    wish: Wish,
    documents: Sequence[DocumentInfo],
    where: Mapping[str, Any] | None = None,
    cited: Sequence[str] = (),
) -> Target | Unclear | None:
    """The document a wish means among those that the filter `where` keeps; None when it is no such wish.

    Documents come as `documents()` lists them, so the latest upload is the last one of that origin. `cited`
    are the documents of the answer before, which "this document" can mean.
    """
    kept = [info for info in documents if keeps_document(where, info)]
    if not wish.name:
        return _catalogue(kept)
    if _SEVERAL.match(wish.name):
        return _one_at_a_time(kept) if wish.outright else None
    matching = _matching(wish, kept)
    if len({info.id for info in matching}) == 1:
        return _of_one_name(wish, matching)
    if matching:
        return _which_of(wish.name, matching)
    if _THIS.match(wish.name) and (wish.outright or wish.name.lower() not in ("it", "this", "that")):
        return _this_document(wish, kept, cited)
    if len(kept) < len(documents) and (hidden := _matching(wish, documents)):
        return Unclear(
            f"{hidden[0].id} is left out by the filter.", "Include it in the filter, or clear the filter."
        )
    return _unknown(wish, kept)


def ask_for(info: DocumentInfo) -> str:
    """A question that leaves no doubt which document is meant."""
    return f"Summarise {info.id}"


def _length(text: str) -> tuple[str, int]:
    match = _LENGTH.search(text)
    count = number_value(match.group("count")) if match else None
    if match is None or count is None:
        return text, MOST_SENTENCES
    return text[: match.start()] + text[match.end() :], max(1, min(MOST_SENTENCES, int(count)))


def _bare(name: str) -> str:
    """A name without quotation marks, and without "the document called" in front of it."""
    name = name.strip(" \"'`“”‘«»()?.!,:")
    name = _DETERMINER.sub("", name) if _NAMED.match(_DETERMINER.sub("", name)) else name
    return _NAMED.sub("", name).strip(" \"'`“”‘«»()")


def _words(text: str) -> list[str]:
    return [word for word in re.findall(r"[^\W_]+", text.lower()) if word not in _STOP]


def _matching(wish: Wish, documents: Sequence[DocumentInfo]) -> list[DocumentInfo]:
    """The documents of that name, by the strictest reading that finds any."""
    lowered = wish.name.lower()
    if same := [info for info in documents if info.id.lower() in (lowered, _DETERMINER.sub("", lowered))]:
        return same
    asked = _words(_SUFFIX.sub("", _undetermined(wish.name)))
    has_suffix = bool(_SUFFIX.search(wish.name))
    if not asked or (len(asked) == 1 and not wish.outright and not has_suffix):
        return []
    names = {
        index: (_words(title_from_name(info.id)), _words(info.title)) for index, info in enumerate(documents)
    }
    if same := [documents[i] for i, forms in names.items() if asked in forms]:
        return same
    begins = [documents[i] for i, forms in names.items() if any(_continues(form, asked) for form in forms)]
    if begins or not wish.outright:
        return begins
    if not set(asked) - _GENERIC:
        return []
    return [documents[i] for i, forms in names.items() if _all_in(asked, {w for form in forms for w in form})]


def _undetermined(name: str) -> str:
    while (shorter := _DETERMINER.sub("", name)) != name:
        name = shorter
    name = re.sub(rf"\s+{_NOUN}$", "", name, flags=re.IGNORECASE) or name
    return re.sub(r"^(?:file|document)\s+", "", name, flags=re.IGNORECASE)


def _continues(form: Sequence[str], asked: Sequence[str]) -> bool:
    """Whether a name is the one that was asked for with a year or a version behind it."""
    return list(form[: len(asked)]) == list(asked) and all(
        any(map(str.isdigit, w)) for w in form[len(asked) :]
    )


def _all_in(asked: Sequence[str], known: set[str]) -> bool:
    return all(word in known or word.removesuffix("s") in known or f"{word}s" in known for word in asked)


def _of_one_name(wish: Wish, matching: Sequence[DocumentInfo]) -> Target:
    """A visitor's own document goes before a curated one of the same name, unless the words say otherwise."""
    curated_first = re.search(r"\b(?:curated|shared)\b", wish.name, re.IGNORECASE) is not None
    first = "corpus" if curated_first else "upload"
    ordered = sorted(matching, key=lambda info: info.origin != first)
    if len(ordered) == 1:
        return Target(ordered[0], wish.sentences)
    whose, other = ("the curated one", "uploaded") if curated_first else ("your own", "curated")
    note = f"There are two documents of this name; this is {whose}."
    return Target(ordered[0], wish.sentences, note, (f"Summarise the {other} {ordered[0].id}",))


def _which_of(name: str, matching: Sequence[DocumentInfo]) -> Unclear:
    names = list(dict.fromkeys(info.id for info in matching))
    return Unclear(
        f"{len(names)} documents match “{name}”.",
        f"Name one of them: {_listed(names)}.",
        tuple(f"Summarise {one}" for one in names[:_MOST_ALTERNATIVES]),
    )


def _this_document(wish: Wish, documents: Sequence[DocumentInfo], cited: Sequence[str]) -> Target | Unclear:
    """The one document the filter leaves; else the latest upload; else the document cited last."""
    uploads = [info for info in documents if info.origin == "upload"]
    if len(documents) == 1:
        return Target(documents[0], wish.sentences)
    if uploads:
        others = tuple(ask_for(info) for info in uploads[-2::-1])[:_MOST_ALTERNATIVES]
        note = "“This document” is read as the one you added last." if others else ""
        return Target(uploads[-1], wish.sentences, note, others)
    named = [info for info in documents if info.id in cited]
    if len(named) == 1 and not _MINE.search(wish.name):
        return Target(named[0], wish.sentences, "“This document” is read as the one cited last.")
    if named:
        return _which_of(wish.name, named)
    if _MINE.search(wish.name):
        return Unclear(
            "You have not added a document yet.", "Attach a file to your question, or name a document."
        )
    return Unclear(
        "It is not clear which document is meant.", "Name it, or attach it to the question.", _some(documents)
    )


def _unknown(wish: Wish, documents: Sequence[DocumentInfo]) -> Target | Unclear | None:
    """A name nobody has: one that is a slip of the keyboard away is taken, others are told with what is near."""
    name = title_from_name(_undetermined(wish.name)).lower()
    forms = {title_from_name(info.id).lower(): info for info in documents}
    forms |= {info.title.lower(): info for info in documents}
    near = difflib.get_close_matches(name, forms, n=_MOST_ALTERNATIVES, cutoff=_LIKE_NAME)
    is_file = bool(_SUFFIX.search(wish.name))
    close = difflib.get_close_matches(name, forms, n=2, cutoff=_CLOSE_NAME)
    if close and (wish.outright or is_file) and len({forms[form].id for form in close}) == 1:
        info = forms[close[0]]
        return Target(info, wish.sentences, f"There is no “{wish.name}”; the nearest name is {info.id}.")
    if not is_file and not (wish.outright and set(_words(wish.name)[-1:]) & _DOCUMENT_NOUNS):
        return None
    names = list(dict.fromkeys(forms[form].id for form in near))
    reason = f"The nearest names: {_listed(names)}." if names else "The Documents view lists what there is."
    return Unclear(
        f"There is no document called “{wish.name}” here.",
        reason,
        tuple(f"Summarise {one}" for one in names[:3]),
    )


def _catalogue(documents: Sequence[DocumentInfo]) -> Unclear:
    """What documents there are, the visitor's own first."""
    if not documents:
        return Unclear(
            "There are no documents here yet.",
            "Attach a file to your question, or add one in the Documents view.",
        )
    ordered = sorted(documents, key=lambda info: info.origin != "upload")
    names = _listed([info.id for info in ordered])
    return Unclear(
        f"Answers come from {counted(len(documents), 'document')}: {names}.",
        "Ask about anything that stands in them; the Documents view lists them all.",
        _some(ordered),
    )


def _one_at_a_time(documents: Sequence[DocumentInfo]) -> Unclear:
    return Unclear(
        "An overview is made of one document at a time.",
        "Name the one you want to know about.",
        _some(documents),
    )


def _some(documents: Sequence[DocumentInfo]) -> tuple[str, ...]:
    return tuple(ask_for(info) for info in documents[:3])


def _listed(names: Sequence[str]) -> str:
    shown = list(names[:_MOST_ALTERNATIVES])
    more = len(names) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")
