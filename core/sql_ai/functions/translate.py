"""AI_TRANSLATE: only a configured endpoint can translate; without one every row says so."""

from core.errors import HubError
from core.sql_ai.functions.errors import RowError

LANGUAGES: dict[str, str] = {
    "ar": "Arabic",
    "cs": "Czech",
    "da": "Danish",
    "de": "German",
    "en": "English",
    "es": "Spanish",
    "fi": "Finnish",
    "fr": "French",
    "he": "Hebrew",
    "hi": "Hindi",
    "hr": "Croatian",
    "it": "Italian",
    "ja": "Japanese",
    "ko": "Korean",
    "nl": "Dutch",
    "no": "Norwegian",
    "pl": "Polish",
    "pt": "Portuguese",
    "ro": "Romanian",
    "ru": "Russian",
    "sv": "Swedish",
    "tr": "Turkish",
    "zh": "Chinese",
}
_LONGEST = 400_000  # characters, about the 100,000 input tokens Snowflake allows
_REMEDY = "Set LLM_BASE_URL to an OpenAI-compatible endpoint."
_UNAVAILABLE = (
    "no local model translates well enough to be trusted; set LLM_BASE_URL to an OpenAI-compatible endpoint "
    "to use AI_TRANSLATE"
)


def translate(items: list[tuple[str, str, str]]) -> list[str | RowError]:
    """Return each (text, source, target) translated by the endpoint; source '' asks it to detect the language.

    A text whose source equals its target comes back as it is. Every failure is a row error.
    """
    return [_translate(*item) for item in items]


def _translate(text: str, source: str, target: str) -> str | RowError:
    from core.generator import Message
    from core.sql_ai.functions.generation import loaded_generator, say

    source, target = source.lower().strip(), target.lower().strip()
    for code in (source, target):
        if code not in LANGUAGES and (code or code is target):
            return RowError(f"language code '{code}' is not supported; supported: {', '.join(LANGUAGES)}")
    if len(text) > _LONGEST:
        return RowError(f"the text has {len(text)} characters; {_LONGEST} is the limit")
    if source == target or not text.strip():
        return text
    try:
        generator = loaded_generator("endpoint")
    except HubError:
        return RowError(_UNAVAILABLE, _REMEDY, passing=True)
    origin = f" from {LANGUAGES[source]}" if source else ""
    order = f"Translate the user's text{origin} to {LANGUAGES[target]}. Answer with the translation only."
    try:
        turns: list[Message] = [{"role": "system", "content": order}, {"role": "user", "content": text}]
        return say(generator, turns, max(64, len(text))).text.strip()
    except HubError as error:
        return RowError(error.message, error.hint, passing=True)
