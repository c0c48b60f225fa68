"""Sets of sounds that exist already."""

import numpy as np
import soundfile as sf

from stimuli.readymade import Readymade, build_readymade


def test_sounds_of_a_clip_become_equally_long_by_silence_at_the_end(tmp_path):
    noise, lengths = np.random.default_rng(0).normal(0, 0.1, (44_100, 2)), {"short": 13_000, "long": 44_100}
    for name, length in lengths.items():
        sf.write(tmp_path / f"{name}.wav", noise[:length], 44_100, subtype="FLOAT")
    sounds = [Readymade("song", name, tmp_path / f"{name}.wav") for name in lengths]
    made = build_readymade(tmp_path / "set", sounds, "quality", name="set")
    heard = {row.condition: sf.read(made.audio_path(row.id))[0] for row in made.stimuli if row.kind == "stimulus"}
    assert {len(sound) for sound in heard.values()} == {44_100}
    assert np.abs(heard["short"][13_000:]).max() < 1e-3 < np.abs(heard["short"][:13_000]).max()  # dither alone
