"""Hexadecimal, base64 and digests, of text (its UTF-8 bytes) and of BINARY."""

import base64
import binascii
import hashlib

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
            f"'{value[:60]}' does not stand for text", "The _BINARY form gives the bytes."
        ) from None


@scalar()
def md5_binary(value: Data) -> bytes:
    """The MD5 digest; no protection of anything."""
    return hashlib.md5(_bytes(value), usedforsecurity=False).digest()


@scalar()
def md5(value: Data) -> str:
    """The MD5 digest in hexadecimal; no protection of anything."""
    return md5_binary(value).hex()


@scalar()
def sha1_binary(value: Data) -> bytes:
    """The SHA-1 digest; no protection of anything."""
    return hashlib.sha1(_bytes(value), usedforsecurity=False).digest()


@scalar()
def sha1(value: Data) -> str:
    """The SHA-1 digest in hexadecimal; no protection of anything."""
    return sha1_binary(value).hex()


@scalar()
def sha2_binary(value: Data, size: float = 256) -> bytes:
    """The SHA-2 digest of 224, 256, 384 or 512 bits."""
    if int(size) not in (224, 256, 384, 512):
        raise BadInput(f"SHA2 has no size {int(size)}", "Use 224, 256, 384 or 512.")
    return hashlib.new(f"sha{int(size)}", _bytes(value)).digest()


@scalar()
def sha2(value: Data, size: float = 256) -> str:
    """The SHA-2 digest of 224, 256, 384 or 512 bits in hexadecimal."""
    return sha2_binary(value, size).hex()
