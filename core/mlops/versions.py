"""Whether a model saved under one set of library versions may be used under another."""

import platform
from dataclasses import dataclass
from importlib.metadata import version as installed
from typing import Literal

Status = Literal["ok", "degraded", "refused"]
_ORDER: tuple[Status, ...] = ("ok", "degraded", "refused")
PACKAGES = ("scikit-learn", "numpy", "pandas", "scipy", "skops", "mlflow")
"""What a model needs where it is loaded."""


@dataclass(frozen=True)
class VersionCheck:
    """The verdict and one sentence for every difference found."""

    status: Status
    reasons: tuple[str, ...] = ()

    @property
    def usable(self) -> bool:
        """True unless the model must not be loaded."""
        return self.status != "refused"


def runtime_versions() -> dict[str, str]:
    """Versions of this process, as they are recorded with every run."""
    return {"python": platform.python_version()} | {name: installed(name) for name in PACKAGES}


def check(sklearn_version: str, python_version: str) -> VersionCheck:
    """Compare a saved model's versions with this process, before anything is deserialised.

    A patch difference is fine, a minor one ``degraded``, a major one ``refused``. A version that cannot be
    read is refused too: it is unknown what wrote the file.
    """
    runtime = runtime_versions()
    found = [
        _compare("scikit-learn", sklearn_version, runtime["scikit-learn"]),
        _compare("Python", python_version, runtime["python"]),
    ]
    worst = max((status for status, _ in found), key=_ORDER.index)
    return VersionCheck(worst, tuple(reason for _, reason in found if reason))


def _compare(name: str, saved: str, running: str) -> tuple[Status, str]:
    old, new = _parts(saved), _parts(running)
    if old is None:
        return "refused", f"the model does not say which {name} wrote it (found '{saved}')"
    if old == new or new is None:
        return "ok", ""
    told = f"saved with {name} {saved}, running {running}"
    if old[0] != new[0]:
        return "refused", f"{told}: another major version"
    return "degraded", f"{told}: another minor version"


def _parts(text: str) -> tuple[int, int] | None:
    numbers = str(text).split(".")
    if len(numbers) < 2 or not all(part.isdigit() for part in numbers[:2]):
        return None
    return int(numbers[0]), int(numbers[1])
