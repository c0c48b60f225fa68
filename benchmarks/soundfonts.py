"""The first notes of every built-in clip by this project's SoundFont player and by those that come as wheels.

    pip install symusic==0.5.9 midirenderer && pip install --no-deps tinysoundfont && python -m benchmarks.soundfonts

Pitch is the strongest of a note's first three harmonics against equal temperament (cents), fading the slope of its
level while it is held (dB/s), level its loudest 50 ms. `tinysoundfont` requires PyAudio, which is on PyPI as a source
distribution that needs PortAudio's headers to build on Linux; `--no-deps` leaves it out.
"""

import io
import time
from importlib.resources import files
from pathlib import Path

import numpy as np
import soundfile as sf
import soxr

from stimuli.music import score, soundfont, synth

RATE_HZ = soundfont.SAMPLE_RATE_HZ
HELD_S, TAIL_S, VELOCITY = 1.5, 0.5, 100
SF2 = next(str(place) for place in files("pretty_midi").iterdir() if place.name == "TimGM6mb.sf2")
N_NOTES = 3


def ours(program: int, pitch: int) -> np.ndarray:
    """One note by `stimuli.soundfont`, [2, samples]."""
    notes = [soundfont.play(z, pitch, HELD_S) for z in soundfont.general_midi().zones(0, program, pitch, VELOCITY)]
    sound = np.zeros((2, max(note.shape[1] for note in notes)))
    for note in notes:
        sound[:, : note.shape[1]] += note
    return sound


def tinysoundfont(program: int, pitch: int) -> np.ndarray:
    """One note by TinySoundFont."""
    import tinysoundfont as player

    synth = player.Synth(samplerate=RATE_HZ)
    synth.program_select(0, synth.sfload(SF2), 0, program)
    synth.noteon(0, pitch, VELOCITY)
    held = np.frombuffer(synth.generate(round(HELD_S * RATE_HZ)), np.float32)
    synth.noteoff(0, pitch)
    tail = np.frombuffer(synth.generate(round(TAIL_S * RATE_HZ)), np.float32)
    return np.concatenate([held, tail]).reshape(-1, 2).T


def symusic(program: int, pitch: int) -> np.ndarray:
    """One note by symusic's Prestosynth."""
    import symusic as player

    piece = player.Score(480)
    piece.tempos.append(player.Tempo(0, 120))
    track = player.Track(program=program)
    track.notes.append(player.Note(0, round(HELD_S * 960), pitch, VELOCITY))
    piece.tracks.append(track)
    return np.asarray(player.Synthesizer(SF2, RATE_HZ, 6).render(piece, True))


def midirenderer(program: int, pitch: int) -> np.ndarray:
    """One note by MIDIRenderer's RustySynth."""
    import midirenderer as player
    import mido

    file = mido.MidiFile(ticks_per_beat=480)
    file.tracks.append(track := mido.MidiTrack())
    track.append(mido.Message("program_change", program=program))
    track += [mido.Message("control_change", control=control, value=0) for control in (91, 93)]  # reverb, chorus
    track.append(mido.Message("note_on", note=pitch, velocity=VELOCITY))
    track.append(mido.Message("note_off", note=pitch, time=round(HELD_S * 960)))
    file.save(file=(content := io.BytesIO()))
    sound, rate_hz = sf.read(io.BytesIO(player.render_wave_from(Path(SF2).read_bytes(), content.getvalue())))
    return soxr.resample(sound, rate_hz, RATE_HZ).T


def cents(sound: np.ndarray, pitch: int) -> float:
    """How far a note is from equal temperament at A4 = 440 Hz."""
    part = sound.mean(axis=0)[round(0.2 * RATE_HZ) : round(1.4 * RATE_HZ)]
    n_fft = 1 << 20
    spectrum = np.abs(np.fft.rfft(part * np.hanning(part.size), n_fft))
    found = []
    for harmonic in (1, 2, 3):
        expected_hz = harmonic * 440 * 2 ** ((pitch - 69) / 12)
        low, high = (round(expected_hz * 2 ** (s / 12) * n_fft / RATE_HZ) for s in (-1.2, 1.2))
        at = low + int(spectrum[low:high].argmax())
        found.append((spectrum[at], 1200 * np.log2(at * RATE_HZ / n_fft / expected_hz)))
    return max(found)[1]


def levels_db(sound: np.ndarray) -> np.ndarray:
    """Level in windows of 50 ms."""
    power = (sound**2).sum(axis=0)
    n = round(0.05 * RATE_HZ)
    return 10 * np.log10(power[: power.size // n * n].reshape(-1, n).mean(axis=1) + 1e-12)


def main() -> None:
    cases = []
    for name in score.names():
        for part in score.load(name).parts:
            instrument = synth.INSTRUMENTS[part.instrument]
            if instrument.key is None:
                cases += [(part.instrument, instrument.program, note.pitch) for note in part.notes[:N_NOTES]]
    cases = sorted(set(cases))
    rows = {}
    for player in (ours, tinysoundfont, midirenderer, symusic):
        started = time.perf_counter()
        sounds = [player(program, pitch) for _, program, pitch in cases]
        seconds = time.perf_counter() - started
        tuning = np.array([cents(sound, pitch) for sound, (_, _, pitch) in zip(sounds, cases, strict=True)])
        levels = [levels_db(sound) for sound in sounds]
        fading = np.array([np.polyfit(np.arange(4, 28) * 0.05, level[4:28], 1)[0] for level in levels])
        rows[player.__name__] = tuning, fading, np.array([level.max() for level in levels]), levels, seconds
    reference = rows["ours"]
    print(f"{len(cases)} notes of {len({case[0] for case in cases})} instruments")
    print("player         |cents| median  95 %   max  over 10    level SD dB  envelope SD dB  seconds")
    for name, (tuning, _, loudest, levels, seconds) in rows.items():
        off = np.abs(tuning)
        level = loudest - reference[2]
        shape = [np.std((a - a.max())[:28] - (b - b.max())[:28]) for a, b in zip(levels, reference[3], strict=True)]
        print(
            f"{name:14}{np.median(off):12.1f}{np.percentile(off, 95):9.1f}{off.max():8.1f}{(off > 10).sum():6d}"
            f"{level.std():15.1f}{np.median(shape):12.1f}{seconds:13.1f}"
        )
    print("\nFading while held, dB/s; cents; level re ours, dB (means of an instrument's notes)")
    for name_of_instrument in sorted({case[0] for case in cases}):
        own = np.array([case[0] == name_of_instrument for case in cases])
        text = "  ".join(
            f"{name} {fading[own].mean():7.1f} {tuning[own].mean():6.1f} {(loudest - reference[2])[own].mean():6.1f}"
            for name, (tuning, fading, loudest, *_) in rows.items()
        )
        print(f"{name_of_instrument:18}{text}")


if __name__ == "__main__":
    main()
