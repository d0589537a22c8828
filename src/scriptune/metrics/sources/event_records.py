"""The records of TensorBoard's event files, read without TensorBoard, which is far too heavy for this.

A file is a series of records, each: its length (8 bytes, little-endian), a checksum of that, the data, a checksum of
the data. The checksums are CRC-32C, rotated and shifted ("masked"). The data is an ``Event`` in the wire format of
protocol buffers; the fields that matter, by their numbers:

    Event        1 wall_time (double)   2 step (varint)   5 summary (Summary)
    Summary      1 value (Value, repeated)
    Value        1 tag (string)   2 simple_value (float)   8 tensor (Tensor)
    Tensor       1 dtype   2 shape   4 content (bytes)   5 floats   6 doubles   7 ints   10 int64s   11 bools
                 13 halves   16 uint32s   17 uint64s
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

__all__ = ["HEADER_BYTES", "Scalar", "data_is_whole", "header_length", "masked_crc", "scalars"]

HEADER_BYTES = 12
"""Of a record: its length, with a checksum."""

_POLYNOMIAL = 0x82F63B78  # Castagnoli's, reversed
_MASK_DELTA = 0xA282EAD8
_LENGTH = struct.Struct("<QI")
_U32 = struct.Struct("<I")
_FLOAT = struct.Struct("<f")
_DOUBLE = struct.Struct("<d")

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5

# dtype of a tensor -> how its content is packed.
_CONTENT = {
    1: "<f",
    2: "<d",
    3: "<i",
    4: "<B",
    5: "<h",
    6: "<b",
    9: "<q",
    10: "<?",
    17: "<H",
    19: "<e",
    22: "<I",
    23: "<Q",
}
_BFLOAT16, _HALF = 14, 19
_SIGNED = frozenset((7, 10))


class Scalar(NamedTuple):
    """A scalar of an event.

    Attributes:
        tag: Its name.
        step: Of the training.
        value: None if its tensor holds no single number.
    """

    tag: bytes
    step: int
    value: float | None


@cache
def _table() -> tuple[int, ...]:
    table = []
    for n in range(256):
        for _ in range(8):
            n = n >> 1 ^ (_POLYNOMIAL if n & 1 else 0)
        table.append(n)
    return tuple(table)


def masked_crc(data: bytes) -> int:
    """The checksum of some bytes, as it is written in records."""
    table = _table()
    crc = 0xFFFFFFFF
    for byte in data:
        crc = table[(crc ^ byte) & 0xFF] ^ crc >> 8
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + _MASK_DELTA) & 0xFFFFFFFF


def header_length(header: bytes) -> int | None:
    """The length of the data behind a record's header; None if its checksum is another one."""
    length, crc = _LENGTH.unpack(header)
    return int(length) if crc == _crc_of_length(header[:8]) else None


@cache
def _known_lengths() -> dict[bytes, int]:
    return {}


def _crc_of_length(length: bytes) -> int:
    # The records of a program have few lengths, and these checksums were half of the work.
    known = _known_lengths()
    crc = known.get(length)
    if crc is None:
        if len(known) > 4096:
            known.clear()
        crc = known[length] = masked_crc(length)
    return crc


def data_is_whole(data: bytes, checksum: bytes) -> bool:
    """Whether the data of a record has its checksum."""
    return int(_U32.unpack(checksum)[0]) == masked_crc(data)


def scalars(data: bytes) -> list[Scalar]:
    """The scalars of an event.

    Raises:
        ValueError: It is not an event.
    """
    step = 0
    values: list[tuple[bytes, float | None]] = []
    try:
        for field, kind, value in _fields(data):
            if field == 2 and kind == _VARINT:
                assert isinstance(value, int)
                step = _signed(value)
            elif field == 5 and kind == _BYTES:
                assert isinstance(value, bytes)
                for inner, inner_kind, item in _fields(value):
                    if inner == 1 and inner_kind == _BYTES:
                        assert isinstance(item, bytes)
                        found = _value(item)
                        if found is not None:
                            values.append(found)
    except (IndexError, struct.error) as err:
        raise ValueError("not an event") from err
    return [Scalar(tag, step, value) for tag, value in values]


