"""Answers of models that are remembered: so many, and so many bytes."""

from collections import OrderedDict
from typing import Any

MISSING = object()
_MOST_BYTES = 100_000_000
VALUE_BYTES = 32  # what a number takes in Python, about
_ENTRY_BYTES = 200  # .. and a dict


class Memo:
    """Remembered answers, the least recently used forgotten first: so many, and so many bytes, about."""

    def __init__(self, entries: int, most_bytes: int = _MOST_BYTES) -> None:
        self._entries, self._most_bytes = entries, most_bytes
        self._answers: OrderedDict[str, Any] = OrderedDict()
        self._weights: dict[str, int] = {}
        self.bytes = 0

    def get(self, key: str) -> Any:
        """The answer, or a marker when it is not known."""
        if key not in self._answers:
            return MISSING
        self._answers.move_to_end(key)
        return self._answers[key]

    def put(self, key: str, answer: Any) -> None:
        """Remember ``answer``."""
        if self._entries:
            self._answers[key] = answer
            self._answers.move_to_end(key)
            weight = len(key) + _weight(answer)
            self.bytes += weight - self._weights.get(key, 0)
            self._weights[key] = weight
            while len(self._answers) > self._entries or self.bytes > self._most_bytes:
                oldest, _answer = self._answers.popitem(last=False)
                self.bytes -= self._weights.pop(oldest)

    def clear(self) -> None:
        """Forget everything."""
        self._answers.clear()
        self._weights.clear()
        self.bytes = 0

    def __len__(self) -> int:
        return len(self._answers)


def _weight(value: Any) -> int:
    """About how many bytes an answer takes."""
    if isinstance(value, str | bytes):
        return VALUE_BYTES + len(value)
    if isinstance(value, list | tuple):
        vector = not value or isinstance(value[0], float)
        return VALUE_BYTES * (1 + len(value)) if vector else _ENTRY_BYTES + sum(map(_weight, value))
    if isinstance(value, dict):
        return _ENTRY_BYTES + sum(_weight(key) + _weight(item) for key, item in value.items())
    return _ENTRY_BYTES if hasattr(value, "__dict__") else VALUE_BYTES
