"""The audio encoder: log-mel -> 32 numbers that say which EQ the audio sounds as if it already had.

An equaliser adds its response to every frame of a log-mel spectrogram. So the features are split in two: the long-term
spectrum, which an EQ shifts by exactly its response, and a texture that no EQ changes (how far each band fluctuates,
how tonal it is, how it moves with its neighbours). The network predicts from the texture which spectrum such a sound
naturally has; what is left of the long-term spectrum is the EQ already in it, and a linear map takes it to the latent
space. A pre-equalised clip is therefore moved in proportion to the pre-equaliser, whatever it plays.

Audio is float [channels, samples] at any sample rate: the window lasts 93 ms at each, the channels' powers are added.
"""

from __future__ import annotations

import math
import warnings
from functools import lru_cache, reduce

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import nn
from torchaudio.functional import melscale_fbanks

N_MELS = 80
LATENT = 32
LOW_HZ, HIGH_HZ = 30.0, 18_000.0
WINDOW_S = 0.093
# Frames that are transformed at once: the memory for all of them would be asked of the system anew for every sound,
# which takes half as long as transforming them.
BLOCK_FRAMES = 64
# Longer audio is represented by twelve excerpts of ten seconds.
LONGEST_S, N_EXCERPTS, EXCERPT_S = 120.0, 12, 10.0
# Bands this far below the strongest hold too little to be heard; a clip with this share of its bands above that, or a
# larger one, can be judged for timbre, one with less than the lower share cannot.
AUDIBLE_BAND_DB, HEARD_SHARES = -60.0, (0.1, 0.3)
# Frames this far below the loudest are pauses, and bands this far below the whole hold nothing but rounding noise.
GATE_DB, FLOOR_DB = -50.0, -75.0
# A texture further from the usual one, in standard deviations, counts as this far: few sounds taught what it means.
MOST_UNUSUAL = 4.0
TEXTURE = (
    "mean",
    "deviation",
    "tenth",
    "median",
    "ninetieth",
    "flux",
    "onset",
    "tonality",
    "momentary tonality",
    "next",
    "far",
    "whole",
)


def mel_centres_hz() -> np.ndarray:
    """Return the centre frequencies of the mel bands, Hz [80]."""
    return _from_mel(np.linspace(_to_mel(LOW_HZ), _to_mel(HIGH_HZ), N_MELS + 2))[1:-1]


def _to_mel(frequency_hz: ArrayLike) -> np.ndarray:
    return 2595 * np.log10(1 + np.asarray(frequency_hz) / 700)


def _from_mel(mel: ArrayLike) -> np.ndarray:
    return 700 * (10 ** (np.asarray(mel) / 2595) - 1)


# How wide the mel bands are: they count by it wherever spectra or curves are compared.
OCTAVES = torch.as_tensor(np.gradient(np.log2(mel_centres_hz()))).float()


def window_samples(sample_rate: float) -> int:
    """Return the analysis window in samples: the power of two nearest to 93 ms."""
    return 2 ** round(math.log2(WINDOW_S * sample_rate))


@lru_cache(maxsize=16)
def _hann(size: int, dtype: torch.dtype, device: torch.device) -> torch.Tensor:
    return torch.hann_window(size, dtype=dtype, device=device)


@lru_cache(maxsize=16)
def mel_bank(sample_rate: float) -> torch.Tensor:
    """Return triangular mel filters [80, bins] that average power; a band beyond the Nyquist frequency is empty."""
    n_bins = window_samples(sample_rate) // 2 + 1
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a low sample rate leaves bands without bins, which is meant
        bank = melscale_fbanks(n_bins, LOW_HZ, HIGH_HZ, N_MELS, sample_rate, mel_scale="htk").T
    edges_hz = _from_mel(np.linspace(_to_mel(LOW_HZ), _to_mel(HIGH_HZ), N_MELS + 2))
    bank[edges_hz[2:] > 0.95 * sample_rate / 2] = 0
    return bank / bank.sum(dim=1, keepdim=True).clamp(min=1e-9)


@lru_cache(maxsize=16)
def held_bands(sample_rate: float) -> torch.Tensor:
    """Return which mel bands [80] the sample rate holds."""
    return mel_bank(sample_rate).sum(dim=1) > 0


def representative(audio: np.ndarray, sample_rate: float) -> np.ndarray:
    """Return ``audio`` [channels, samples], or, beyond 2 minutes, twelve evenly spaced excerpts of it."""
    n, total = int(EXCERPT_S * sample_rate), audio.shape[-1]
    if total <= LONGEST_S * sample_rate:
        return audio
    starts = np.linspace(0, total - n, N_EXCERPTS).astype(int)
    return np.concatenate([audio[:, start : start + n] for start in starts], axis=1)


