"""Bitmaps that count distinct whole numbers: 32,768 of them in a bucket, one bit for each."""

from collections import deque

from core.errors import BadInput
from core.sql_ai.udfs.aggregates import Collecting
from core.sql_ai.udfs.registry import aggregate, scalar
from core.sql_ai.values import dumps

_BITS = 32_768


@scalar()
def bitmap_bucket_number(value: float) -> int:
    """The bucket of a number: 1 for 1 to 32,768, 0 down to -32,767, and so on."""
    number = int(value)
    return (number - 1) // _BITS + 1 if number > 0 else -(-number // _BITS)


@scalar()
def bitmap_bit_position(value: float) -> int:
    """The place of a number in its bucket, counted from 0."""
    number = int(value)
    return (number - 1) % _BITS if number > 0 else -number % _BITS


@scalar()
def bitmap_count(bitmap: bytes) -> int:
    """How many bits are set."""
    return _bits(bitmap).bit_count()


@scalar()
def bitmap_to_array(bitmap: bytes, bucket: float = 1) -> str:
    """The numbers of ``bucket`` whose bits are set, as JSON text."""
    bits, first = _bits(bitmap), (int(bucket) - 1) * _BITS + 1
    places = (place for place in range(bits.bit_length()) if bits >> place & 1)
    return dumps([first + place if bucket > 0 else int(bucket) * _BITS - place for place in places])


def _bits(bitmap: object) -> int:
    if not isinstance(bitmap, bytes):
        raise BadInput("This is not a bitmap", "Make one with BITMAP_CONSTRUCT_AGG(BITMAP_BIT_POSITION(x)).")
    return int.from_bytes(bitmap, "little")


class _Bitmap(Collecting):
    """An aggregate that gives the bits of its rows as BINARY; their order inside is not Snowflake's."""

    rows: deque[tuple[int | bytes | None, ...]]

    def result(self) -> bytes | None:
        """The bitmap; NULL when all rows are NULL. Raises BadInput for a place outside the bucket."""
        known = self.known()
        if not known:
            return None
        bits = 0
        for item in known:
            bits |= self.bits_of(item)
        return bits.to_bytes(max(1, -(-bits.bit_length() // 8)), "little")

    def bits_of(self, item: object) -> int:
        """Overridden: the bits of one row."""
        raise NotImplementedError


@aggregate("bitmap_construct_agg")
class BitmapConstructAgg(_Bitmap):
    """BITMAP_CONSTRUCT_AGG(place)."""

    def bits_of(self, item: object) -> int:
        """The bit at a place from 0 to 32,767."""
        if not isinstance(item, int | float) or not 0 <= item < _BITS:
            raise BadInput(
                f"The bit position {item} is not from 0 to {_BITS - 1}", "Take it from BITMAP_BIT_POSITION."
            )
        return 1 << int(item)


@aggregate("bitmap_or_agg")
class BitmapOrAgg(_Bitmap):
    """BITMAP_OR_AGG(bitmap)."""

    def bits_of(self, item: object) -> int:
        """The bits of a bitmap."""
        return _bits(item)
