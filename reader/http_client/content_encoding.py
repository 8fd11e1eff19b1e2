"""Content codings (RFC 9110 8.4.1) undone in small pieces, so that a bomb is noticed while it is small.

405 bytes of Brotli can hold a gigabyte; a decoder that is handed them all returns it all.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator

import brotli

PIECE_BYTES = 1 << 16
MOST_CODINGS = 2
"""More than one on top of the other is rare, and multiplies."""

ACCEPTED = "gzip, br"


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


_DECODERS: dict[str, Callable[[Iterator[bytes]], Iterator[bytes]]] = {
    "identity": lambda chunks: chunks, "gzip": _gunzipped, "x-gzip": _gunzipped, "br": _unbrotlied
}  # fmt: skip
"""A server that sends what was not asked for is refused by name."""
