"""Whisper's log-mel spectrum.

In: samples at 16 kHz. Out: 80 bands, 100 frames a second.
"""

from __future__ import annotations

import numpy as np
from scipy.fft import rfft

RATE_HZ = 16_000
FFT_LEN = 400
HOP_LEN = 160
N_BANDS = 80

# Slaney's scale: linear up to 1 kHz at 15 bands, then 27 bands for each factor of 6.4.
HZ_PER_MEL = 200.0 / 3.0
BREAK_HZ = 1_000.0
BREAK_MEL = BREAK_HZ / HZ_PER_MEL
LOG_STEP = np.log(6.4) / 27.0


def hz_to_mel(hz: np.ndarray) -> np.ndarray:
    """Slaney's mel of a frequency."""
    hz = np.asarray(hz, np.float64)
    return np.where(hz < BREAK_HZ, hz / HZ_PER_MEL, BREAK_MEL + np.log(np.maximum(hz, 1.0) / BREAK_HZ) / LOG_STEP)


def mel_to_hz(mel: np.ndarray) -> np.ndarray:
    """The frequency of Slaney's mel."""
    mel = np.asarray(mel, np.float64)
    return np.where(mel < BREAK_MEL, mel * HZ_PER_MEL, BREAK_HZ * np.exp(LOG_STEP * (mel - BREAK_MEL)))


def filterbank() -> np.ndarray:
    """Weights of the bins in each band, [80, 201]: triangles of equal area."""
    bins_hz = np.fft.rfftfreq(FFT_LEN, 1.0 / RATE_HZ)
    edges_hz = mel_to_hz(np.linspace(0.0, hz_to_mel(RATE_HZ / 2), N_BANDS + 2))
    low, centre, high = edges_hz[:-2, None], edges_hz[1:-1, None], edges_hz[2:, None]
    rising = (bins_hz - low) / (centre - low)
    falling = (high - bins_hz) / (high - centre)
    triangles = np.maximum(0.0, np.minimum(rising, falling))
    return (triangles * 2.0 / (high - low)).astype(np.float32)


FILTERBANK = np.ascontiguousarray(filterbank().T)
WINDOW = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(FFT_LEN) / FFT_LEN)).astype(np.float32)


def log_mel(samples: np.ndarray) -> np.ndarray:
    """The clip's frames, [n, 80], with Whisper's own normalisation over the clip."""
    if len(samples) < FFT_LEN:
        samples = np.pad(samples, (0, FFT_LEN - len(samples)))
    padded = np.pad(samples.astype(np.float32), FFT_LEN // 2, mode="reflect")
    frames = np.lib.stride_tricks.sliding_window_view(padded, FFT_LEN)[::HOP_LEN]
    frames = frames[: len(samples) // HOP_LEN]
    spectrum = rfft(frames * WINDOW, axis=1)
    power = spectrum.real**2 + spectrum.imag**2
    log = np.log10(np.maximum(power @ FILTERBANK, 1e-10))
    return (np.maximum(log, log.max() - 8.0) + 4.0) / 4.0
