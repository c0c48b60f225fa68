"""Write stimuli as FLAC files that give nothing away but their sound: 16 bits, dithered, all of one size.

Sixteen bits suffice: at -23 LUFS, TPDF dither lies some 70 dB below the music, under the noise of any room, and a
session's download is half that with 24. Each file's dither is its own, so that no two files hold the same bytes, not
even the original clip's under two descriptors. A PADDING block (RFC 9639, section 8.3) brings every file of a set to
the same size.
"""

from __future__ import annotations

import io
from collections.abc import Iterator

import numpy as np
import soundfile as sf

_PADDING = 1
_LAST = 0x80
_LONGEST_BLOCK = (1 << 24) - 1
_SIZE_STEP = 4096
_STRONGEST = 1.0


def quantise(audio: np.ndarray, seed: int) -> np.ndarray:
    """Round float [channels, samples] in -1..1 to int16 with triangular dither of two steps, drawn from a seed."""
    rng = np.random.default_rng(seed)
    dither = rng.random(audio.shape, dtype=np.float32) - rng.random(audio.shape, dtype=np.float32)
    return np.clip(np.rint(audio * np.float32(32768) + dither), -32768, 32767).astype(np.int16)


def encode(samples: np.ndarray, sample_rate_hz: int) -> bytes:
    """A FLAC file of int16 [channels, samples]."""
    file = io.BytesIO()
    sf.write(file, samples.T, sample_rate_hz, format="FLAC", subtype="PCM_16", compression_level=_STRONGEST)
    return file.getvalue()


def common_size(sizes: list[int]) -> int:
    """The size in bytes to which files of these sizes can all be padded."""
    return -(-(max(sizes) + 4) // _SIZE_STEP) * _SIZE_STEP


def padded(data: bytes, size: int) -> bytes:
    """A FLAC file brought to exactly ``size`` bytes by empty metadata; the audio stays as it is.

    Raises
    ------
    ValueError
        When the file is not FLAC or is already larger, or too near the size for a block of four bytes.
    """
    missing = size - len(data)
    if missing == 0:
        return data
    if missing < 4:
        raise ValueError(f"A FLAC file of {len(data)} bytes cannot be padded to {size}: the least padding has 4 bytes.")
    *_, (start, end) = _blocks(data)
    last = bytes([data[start] & ~_LAST]) + data[start + 1 : end]
    return data[:start] + last + b"".join(_padding_blocks(missing)) + data[end:]


def _padding_blocks(n_bytes: int) -> Iterator[bytes]:
    while n_bytes:
        length = min(n_bytes - 4, _LONGEST_BLOCK)
        if 0 < n_bytes - 4 - length < 4:
            length -= 4
        n_bytes -= 4 + length
        yield bytes([_PADDING | (0 if n_bytes else _LAST)]) + length.to_bytes(3, "big") + bytes(length)


def _blocks(data: bytes) -> Iterator[tuple[int, int]]:
    """Where each metadata block begins and ends."""
    if data[:4] != b"fLaC":
        raise ValueError("This is not a FLAC file: it does not begin with fLaC.")
    start = 4
    while True:
        end = start + 4 + int.from_bytes(data[start + 1 : start + 4], "big")
        yield start, end
        if data[start] & _LAST:
            return
        start = end
