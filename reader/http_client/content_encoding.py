"""Content codings (RFC 9110 8.4.1) undone in small pieces, so that a bomb is noticed while it is small.

405 bytes of Brotli can hold a gigabyte; a decoder that is handed them all returns it all.
"""

from __future__ import annotations

import itertools
import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import IO, cast

import brotli
import zstandard

PIECE_BYTES = 1 << 16
MOST_CODINGS = 2
"""More than one on top of the other is rare, and multiplies."""

ZSTD_WINDOW_BYTES = 8 << 20
"""RFC 9659: a decoder need not hold more."""


def decoded(chunks: Iterable[bytes], coding: str) -> Iterator[bytes]:
    """*chunks* without the codings of a Content-Encoding field; pieces of at most about PIECE_BYTES.

    Raises ValueError for codings that are unknown, too many, or broken. Of a body that ends early comes what is there.
    """
    names = [name.strip().lower() for name in coding.split(",") if name.strip()]
    if len(names) > MOST_CODINGS:
        raise ValueError(f"{len(names)} content codings")
    pieces = iter(chunks)
    for name in reversed(names):
        if name not in _DECODERS:
            raise ValueError(f"content coding {name[:20]!r}")
        pieces = _DECODERS[name](pieces)
    return pieces


def _identity(chunks: Iterator[bytes]) -> Iterator[bytes]:
    return chunks


def _gunzipped(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Also of several members one after the other (RFC 1952 2.2)."""
    decoder = zlib.decompressobj(zlib.MAX_WBITS | 16)
    for chunk in chunks:
        data = chunk
        while data:
            if decoder.eof:
                decoder = zlib.decompressobj(zlib.MAX_WBITS | 16)
            yield from _inflate(decoder, data)
            data = decoder.unused_data


def _inflated(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """``deflate`` is zlib's format (RFC 9110 8.4.1.2); some servers send it without the wrapping."""
    head = b""
    for chunk in chunks:
        head += chunk
        if len(head) > 1:
            break
    wrapped = len(head) > 1 and head[0] & 15 == 8 and (head[0] << 8 | head[1]) % 31 == 0
    decoder = zlib.decompressobj(zlib.MAX_WBITS if wrapped else -zlib.MAX_WBITS)
    for chunk in itertools.chain([head], chunks):
        yield from _inflate(decoder, chunk)


def _inflate(decoder: zlib._Decompress, data: bytes) -> Iterator[bytes]:
    try:
        while data or not decoder.eof:
            piece = decoder.decompress(data, PIECE_BYTES)
            if piece:
                yield piece
            data = decoder.unconsumed_tail
            if not data and len(piece) < PIECE_BYTES:
                return
    except zlib.error as error:
        raise ValueError(str(error)) from error


def _unbrotlied(chunks: Iterator[bytes]) -> Iterator[bytes]:
    decoder = brotli.Decompressor()
    try:
        for chunk in chunks:
            piece = decoder.process(chunk, output_buffer_limit=PIECE_BYTES)
            while piece or not decoder.can_accept_more_data():
                yield piece
                piece = decoder.process(b"", output_buffer_limit=PIECE_BYTES)
    except brotli.error as error:
        raise ValueError(f"brotli: {error}") from error


def _unzstded(chunks: Iterator[bytes]) -> Iterator[bytes]:
    reader = zstandard.ZstdDecompressor(max_window_size=ZSTD_WINDOW_BYTES).stream_reader(
        cast("IO[bytes]", _Source(chunks)), read_across_frames=True
    )
    try:
        while piece := reader.read(PIECE_BYTES):
            yield piece
    except zstandard.ZstdError as error:
        raise ValueError(str(error)) from error


class _Source:
    """Chunks as a file to read from; zstandard asks for no more than it can take."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks, self._rest = chunks, b""

    def read(self, size: int) -> bytes:
        self._rest = self._rest or next(self._chunks, b"")
        taken, self._rest = self._rest[:size], self._rest[size:]
        return taken


_DECODERS: dict[str, Callable[[Iterator[bytes]], Iterator[bytes]]] = {
    "identity": _identity, "gzip": _gunzipped, "x-gzip": _gunzipped, "deflate": _inflated, "br": _unbrotlied,
    "zstd": _unzstded,
}  # fmt: skip
