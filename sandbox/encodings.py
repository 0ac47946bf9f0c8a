"""Content-Encoding: a body as gzip, deflate or Brotli has it, for servers that send one."""

from __future__ import annotations

import gzip
import zlib

_BROTLI_BLOCK = 1 << 16
_BROTLI_WINDOW = (0b0, 1)  # a zero bit means a window of 16 bits (RFC 7932, 9.1)


def encoded(body: bytes, coding: str) -> bytes:
    """Return the body in this coding: gzip, deflate (in zlib's format), raw-deflate (as some servers send it), br.

    Raises ValueError for another one.
    """
    match coding:
        case "gzip":
            return gzip.compress(body, mtime=0)
        case "deflate":
            return zlib.compress(body)
        case "raw-deflate":
            packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
            return packer.compress(body) + packer.flush()
        case "br":
            return _brotli(body)
        case _:
            raise ValueError(f"no coding {coding}")


def accepted(coding: str, accept: str) -> bool:
    """Say whether this Accept-Encoding header takes the coding."""
    wanted = {}
    for part in accept.lower().split(","):
        name, _, weight = part.partition(";")
        wanted[name.strip()] = weight.replace(" ", "") not in {"q=0", "q=0.0", "q=0.00", "q=0.000"}
    return wanted.get(coding.removeprefix("raw-"), wanted.get("*", False))


def _brotli(body: bytes) -> bytes:
    """Return a Brotli stream of uncompressed meta-blocks: valid, and written without a library (RFC 7932, 9.2)."""
    stream = bytearray()
    value, count = _BROTLI_WINDOW
    for start in range(0, len(body), _BROTLI_BLOCK):
        block = body[start : start + _BROTLI_BLOCK]
        # Not the last (0), a length of four nibbles (00), the length less one, uncompressed (1): 20 bits.
        value |= ((len(block) - 1) << 3 | 1 << 19) << count
        stream += value.to_bytes(-(-(count + 20) // 8), "little") + block
        value = count = 0
    value |= 0b11 << count  # the last one, and empty
    return bytes(stream) + bytes([value])
