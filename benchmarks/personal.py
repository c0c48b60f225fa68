"""Making one participant's own stimuli against the library calls that it consists of, and how long they wait.

`python -m benchmarks.personal`; --write puts the table into docs/benchmarks.md. The library calls are, once for the
word, the fit of its curve, and for every stimulus the decoder, `sosfilt`, the loudness, the resampling for the true
peak and the encoder. CPU time is compared, so that other work on the machine counts less; a participant waits for the
share of one of the server's processes.
"""

from __future__ import annotations

import io
import tempfile
import time
from pathlib import Path

import numpy as np
import pyloudnorm
import soundfile as sf
import soxr
from scipy.signal import sosfilt

from app.participant.rendering import N_PROCESSES
from benchmarks.timing import machine, options, write_section
from model import EQParams
from stimuli.build import build
from stimuli.music import clips
from stimuli.rendering.conditions import one_thread
from stimuli.rendering.personal import probes, setting_of, version

PAGE = Path(__file__).resolve().parents[1] / "docs" / "benchmarks.md"
WORDS, N_JUDGEMENTS = ("warm", "bright", "airy"), 8
GOAL_S, GOAL = 4.0, 1.3


def originals(folder: Path, n_clips: int) -> list[Path]:
    """The files of a set that personal stimuli are made of, one a clip."""
    chosen = clips.spread(clips.built_in_clips(), n_clips)
    found = build(folder, chosen, ("original",), WORDS[:1], workers=1, probes=1)
    return [found.audio_path(row.id) for row in found.of_kind("stimulus")]


def judgements(word: str) -> list[tuple[list[float], float]]:
    """Judgements of a listener who means the contrary of what people usually mean."""
    return [(setting.to_safe(), -0.5) for setting in probes(word, N_JUDGEMENTS)]


def made(files: list[Path]) -> None:
    """All of a participant's stimuli, as `app.participant.rendering.render` makes them."""
    for word in WORDS:
        setting = setting_of(word, judgements(word))
        for number, file in enumerate(files):
            version(file, setting, number)


def library_calls(files: list[Path], settings: dict[str, EQParams]) -> None:
    """The same work by the libraries' calls alone."""
    for word in WORDS:
        setting_of(word, judgements(word))
        for file in files:
            sound, rate_hz = sf.read(file, dtype="float32")
            treated = sosfilt(settings[word].sos(rate_hz), sound.T)
            pyloudnorm.Meter(rate_hz).integrated_loudness(treated.T)
            soxr.resample(treated.T, rate_hz, 4 * rate_hz, quality="HQ")
            form = {"format": "FLAC", "subtype": "PCM_16", "compression_level": 1.0}
            sf.write(io.BytesIO(), np.float32(0.1) * treated.T, rate_hz, **form)


def measure(n_clips: int, rounds: int) -> tuple[float, float]:
    """CPU seconds of ours and of the library calls: the fastest of some rounds, in turns."""
    settings = {word: setting_of(word, judgements(word)) for word in WORDS}
    ours, theirs = [], []
    with tempfile.TemporaryDirectory() as folder, one_thread():
        files = originals(Path(folder) / "set", n_clips)
        for _ in range(rounds):
            cpu = time.process_time()
            made(files)
            ours.append(time.process_time() - cpu)
            cpu = time.process_time()
            library_calls(files, settings)
            theirs.append(time.process_time() - cpu)
    return min(ours), min(theirs)


def main() -> None:
    arguments = options(__doc__)
    ours, theirs = measure(arguments.clips, arguments.rounds)
    n = arguments.clips * len(WORDS)
    each = ours / N_PROCESSES
    what = f"make {n} stimuli"
    body = f"""
`python -m benchmarks.personal --write`, on {machine()}: {n} stimuli ({arguments.clips} clips,
{len(WORDS)} words) from {N_JUDGEMENTS} judgements a word; the fastest of {arguments.rounds} rounds.

| what | ours | against | theirs | ratio | goal |
| --- | --- | --- | --- | --- | --- |
| {what}, CPU | {ours:.2f} s | their library calls | {theirs:.2f} s | {ours / theirs:.2f} | at most {GOAL:g} |
| each of {N_PROCESSES} processes | {each:.2f} s | the wait asked for | {GOAL_S:g} s | {each / GOAL_S:.2f} | at most 1 |

The processes have started by then: the first judgement of a session begins them.
"""
    print(body)
    if arguments.write:
        write_section(PAGE, "A participant's own stimuli", body)


if __name__ == "__main__":
    main()