def _value(data: bytes) -> tuple[bytes, float | None] | None:
    """The tag and the number of a value; None if it is something else than a scalar, such as an image."""
    tag, number, tensor = b"", None, None
    for field, kind, value in _fields(data):
        if field == 1 and isinstance(value, bytes):
            tag = value
        elif field == 2 and kind == _FIXED32 and isinstance(value, bytes):
            number = float(_FLOAT.unpack(value)[0])
        elif field == 8 and isinstance(value, bytes):
            tensor = value
    if number is not None:
        return tag, number
    return None if tensor is None else (tag, _tensor_value(tensor))


def _tensor_value(data: bytes) -> float | None:
    """The number of a tensor that holds a single one."""
    dtype, content = 0, b""
    numbers: list[float] = []
    for field, _, value in _fields(data):
        if field == 1 and isinstance(value, int):
            dtype = value
        elif field == 4 and isinstance(value, bytes):
            content = value
        elif field in (5, 6):
            packed, width = (_FLOAT, 4) if field == 5 else (_DOUBLE, 8)
            assert isinstance(value, bytes)
            numbers += (packed.unpack_from(value, at)[0] for at in range(0, min(len(value), 4 * width), width))
        elif field in (7, 10, 11, 13, 16, 17):
            numbers += (_integer(n, field, dtype) for n in ([value] if isinstance(value, int) else _varints(value)))
        if len(numbers) > 1:
            return None
    if content:
        return _unpacked(dtype, content)
    return numbers[0] if len(numbers) == 1 else None


def _integer(number: int, field: int, dtype: int) -> float:
    if field == 13:  # the bits of a half
        return _half(struct.pack("<H", number & 0xFFFF), dtype)
    return float(_signed(number) if field in _SIGNED else number)


def _half(bits: bytes, dtype: int) -> float:
    if dtype == _BFLOAT16:
        return float(_FLOAT.unpack(b"\0\0" + bits)[0])
    return float(struct.unpack("<e", bits)[0])


def _unpacked(dtype: int, content: bytes) -> float | None:
    if dtype == _BFLOAT16:
        return _half(content, dtype) if len(content) == 2 else None
    form = _CONTENT.get(dtype)
    return None if form is None or struct.calcsize(form) != len(content) else float(struct.unpack(form, content)[0])


def _signed(value: int) -> int:
    return value - (1 << 64) if value >= 1 << 63 else value


def _fields(data: bytes) -> Iterator[tuple[int, int, int | bytes]]:
    """The fields of a message: number, wire type, and an integer or bytes.

    Raises:
        ValueError: The data is not a message.
        IndexError: It ends in the middle of a field.
    """
    at, end = 0, len(data)
    while at < end:
        key = data[at]
        at += 1
        if key & 0x80:
            key, at = _varint(data, at - 1)
        kind = key & 7
        if kind == _BYTES:
            length = data[at]
            at += 1
            if length & 0x80:
                length, at = _varint(data, at - 1)
            if at + length > end:
                raise IndexError(at)
            yield key >> 3, kind, data[at : at + length]
            at += length
        elif kind == _VARINT:
            value, at = _varint(data, at)
            yield key >> 3, kind, value
        elif kind in (_FIXED64, _FIXED32):
            width = 8 if kind == _FIXED64 else 4
            if at + width > end:
                raise IndexError(at)
            yield key >> 3, kind, data[at : at + width]
            at += width
        else:
            raise ValueError(f"wire type {kind}")


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while shift < 70:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & 0xFFFFFFFFFFFFFFFF, at
        shift += 7
    raise ValueError("a number without an end")


def _varints(data: bytes) -> list[int]:
    found, at = list[int](), 0
    while at < len(data) and len(found) < 2:
        value, at = _varint(data, at)
        found.append(value)
    return found
