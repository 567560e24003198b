"""What tests/core/test_isolated.py has a child do: `main` is called in it, with the deed and its figure."""

import json
import os
import sys
import time


def main(deed: str, figure: str = "0") -> int:
    return _DEEDS[deed](int(figure))


def _echo(_: int) -> int:
    sys.stdout.buffer.write(sys.stdin.buffer.read()[::-1])
    return 0


def _environment(_: int) -> int:
    json.dump(dict(os.environ), sys.stdout)
    return 0


def _return(code: int) -> int:
    return code


def _write(count: int) -> int:
    sys.stdout.write("x" * count)
    return 0


def _take(count: int) -> int:
    try:
        held = bytearray(count)
    except MemoryError:
        return 7
    return 0 if held else 1


def _spin(_: int) -> int:
    while True:
        pass


def _sleep(seconds: int) -> int:
    sys.stdout.write("asleep")
    sys.stdout.flush()
    time.sleep(seconds)
    return 0


_DEEDS = {
    "echo": _echo, "environment": _environment, "return": _return, "write": _write, "take": _take, "spin": _spin,
    "sleep": _sleep,
}  # fmt: skip
