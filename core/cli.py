"""What every command line of the hub shares: JSON on standard output, exit codes 0 and 2."""

import dataclasses
import json
import math
import sys
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from enum import Enum
from pathlib import Path
from typing import Any

from core.errors import Cancelled, HubError
from core.runtime import prepare


def run_json(command: Callable[[], Any]) -> int:
    """Run ``command`` and print its result as one JSON document; the exit code is returned.

    A HubError is printed as ``{"error": {"message", "hint"}}`` and gives 2; Ctrl-C likewise, with the shell's
    130. Any other exception is a bug and leaves its traceback.
    """
    try:
        prepare()
        result = command()
    except HubError as error:
        _print({"error": error.to_dict()})
        return 2
    except KeyboardInterrupt:
        _print({"error": Cancelled("Interrupted", "What was complete is kept.").to_dict()})
        return 130
    _print(result)
    return 0


def to_json(value: Any) -> Any:
    """``value`` with dataclasses, numpy, dates, paths and enums turned into what JSON can hold.

    NaN and infinities become None: JSON has no word for them.
    """
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: to_json(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, HubError):
        return value.to_dict()
    if isinstance(value, Mapping):
        return {str(to_json(key)): to_json(item) for key, item in value.items()}
    if isinstance(value, Enum):
        return to_json(value.value)
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return _foreign_to_json(value)


def _foreign_to_json(value: Any) -> Any:
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, bytes):
        return value.hex()
    if hasattr(value, "to_dict") and hasattr(value, "columns"):  # a DataFrame
        return [to_json(row) for row in value.to_dict(orient="records")]
    if hasattr(value, "tolist"):  # a numpy array or scalar
        return to_json(value.tolist())
    if isinstance(value, list | tuple | set | frozenset):
        return [to_json(item) for item in value]
    return str(value)


def _print(result: Any) -> None:
    """Letters as they are where the stream takes them; what it does not take as JSON's escapes."""
    shown = to_json(result)
    text = json.dumps(shown, ensure_ascii=False, indent=2, allow_nan=False)
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:  # another code page, or a file name that is no UTF-8
        text = json.dumps(shown, indent=2, allow_nan=False)
    sys.stdout.write(text + "\n")
