"""What this processor can do for the local models."""

import os
from functools import cache
from pathlib import Path
from typing import Literal

from core.config import settings

_BFLOAT16_FLAGS = {"avx512_bf16", "amx_bf16", "bf16"}
_CPU_INFO = Path("/proc/cpuinfo")
_MOST_THREADS = 2


def torch_threads() -> int:
    """Threads for one model: at most two, as a third never paid on the shared machines we serve."""
    return max(1, min(_MOST_THREADS, os.cpu_count() or 1))


def model_dtype() -> Literal["float32", "bfloat16"]:
    """The number format for local models: the setting, else bfloat16 only where the CPU computes in it.

    Without hardware support bfloat16 is slower than float32; with it, embeddings ran about twice as
    fast at a cosine of at least 0.9998 to float32 (measured once; tests hold the vectors to unit length).
    """
    wanted = settings().model_dtype
    if wanted != "auto":
        return wanted
    return "bfloat16" if _BFLOAT16_FLAGS & _cpu_flags() else "float32"


def multiplies_in_tiles() -> bool:
    """Whether bfloat16 matrices are multiplied by AMX, Intel's matrix units."""
    return "amx_bf16" in _cpu_flags()


@cache
def _cpu_flags() -> frozenset[str]:
    if not _CPU_INFO.is_file():
        return frozenset()
    for line in _CPU_INFO.read_text(encoding="utf-8", errors="replace").splitlines():
        if line.startswith(("flags", "Features")):
            return frozenset(line.partition(":")[2].split())
    return frozenset()
