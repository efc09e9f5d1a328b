#!/usr/bin/env python3
"""Writes the golden values of the feature recipes, as librosa and SciPy compute them; of phone-v3 the coefficients.

    pip install librosa==0.11.0
    python3 tests/data/features/golden.py

Input: none; the signals are synthetic (`signal`, the same as in src/hearing/src/features/golden.rs).
Output, beside this script: expected/NAME.csv, one row a frame and one column a coefficient, and
expected/mel-NAME.csv, one row a mel band: its first bin and the weights from there on.
"""

import pathlib

import librosa
import numpy as np
import scipy.fft
import scipy.signal

EXPECTED = pathlib.Path(__file__).resolve().parent / "expected"
RATE_HZ = {"phone-v1": 8000, "phone-v3": 8000, "seed-v1": 22050}
POWER_FLOOR = 1e-8  # PHONE_V1_POWER_FLOOR


def signal(rate_hz):
    """One second: digital silence, a chirp in noise up to 0.45 of the rate, and noise 80 dB lower."""
    samples = np.zeros(rate_hz)
    state = 1
    for n in range(rate_hz):
        state = (state * 1664525 + 1013904223) % 2**32
        noise = state / 2**31 - 1.0
        time_s = n / rate_hz
        if 0.1 <= time_s < 0.8:
            cycles = 100.0 * time_s + (0.45 * rate_hz - 100.0) * time_s * time_s / 2.0
            samples[n] = 0.5 * np.sin(2.0 * np.pi * cycles) + 0.01 * noise
        elif time_s >= 0.8:
            samples[n] = 1e-4 * noise
    return samples.astype(np.float32)


def phone_v1_filters():
    return librosa.filters.mel(
        sr=8000, n_fft=256, n_mels=48, fmin=80.0, fmax=3800.0, dtype=np.float64
    )


def phone_v3_filters():
    return librosa.filters.mel(
        sr=8000, n_fft=256, n_mels=48, fmin=240.0, fmax=3800.0, dtype=np.float64
    )


def seed_v1_filters():
    return librosa.filters.mel(sr=22050, n_fft=2048, n_mels=128, dtype=np.float64)


def phone_v1(samples):
    """[n_frames, 40]; the recipe of the same name in src/hearing/src/features/recipe.rs."""
    return phone(samples, phone_v1_filters())


def phone_v3(samples):
    """[n_frames, 40]; what stands before pitch, voicing and level in the recipe of the same name."""
    edge = scipy.signal.butter(6, 200.0, "highpass", fs=8000, output="sos")
    sections = np.vstack([edge] + [notch(hz, 20.0) for hz in (100, 120, 150, 180, 200, 240)])
    before = scipy.signal.sosfilt_zi(sections) * samples[0]
    filtered, _ = scipy.signal.sosfilt(sections, samples.astype(np.float64), zi=before)
    return phone(filtered, phone_v3_filters())


def notch(hz, quality):
    """A section of R. Bristow-Johnson's Audio EQ Cookbook."""
    angle = 2.0 * np.pi * hz / 8000
    alpha = np.sin(angle) / (2.0 * quality)
    section = [1.0, -2.0 * np.cos(angle), 1.0, 1.0 + alpha, -2.0 * np.cos(angle), 1.0 - alpha]
    return np.array(section) / (1.0 + alpha)


def phone(samples, filters):
    frames = librosa.util.frame(samples.astype(np.float64), frame_length=200, hop_length=80)
    taper = librosa.filters.get_window("hann", 200, fftbins=True)
    power = np.abs(np.fft.rfft(frames * taper[:, None], n=256, axis=0)) ** 2
    logarithms = np.log(np.maximum(filters @ power, POWER_FLOOR))
    return scipy.fft.dct(logarithms, axis=0, type=2, norm="ortho")[:40].T


def seed_v1(samples):
    """[n_frames, 40]; the original notebook's call."""
    return librosa.feature.mfcc(y=samples, sr=22050, n_mfcc=40).T


REFERENCE = {"phone-v1": phone_v1, "phone-v3": phone_v3, "seed-v1": seed_v1}
FILTERS = {"phone-v1": phone_v1_filters, "phone-v3": phone_v3_filters, "seed-v1": seed_v1_filters}


def main():
    EXPECTED.mkdir(exist_ok=True)
    for name, reference in REFERENCE.items():
        frames = reference(signal(RATE_HZ[name]))
        with open(EXPECTED / f"{name}.csv", "w") as file:
            for frame in frames:
                file.write(",".join(f"{value:.5f}" for value in frame) + "\n")
        with open(EXPECTED / f"mel-{name}.csv", "w") as file:
            for row in FILTERS[name]():
                (bins,) = np.nonzero(row)
                weights = row[bins[0] : bins[-1] + 1]
                file.write(",".join([str(bins[0])] + [f"{w:.8g}" for w in weights]) + "\n")
        print(f"{name}: {frames.shape[0]} frames of {frames.shape[1]}")


if __name__ == "__main__":
    main()
