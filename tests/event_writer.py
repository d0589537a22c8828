"""TensorBoard event files for tests, written without TensorBoard, and what is wrong with some."""

from __future__ import annotations

import struct

from scriptune.metrics.sources.event_records import masked_crc


def record(data: bytes) -> bytes:
    length = struct.pack("<Q", len(data))
    return length + struct.pack("<I", masked_crc(length)) + data + struct.pack("<I", masked_crc(data))


def version() -> bytes:
    return record(double_field(1, 1.7e9) + bytes_field(3, b"brain.Event:2"))


def scalar(tag: str, value: float, step: int = 0) -> bytes:
    """A record as PyTorch writes it: a simple value."""
    inner = bytes_field(1, tag.encode()) + key(2, 5) + struct.pack("<f", value)
    return event(inner, step)


def tensor_scalar(tag: str, value: float, step: int = 0) -> bytes:
    """A record as TensorFlow 2 and Keras write it: a tensor with its content."""
    tensor = key(1, 0) + varint(1) + bytes_field(2, b"") + bytes_field(4, struct.pack("<f", value))
    return event(bytes_field(1, tag.encode()) + bytes_field(8, tensor), step)


def event(value: bytes, step: int) -> bytes:
    summary = bytes_field(5, bytes_field(1, value))
    return record(double_field(1, 1.7e9 + step) + key(2, 0) + varint(step & (1 << 64) - 1) + summary)


def key(field: int, kind: int) -> bytes:
    return varint(field << 3 | kind)


def bytes_field(field: int, data: bytes) -> bytes:
    return key(field, 2) + varint(len(data)) + data


def double_field(field: int, value: float) -> bytes:
    return key(field, 1) + struct.pack("<d", value)


def varint(value: int) -> bytes:
    out = b""
    while value >= 0x80:
        out += bytes((value & 0x7F | 0x80,))
        value >>= 7
    return out + bytes((value,))
