"""Hexadecimal, base64 and digests: what stands for no bytes is named, never guessed at."""

import pytest

from core.errors import BadInput
from core.sql_ai import Session

_SHA224 = "6267d3d7a59929e6864dd4b737d98e3ef8569d9f88a7466647838532"


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("TO_BINARY('534E')", b"SN"),
        ("TO_BINARY('SNOW', 'utf-8')", b"SNOW"),
        ("TO_BINARY('U05PVw==', 'BASE64')", b"SNOW"),
        ("TRY_TO_BINARY('zz')", None),
        ("TRY_TO_BINARY('U05@PVw==', 'BASE64')", None),
        ("MD5('Snowflake')", "edf1439075a83a447fb8b630ddc9c8de"),
        ("MD5_BINARY('Snowflake')", bytes.fromhex("edf1439075a83a447fb8b630ddc9c8de")),
        ("SHA1_HEX(X'536E6F77666C616B65')", "fda76b0bcc1e87cf259b1d1e3271d76f590fb5dd"),
        ("SHA2('Snowflake', 224)", _SHA224),
        ("SHA2_BINARY('Snowflake', 224)", bytes.fromhex(_SHA224)),
        ("SHA2(NULL)", None),
    ],
)
def test_bytes_and_digests_are_the_documented_ones(session: Session, expression: str, value: object) -> None:
    assert session.execute(f"SELECT {expression}").rows == [(value,)]


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("TO_BINARY('zz')", "'zz' is not hexadecimal text"),
        ("TO_BINARY('U05@PVw==', 'BASE64')", "'U05@PVw==' is not base64"),
        ("TO_BINARY('53', 'OCTAL')", "TO_BINARY has no format 'OCTAL'"),
        ("SHA2('x', 100)", "SHA2 has no size 100"),
        ("SHA2_BINARY('x', 100)", "SHA2 has no size 100"),
    ],
)
def test_what_stands_for_no_bytes_is_named(session: Session, expression: str, message: str) -> None:
    with pytest.raises(BadInput) as caught:
        session.execute(f"SELECT {expression}")
    assert caught.value.message == message
    assert caught.value.hint