def log_mel(audio: torch.Tensor, sample_rate: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the power spectrogram and its mel bands.

    Parameters
    ----------
    audio : float tensor [batch, channels, samples]; shorter than a window is padded with silence

    Returns
    -------
    power [batch, frames, bins], bands [batch, 80, frames] : linear power, channels averaged
    """
    size = window_samples(sample_rate)
    if audio.shape[-1] < size:
        audio = nn.functional.pad(audio, (0, size - audio.shape[-1]))
    frames = audio.unfold(-1, size, size // 2)
    power = torch.cat([_power(block) for block in frames.split(BLOCK_FRAMES, dim=2)], dim=1)
    return power, (power @ mel_bank(float(sample_rate)).to(power).T).mT.contiguous()


def _power(frames: torch.Tensor) -> torch.Tensor:
    """Return the power spectra [batch, frames, bins] of frames [batch, channels, frames, size], channels averaged."""
    window = _hann(frames.shape[-1], frames.dtype, frames.device)
    spectra = (torch.fft.rfft(channel * window) for channel in frames.unbind(1))
    powers = (spectrum.real.square().addcmul_(spectrum.imag, spectrum.imag) for spectrum in spectra)
    return reduce(torch.Tensor.add_, powers).div_(frames.shape[1])


def features(audio: torch.Tensor, sample_rate: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Return long-term spectrum and texture of a batch of clips.

    Parameters
    ----------
    audio : float tensor [batch, channels, samples]
    sample_rate : float, Hz

    Returns
    -------
    spectrum : tensor [batch, 80], dB, mean 0 over the bands that the sample rate holds; NaN-free, 0 beyond them
    texture : tensor [batch, 12, 80], in units of 10 dB or correlations, which an EQ leaves as it is
    """
    spectrum, texture, _ = features_and_frames(audio, sample_rate)
    return spectrum, texture


def features_and_frames(
    audio: torch.Tensor, sample_rate: float
) -> tuple[torch.Tensor, torch.Tensor, list[torch.Tensor]]:
    """Return what `features` does, and of every clip the levels in dB [80, frames] of the frames that are no pauses."""
    power, bands = log_mel(audio, sample_rate)
    bank, held = mel_bank(float(sample_rate)).to(power), held_bands(float(sample_rate)).to(power.device)
    rows = [_features_of_one(*pair, bank, held) for pair in zip(power, bands, strict=True)]
    spectra, textures, frames = zip(*rows, strict=True)
    return torch.stack(spectra), torch.stack(textures), list(frames)


def _features_of_one(
    power: torch.Tensor, bands: torch.Tensor, bank: torch.Tensor, held: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    loudness = bands.detach().sum(dim=0)
    loud = loudness > loudness.max() * 10 ** (GATE_DB / 10)
    # The power is large: only the frames that are looked at are copied.
    frames = loud.nonzero()[:, 0]
    bands = bands.index_select(1, frames)
    floor = bands.detach()[held].mean() * 10 ** (FLOOR_DB / 10) + 1e-20
    decibels = 10 * torch.log10(bands + floor)
    long_term = 10 * torch.log10(bands.mean(dim=1) + floor)
    ordered = _sorted(decibels)
    n = ordered.shape[1]
    steps = decibels.diff(dim=1) if n > 1 else torch.zeros_like(decibels)
    momentary = 10 * (torch.log10(power.index_select(0, frames[::4]) + floor) @ bank.T).T
    lasting = 10 * (bank @ torch.log10((loud / loud.sum()) @ power + floor))
    standard = _standardised(decibels)
    measures = [
        decibels.mean(dim=1) - long_term,
        decibels.std(dim=1, correction=0),
        *(ordered[:, int(share * (n - 1))] - long_term for share in (0.1, 0.5, 0.9)),
        steps.abs().mean(dim=1),
        steps.clamp_min(0).square().mean(dim=1).add(1e-9).sqrt(),
        long_term - lasting,
        (decibels[:, ::4] - momentary).mean(dim=1),
        *(10 * _correlation(standard, standard.roll(-step, dims=0)) for step in (1, 8)),
        10 * _correlation(standard, _standardised(decibels[held].mean(dim=0, keepdim=True))),
    ]
    texture = torch.stack(measures) / 10
    spectrum = torch.where(held, long_term - long_term[held].mean(), 0.0)
    return spectrum, torch.where(held, texture, 0.0), decibels


def _sorted(rows: torch.Tensor) -> torch.Tensor:
    """Return rows in ascending order: by NumPy, eight times as fast, where no gradient has to pass through."""
    if rows.requires_grad or rows.device.type != "cpu":
        return rows.sort(dim=1).values
    return torch.from_numpy(np.sort(rows.numpy(), axis=1))


def _standardised(rows: torch.Tensor) -> torch.Tensor:
    rows = rows - rows.mean(dim=1, keepdim=True)
    return rows / rows.square().mean(dim=1, keepdim=True).add(1e-4).sqrt()


def _correlation(first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
    return (first * second).mean(dim=1)


def heard_share(spectrum: torch.Tensor) -> torch.Tensor:
    """Return how far sounds of these spectra [batch, 80] can be judged for timbre: 0 for a sine or DC, 1 for music."""
    held = spectrum != 0
    loud = held & (spectrum > spectrum.max(dim=1, keepdim=True).values + AUDIBLE_BAND_DB)
    low, high = HEARD_SHARES
    return ((loud.sum(dim=1) / held.sum(dim=1).clamp_min(1) - low) / (high - low)).clamp(0, 1)


class AudioEncoder(nn.Module):
    """Texture -> the natural spectrum; spectrum beyond it -> 32 latent numbers (see the module)."""

    texture_mean: torch.Tensor
    texture_scale: torch.Tensor
    spectrum_mean: torch.Tensor
    z_flat: torch.Tensor
    belief: torch.Tensor

    def __init__(self, width: int = 32, dropout: float = 0.5) -> None:
        super().__init__()
        self.register_buffer("texture_mean", torch.zeros(len(TEXTURE), N_MELS))
        self.register_buffer("texture_scale", torch.ones(len(TEXTURE), N_MELS))
        self.register_buffer("spectrum_mean", torch.zeros(N_MELS))
        self.register_buffer("z_flat", torch.zeros(LATENT))
        # How far the prediction from the texture is believed; what else is unusual in a spectrum counts as an EQ.
        self.register_buffer("belief", torch.tensor(0.5))
        self.position = nn.Parameter(torch.zeros(width, N_MELS))
        self.entry = nn.Conv1d(len(TEXTURE), width, 5, padding=2)
        self.blocks = nn.ModuleList(ResidualBlock(width, 2**power, dropout) for power in range(4))
        self.whole = nn.Sequential(nn.Linear(width, width), nn.GELU(), nn.Dropout(dropout))
        self.natural = nn.Conv1d(2 * width, 1, 1)
        self.to_latent = nn.Linear(N_MELS, LATENT, bias=False)
        self.expect_usual()

    def expect_usual(self) -> None:
        """Take every sound to have the usual spectrum by nature, whatever its texture: as before training."""
        for parameter in self.natural.parameters():
            nn.init.zeros_(parameter)

    def natural_spectrum(self, texture: torch.Tensor) -> torch.Tensor:
        """Return the spectrum in dB [batch, 80] that sounds of this texture [batch, 12, 80] naturally have."""
        return self.natural_of(self.hidden(texture))

    def natural_of(self, hidden: torch.Tensor) -> torch.Tensor:
        """Return the natural spectrum in dB [batch, 80] that follows from what `hidden` gives."""
        whole = self.whole(hidden.mean(dim=2))[:, :, None].expand(-1, -1, N_MELS)
        natural = self.spectrum_mean + 10 * self.natural(torch.cat([hidden, whole], dim=1))[:, 0]
        return natural - natural.mean(dim=1, keepdim=True)

    def hidden(self, texture: torch.Tensor) -> torch.Tensor:
        """Return what is made of textures [batch, 12, 80] before anything is predicted from it, [batch, width, 80]."""
        # A band that the sample rate does not hold has no texture: it is taken as usual.
        texture = torch.where((texture == 0).all(dim=1, keepdim=True), self.texture_mean, texture)
        standard = (texture - self.texture_mean) / self.texture_scale
        hidden = self.entry(standard.clamp(-MOST_UNUSUAL, MOST_UNUSUAL)) + self.position
        for block in self.blocks:
            hidden = block(hidden)
        return hidden

    def nature(self, texture: torch.Tensor) -> torch.Tensor:
        """Return how the natural spectrum of these textures differs from that of usual music, dB [batch, 80]."""
        return self.natural_spectrum(texture) - self.spectrum_mean

    def code(self, spectrum: torch.Tensor, nature: torch.Tensor) -> torch.Tensor:
        """Return z_audio [batch, 32] of spectra [batch, 80] beyond what `nature` explains."""
        return self.z_flat + self.to_latent(self.unusual(spectrum, self.belief * nature))

    def unusual(self, spectrum: torch.Tensor, expected: torch.Tensor | float = 0.0) -> torch.Tensor:
        """Return spectra [batch, 80] beyond the usual one and ``expected``, dB, without their means."""
        beyond = spectrum - self.spectrum_mean - expected
        # Bands that the sample rate does not hold are 0 in the spectrum and must not tilt the rest.
        held = (spectrum != 0).to(spectrum)
        count = held.sum(dim=1, keepdim=True).clamp_min(1)
        return held * (beyond - (held * beyond).sum(dim=1, keepdim=True) / count)

    def forward(self, spectrum: torch.Tensor, texture: torch.Tensor) -> torch.Tensor:
        """Return z_audio [batch, 32] from what `features` gives."""
        return self.code(spectrum, self.nature(texture))


class ResidualBlock(nn.Module):
    """A dilated convolution over bands and one within each, added to what came in [batch, width, 80]."""

    def __init__(self, width: int, dilation: int, dropout: float) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.GroupNorm(8, width),
            nn.Conv1d(width, width, 3, padding=dilation, dilation=dilation),
            nn.GELU(),
            nn.Dropout(dropout),
            nn.Conv1d(width, width, 1),
        )

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        return hidden + self.layers(hidden)
