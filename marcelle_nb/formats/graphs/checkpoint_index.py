"""The index of a checkpoint: a sorted string table as in LevelDB.

Blocks of entries that share prefixes, and a footer of 48 bytes.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_FOOTER = 48
_MAGIC = 0xDB4775248B80FB57


def table_entries(data: bytes) -> dict[bytes, bytes]:
    """Read all entries of a table.

    Raises
    ------
    ValueError, IndexError, struct.error
        If it is damaged.
    """
    if len(data) < _FOOTER or struct.unpack("<Q", data[-8:])[0] != _MAGIC:
        raise ValueError("no footer")
    _, at = _handle(data, len(data) - _FOOTER)
    index, _ = _handle(data, at)
    return {
        key: value
        for _, place in _block(data, *index)
        for key, value in _block(data, *_handle(place, 0)[0])
    }


def varint(data: Any, at: int) -> tuple[int, int]:
    """Read a number of 7 bits a byte; give it, and where it ends."""
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
        shift += 7
        if shift > 63:
            raise ValueError("a number that is too long")


def _handle(data: bytes, at: int) -> tuple[tuple[int, int], int]:
    offset, at = varint(data, at)
    size, at = varint(data, at)
    return (offset, size), at


def _block(data: bytes, offset: int, size: int) -> Iterator[tuple[bytes, bytes]]:
    """Give the entries of a block."""
    if size < 4 or offset + size + 5 > len(data):
        raise ValueError("a block that is not there")
    if data[offset + size] != 0:
        raise ValueError("a compressed block")
    block = data[offset : offset + size]
    (restarts,) = struct.unpack("<I", block[-4:])
    end = size - 4 - 4 * restarts
    if end < 0:
        raise ValueError("a block without entries")
    at, key = 0, b""
    while at < end:
        shared, at = varint(block, at)
        rest, at = varint(block, at)
        length, at = varint(block, at)
        if shared > len(key) or at + rest + length > end:
            raise ValueError("an entry that is not there")
        key = key[:shared] + block[at : at + rest]
        yield key, block[at + rest : at + rest + length]
        at += rest + length


def slice_key(name: str, part: Any) -> bytes:
    """Give the key of a slice: numbers and texts such that they sort as bytes."""
    escapes = {0: b"\0\xff", 255: b"\xff\0"}
    text = b"".join(escapes.get(byte, bytes([byte])) for byte in name.encode())
    key = _ordered(0) + text + b"\0\1" + _ordered(len(part.extent))
    for extent in part.extent:
        whole = not extent.HasField("length")
        key += _signed(0 if whole else extent.start) + _signed(-1 if whole else extent.length)
    return key


def _ordered(value: int) -> bytes:
    digits = value.to_bytes((value.bit_length() + 7) // 8, "big")
    return bytes([len(digits)]) + digits


def _signed(value: int) -> bytes:
    """Give a number in as many bytes as its first bits count, turned over."""
    length = (~value if value < 0 else value).bit_length() // 7 + 1
    counted = ((1 << length) - 1) << (7 * length)
    turned = (value & ((1 << (8 * length)) - 1)) ^ counted
    return turned.to_bytes(length, "big")
