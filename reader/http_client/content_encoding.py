"""Decodes content codings (RFC 9110 8.4.1) in small chunks. The caller can stop a decompression bomb early.

405 bytes of Brotli can expand to a gigabyte.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator

import brotli

CHUNK_BYTES = 1 << 16
MOST_CODINGS = 2
"""The maximum number of nested codings."""

ACCEPTED = "gzip, br"


def decode(chunks: Iterable[bytes], coding: str, check: Callable[[], object] = lambda: None) -> Iterator[bytes]:
    """*chunks* decoded according to *coding*, a Content-Encoding field, in chunks of at most about CHUNK_BYTES.

    Raises ValueError for an unknown coding, too many codings or corrupt data. A truncated body yields its beginning.
    *check* is called for each chunk of each coding, even if the next coding decodes the chunk to nothing. It may raise
    an error.
    """
    names = [name.strip().lower() for name in coding.split(",") if name.strip()]
    if len(names) > MOST_CODINGS:
        raise ValueError(f"{len(names)} content codings")
    parts = iter(chunks)
    for name in reversed(names):
        if name not in _DECODERS:
            raise ValueError(f"content coding {name[:20]!r}")
        parts = _DECODERS[name](_check_chunks(parts, check))
    return _check_chunks(parts, check)


def _check_chunks(chunks: Iterator[bytes], check: Callable[[], object]) -> Iterator[bytes]:
    """*chunks* unchanged; calls *check* before each."""
    for chunk in chunks:
        check()
        yield chunk


def _decode_gzip(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Decodes gzip, including several consecutive members (RFC 1952 2.2)."""
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
            part = decoder.decompress(data, CHUNK_BYTES)
            if part:
                yield part
            data = decoder.unconsumed_tail
            if not data and len(part) < CHUNK_BYTES:
                return
    except zlib.error as error:
        raise ValueError(str(error)) from error


def _decode_brotli(chunks: Iterator[bytes]) -> Iterator[bytes]:
    decoder = brotli.Decompressor()
    try:
        for chunk in chunks:
            part = decoder.process(chunk, output_buffer_limit=CHUNK_BYTES)
            while part or not decoder.can_accept_more_data():
                yield part
                part = decoder.process(b"", output_buffer_limit=CHUNK_BYTES)
    except brotli.error as error:
        raise ValueError(f"brotli: {error}") from error


_DECODERS: dict[str, Callable[[Iterator[bytes]], Iterator[bytes]]] = {
    "identity": lambda chunks: chunks, "gzip": _decode_gzip, "x-gzip": _decode_gzip, "br": _decode_brotli
}  # fmt: skip
"""Decoder by coding. Other codings raise ValueError, because they were not in Accept-Encoding."""
