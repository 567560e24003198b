"""Hexadecimal, base64 and digests, of text (its UTF-8 bytes) and of BINARY."""

import base64
import binascii
import hashlib
from collections.abc import Callable
from functools import wraps
from typing import Any

from core.errors import BadInput
from core.sql_ai.udfs.registry import scalar, tried

Data = str | bytes


def _bytes(value: Data) -> bytes:
    return value if isinstance(value, bytes) else value.encode()


@scalar()
def hex_encode(value: Data, upper: float = 1) -> str:
    """The bytes in hexadecimal, upper case unless ``upper`` is 0."""
    digits = _bytes(value).hex()
    return digits.upper() if upper else digits


@tried
@scalar()
def hex_decode_binary(value: str) -> bytes:
    """The bytes that hexadecimal digits stand for. Raises BadInput for anything else."""
    try:
        return bytes.fromhex(value)
    except ValueError:
        raise BadInput(f"'{value[:60]}' is not hexadecimal text", "The TRY_ form gives NULL.") from None


@tried
@scalar()
def hex_decode_string(value: str) -> str:
    """The text whose UTF-8 bytes the hexadecimal digits stand for. Raises BadInput for anything else."""
    return _text(hex_decode_binary(value), value)


@scalar()
def base64_encode(value: Data, line: float = 0, alphabet: str = "") -> str:
    """The bytes in base64, in lines of so many characters, with other signs for + / = where given."""
    encoded = (
        base64.b64encode(_bytes(value))
        .decode()
        .translate(str.maketrans("+/="[: len(alphabet)], alphabet[:3]))
    )
    size = int(line)
    return "\n".join(encoded[i : i + size] for i in range(0, len(encoded), size)) if size > 0 else encoded


@tried
@scalar()
def base64_decode_binary(value: str, alphabet: str = "") -> bytes:
    """The bytes that base64 stands for. Raises BadInput for anything else."""
    plain = value.translate(str.maketrans(alphabet[:3], "+/="[: len(alphabet)])).replace("\n", "")
    try:
        return base64.b64decode(plain, validate=True)
    except binascii.Error:
        raise BadInput(f"'{value[:60]}' is not base64", "The TRY_ form gives NULL.") from None


@tried
@scalar()
def base64_decode_string(value: str, alphabet: str = "") -> str:
    """The text whose UTF-8 bytes the base64 stands for. Raises BadInput for anything else."""
    return _text(base64_decode_binary(value, alphabet), value)


def _text(data: bytes, value: str) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise BadInput(
            f"'{value[:60]}' is not the code of a text", "The _BINARY form gives the bytes."
        ) from None


@tried
@scalar()
def to_binary(value: str, form: str = "HEX") -> bytes:
    """The bytes that a text stands for in HEX, BASE64 or UTF-8. Raises BadInput when it stands for none."""
    read = _FORMS.get(form.upper())
    if read is None:
        raise BadInput(f"TO_BINARY has no format '{form[:20]}'", "Use HEX, BASE64 or UTF-8.")
    return read(value)


_FORMS: dict[str, Callable[[str], bytes]] = {
    "HEX": hex_decode_binary,
    "BASE64": base64_decode_binary,
    "UTF-8": str.encode,
    "UTF8": str.encode,
}


def _digest(name: str, compute: Callable[..., bytes]) -> None:
    """Register ``sf_<name>_binary``, which gives the bytes, and ``sf_<name>``, which writes them in hexadecimal."""

    @wraps(compute)
    def written(*values: Any) -> str:
        return compute(*values).hex()

    scalar(f"{name}_binary")(compute)
    scalar(name)(written)


def _md5(value: Data) -> bytes:
    return hashlib.md5(_bytes(value), usedforsecurity=False).digest()


def _sha1(value: Data) -> bytes:
    return hashlib.sha1(_bytes(value), usedforsecurity=False).digest()


def _sha2(value: Data, size: float = 256) -> bytes:
    if int(size) not in (224, 256, 384, 512):
        raise BadInput(f"SHA2 has no size {int(size)}", "Use 224, 256, 384 or 512.")
    return hashlib.new(f"sha{int(size)}", _bytes(value)).digest()


_digest("md5", _md5)  # MD5 and SHA-1 protect nothing; they tell values apart
_digest("sha1", _sha1)
_digest("sha2", _sha2)
