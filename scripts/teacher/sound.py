"""What a clip sounds like in the product: 8 kHz, no silence at the ends, 4 s at most, perhaps over a telephone.

In: a sound file. Out: mono float32 samples.
"""

from __future__ import annotations

from functools import lru_cache
from math import gcd
from pathlib import Path

import numpy as np
import soundfile
from scipy.signal import firwin, resample_poly, sosfilt

RATE_HZ = 8_000
"""The product's rate."""

LONGEST_S = 4.0

FRAME_MS = 20
MARGIN_MS = 50
THRESHOLD_DB = 35.0
LOUD_PERCENTILE = 95

BUTTERWORTH_4 = (0.5411961, 1.306563)
"""Quality factors of the two sections of a fourth-order Butterworth filter."""

LOW_HZ = 300.0
HIGH_HZ = 3_400.0

BIAS = 33 << 2
CLIP = 32_635
FULL_SCALE = 32_768.0


@lru_cache(maxsize=None)
def resampling_filter(up: int, down: int) -> np.ndarray:
    """A windowed sinc that ends 4 % below the lower of the two Nyquist frequencies."""
    most = max(up, down)
    return firwin(2 * 32 * most + 1, 0.96 / most, window=("kaiser", 8.0)).astype(np.float32)


def resample(samples: np.ndarray, from_hz: int, to_hz: int) -> np.ndarray:
    """The samples at another rate."""
    if from_hz == to_hz:
        return samples
    divisor = gcd(from_hz, to_hz)
    up, down = to_hz // divisor, from_hz // divisor
    return resample_poly(samples, up, down, window=resampling_filter(up, down)).astype(np.float32)


def trim_silence(samples: np.ndarray, rate_hz: int = RATE_HZ) -> np.ndarray:
    """The clip without silence at its ends, as the product trims it (src/augment/trim.rs)."""
    frame_len = rate_hz * FRAME_MS // 1000
    margin_len = rate_hz * MARGIN_MS // 1000
    if frame_len == 0 or len(samples) == 0:
        return samples
    squares = samples.astype(np.float64) ** 2
    starts = np.arange(0, len(samples), frame_len)
    lengths = np.minimum(starts + frame_len, len(samples)) - starts
    powers = np.add.reduceat(squares, starts) / lengths
    loud = np.sort(powers)[(len(powers) - 1) * LOUD_PERCENTILE // 100]
    is_loud = np.flatnonzero((powers > 0) & (powers >= loud / 10 ** (THRESHOLD_DB / 10)))
    if len(is_loud) == 0:
        return samples
    start = max(is_loud[0] * frame_len - margin_len, 0)
    end = min((is_loud[-1] + 1) * frame_len + margin_len, len(samples))
    return samples[start:end]


def middle(samples: np.ndarray, rate_hz: int = RATE_HZ, longest_s: float = LONGEST_S) -> np.ndarray:
    """At most `longest_s` from the middle of the clip."""
    length = int(longest_s * rate_hz)
    start = max(len(samples) - length, 0) // 2
    return samples[start : start + length]


def load(path: Path) -> np.ndarray:
    """A sound file as a clip: mono, 8 kHz, trimmed, 4 s at most."""
    samples, rate_hz = soundfile.read(path, dtype="float32", always_2d=True)
    return middle(trim_silence(resample(samples.mean(axis=1), rate_hz, RATE_HZ)))


def section(frequency_hz: float, quality: float, high_pass: bool) -> list[float]:
    """A filter of second order at 8 kHz (R. Bristow-Johnson, "Audio EQ Cookbook")."""
    angle = 2 * np.pi * frequency_hz / RATE_HZ
    cos, alpha = np.cos(angle), np.sin(angle) / (2 * quality)
    edge = (1 + cos) / 2 if high_pass else (1 - cos) / 2
    b = np.array([edge, -2 * edge if high_pass else 2 * edge, edge]) / (1 + alpha)
    return [*b, 1.0, -2 * cos / (1 + alpha), (1 - alpha) / (1 + alpha)]


CLASSIC_BAND = np.array(
    [section(LOW_HZ, quality, True) for quality in BUTTERWORTH_4]
    + [section(HIGH_HZ, quality, False) for quality in BUTTERWORTH_4]
)


def mu_law_encode(samples: np.ndarray) -> np.ndarray:
    """The code of each sample in [-1, 1] after ITU-T G.711, all bits inverted as on the line."""
    scaled = samples.astype(np.float64) * FULL_SCALE
    linear = np.clip(np.trunc(scaled + np.copysign(0.5, scaled)), -40_000, 40_000).astype(np.int32)
    magnitude = np.minimum(np.abs(linear), CLIP) + BIAS
    segment = np.frexp(magnitude.astype(np.float64))[1].astype(np.int32) - 8
    step = (magnitude >> (segment + 3)) & 0x0F
    sign = np.where(linear < 0, 0x80, 0)
    return (~(sign | (segment << 4) | step) & 0xFF).astype(np.uint8)


def mu_law_decode(codes: np.ndarray) -> np.ndarray:
    """The sample in [-1, 1] that each code stands for."""
    codes = ~codes.astype(np.int32) & 0xFF
    magnitude = ((((codes & 0x0F) << 3) + BIAS) << ((codes >> 4) & 0x07)) - BIAS
    return (np.where(codes & 0x80, -magnitude, magnitude) / FULL_SCALE).astype(np.float32)


def telephone(samples: np.ndarray) -> np.ndarray:
    """The clip over the product's classic line: 300 to 3,400 Hz, then mu-law."""
    return mu_law_decode(mu_law_encode(sosfilt(CLASSIC_BAND, samples.astype(np.float64))))
