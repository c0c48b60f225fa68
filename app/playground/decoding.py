"""Reading an uploaded file that may be hostile: in a process of its own, with limits on time, memory and what is read.

The file's own words are not believed: a header may state any length, so samples are read block by block until a limit.
Only the samples go on; the uploaded bytes are deleted and never served. This file runs as a script too and therefore
imports nothing of the project.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

UPLOAD_LIMIT_BYTES = 40_000_000
LONGEST_S = 600
EXCERPT_S = 10.0
SAMPLE_RATE_HZ = 44_100
MOST_SAMPLES = LONGEST_S * 48_000 * 2
SAMPLE_RATES_HZ = (8_000, 192_000)
MOST_CHANNELS = 8
SHORTEST_S = 1.0
QUIETEST_RMS = 1e-4
SECONDS = 20
MEMORY_BYTES = 2_000_000_000
LESS_URGENT = 15  # nice(2): what the study asks of this machine comes first
BLOCK_FRAMES = 65_536
UNREADABLE = "This is not an audio file that can be read: use WAV, FLAC, OGG, OPUS, MP3 or AIFF."


class UnreadableError(ValueError):
    """The file is in no format that can be read here; a browser may know it."""


def decode(source: Path, target: Path, start_s: float | None = None) -> dict[str, float]:
    """Decode ``source`` in a separate process and write an excerpt of it to ``target``.

    Parameters
    ----------
    source : the uploaded file; its name means nothing.
    target : where the excerpt goes: FLAC, 44.1 kHz, stereo, 24 bit.
    start_s : where the excerpt begins; the most energetic ten seconds without it.

    Returns
    -------
    dict
        ``start_s``, ``duration_s`` (of the excerpt) and ``source_s`` (of the whole file).

    Raises
    ------
    ValueError
        One sentence when the file cannot be used; `UnreadableError` when another program may still read it.
    """
    command = [sys.executable, "-I", str(Path(__file__)), str(source), str(target), json.dumps(start_s)]
    environment = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "PATH": os.environ.get("PATH", "")}
    try:
        done = subprocess.run(command, env=environment, capture_output=True, timeout=2 * SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise ValueError(f"Reading the file took more than {2 * SECONDS} s: is it damaged?") from None
    try:
        answer = json.loads(done.stdout)
    except ValueError:
        raise ValueError("The file needs more time or memory than a clip may: is it damaged?") from None
    if answer.get("error") == UNREADABLE:
        raise UnreadableError(UNREADABLE)
    if "error" in answer:
        raise ValueError(answer["error"])
    return answer


def read_bounded(path: Path) -> tuple[np.ndarray, int]:
    """All samples of an audio file up to the limits, as float32 [frames, channels], and its sample rate in Hz."""
    import numpy as np
    import soundfile

    try:
        file = soundfile.SoundFile(str(path))
    except (soundfile.LibsndfileError, RuntimeError):
        raise ValueError(UNREADABLE) from None
    with file:
        rate, channels = file.samplerate, file.channels
        if not SAMPLE_RATES_HZ[0] <= rate <= SAMPLE_RATES_HZ[1]:
            raise ValueError(f"The file's sample rate is {rate} Hz; clips have {_range(SAMPLE_RATES_HZ)} Hz.")
        if channels > MOST_CHANNELS:
            raise ValueError(f"The file has {channels} channels; clips have {MOST_CHANNELS} at most.")
        longest = min(LONGEST_S * rate, MOST_SAMPLES // channels)
        blocks, frames = [], 0
        while len(block := file.read(BLOCK_FRAMES, dtype="float32", always_2d=True)):
            blocks.append(block)
            frames += len(block)
            if frames > longest:
                raise ValueError(f"The file is longer than {longest / rate / 60:.1f} minutes: cut it first.")
    if frames < SHORTEST_S * rate:
        raise ValueError(f"The file holds {frames / rate:.2f} s of audio; a clip needs {SHORTEST_S:g} s or more.")
    return np.concatenate(blocks), rate


def most_energetic(audio: np.ndarray, rate: float, length_s: float) -> float:
    """Where the loudest ``length_s`` seconds of ``audio`` [frames, channels] begin, in s."""
    import numpy as np

    hop = int(rate / 4)
    power = np.einsum("ij,ij->i", audio, audio)
    energy = np.add.reduceat(power.astype(np.float64), np.arange(0, len(audio), hop))
    window = min(len(energy), round(length_s * 4))
    total = np.concatenate([[0.0], np.cumsum(energy)])
    return float(np.argmax(np.round(total[window:] - total[:-window], 9))) / 4


def _excerpt(source: Path, target: Path, start_s: float | None) -> dict[str, float]:
    import numpy as np
    import soundfile
    import soxr

    audio, rate = read_bounded(source)
    if not np.isfinite(audio).all():
        raise ValueError("The file holds samples that are not numbers: it is damaged.")
    latest = max(0.0, len(audio) / rate - EXCERPT_S)
    start = most_energetic(audio, rate, EXCERPT_S) if start_s is None else start_s
    start = min(max(0.0, start), latest)
    part = audio[round(start * rate) : round((start + EXCERPT_S) * rate)]
    part = part[:, :2] if audio.shape[1] > 1 else np.repeat(part, 2, axis=1)
    if np.sqrt(np.mean(part.astype(np.float64) ** 2)) < QUIETEST_RMS:
        raise ValueError("The clip is silent (below -80 dB): choose another part of it, or another file.")
    part = np.clip(soxr.resample(part, rate, SAMPLE_RATE_HZ), -1, 1)
    soundfile.write(str(target), part, SAMPLE_RATE_HZ, format="FLAC", subtype="PCM_24")
    return {"start_s": start, "duration_s": len(part) / SAMPLE_RATE_HZ, "source_s": len(audio) / rate}


def _limit_this_process() -> None:
    import resource

    os.nice(LESS_URGENT)
    for what, limit in (
        (resource.RLIMIT_CPU, SECONDS),
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_FSIZE, UPLOAD_LIMIT_BYTES),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (limit, limit))


def _range(limits: tuple[int, int]) -> str:
    return f"{limits[0]:,} to {limits[1]:,}"


def _main() -> None:
    source, target, start_s = sys.argv[1:]
    _limit_this_process()
    try:
        answer: dict[str, Any] = _excerpt(Path(source), Path(target), json.loads(start_s))
    except ValueError as error:
        answer = {"error": str(error)}
    except MemoryError:
        answer = {"error": "The file needs more memory than a clip may: cut it first."}
    print(json.dumps(answer))


if __name__ == "__main__":
    _main()
