#!/usr/bin/env python3
"""Our MFCCs beside those of kaldi-native-fbank, librosa and openSMILE: the same frames, one thread each.

    pip install librosa==0.11.0 kaldi-native-fbank==1.23.0 opensmile==2.6.0 threadpoolctl
    python3 tests/peers/mfcc.py [--rounds N]

60 s of sound at 16 kHz; 25 ms under a Hann taper every 10 ms, transform of 512, power, 80 mel bands from 20 to
7600 Hz, natural logarithm, 40 coefficients of the orthonormal DCT-II; no padding, no dither, no pre-emphasis, no
lifter, nothing taken off the samples. Bands are Slaney's (openSMILE knows only HTK's). Each side plans everything
anew for every minute of sound. The sides take turns; the seconds are medians.

`rows(bench, rounds)` gives (peer, our seconds, the peer's seconds); `sides(bench)` what is to be timed. Before that the
coefficients are compared, so that like is timed with like: kaldi's and librosa's have to be ours.
"""

import argparse
import importlib.metadata
import os
import pathlib
import statistics
import sys
import tempfile
import time

# One thread each, before anything is imported that asks.
for name in ("OMP", "OPENBLAS", "MKL", "NUMBA"):
    os.environ.setdefault(f"{name}_NUM_THREADS", "1")

import kaldi_native_fbank  # noqa: E402
import librosa  # noqa: E402
import numpy as np  # noqa: E402
import opensmile  # noqa: E402
import threadpoolctl  # noqa: E402

import ours  # noqa: E402

WORK = "MFCCs of 60 s at 16 kHz, 1 thread"
RATE_HZ = 16_000
N_MELS = 80
N_MFCC = 40
LOW_HZ, HIGH_HZ = 20.0, 7600.0
ROUNDS = 9
# Mean absolute difference of a coefficient from ours. In f32, over 5,998 frames.
TOLERANCE = 1e-3
# openSMILE's bands are others: the first coefficients only go the same ways, the last are of other things.
LEAST_CORRELATION = 0.8
N_CORRELATED = 10


def sound():
    """A minute of a buzzing voice that glides, in noise, with pauses."""
    random = np.random.default_rng(1)
    time_s = np.arange(60 * RATE_HZ) / RATE_HZ
    phase = 2 * np.pi * np.cumsum(150 + 50 * np.sin(2 * np.pi * 0.7 * time_s)) / RATE_HZ
    voice = sum(np.sin(n * phase) / n for n in range(1, 30))
    voice *= 0.1 * np.maximum(np.sin(2 * np.pi * 1.3 * time_s), 0)
    return (voice + 0.003 * random.standard_normal(len(time_s))).astype(np.float32)


class Ours:
    """Our side of it: tests/benches/peers, which reads the samples from a file."""

    def __init__(self, bench, samples):
        self.bench = bench
        self.folder = tempfile.TemporaryDirectory()
        folder = pathlib.Path(self.folder.name)
        self.samples, self.coefficients = folder / "samples", folder / "coefficients"
        samples.tofile(self.samples)

    def seconds(self):
        return self.bench.ask("mfcc", self.samples)["seconds"]

    def frames(self):
        self.bench.ask("mfcc", self.samples, self.coefficients)
        return np.fromfile(self.coefficients, np.float32).reshape(-1, N_MFCC)


def kaldi(samples):
    options = kaldi_native_fbank.MfccOptions()
    frames, mels = options.frame_opts, options.mel_opts
    frames.samp_freq = RATE_HZ
    frames.frame_length_ms, frames.frame_shift_ms = 25, 10
    frames.window_type = "hann"
    frames.dither, frames.preemph_coeff, frames.remove_dc_offset = 0, 0, False
    frames.snip_edges = True
    mels.num_bins, mels.low_freq, mels.high_freq = N_MELS, LOW_HZ, HIGH_HZ
    mels.is_librosa, mels.use_slaney_mel_scale, mels.norm = True, True, "slaney"
    options.num_ceps, options.cepstral_lifter = N_MFCC, 0
    options.use_energy = False

    def run():
        mfcc = kaldi_native_fbank.OnlineMfcc(options)
        mfcc.accept_waveform(RATE_HZ, samples)
        mfcc.input_finished()
        return mfcc

    def frames_of(mfcc):
        return np.array([mfcc.get_frame(index) for index in range(mfcc.num_frames_ready)])

    return run, frames_of


def librosa_(samples):
    # librosa has a taper in the middle of the transform, and so begins later than the others by this.
    samples = np.pad(samples, (512 - 400) // 2)

    def run():
        power = librosa.feature.melspectrogram(
            y=samples,
            sr=RATE_HZ,
            n_fft=512,
            win_length=400,
            hop_length=160,
            center=False,
            n_mels=N_MELS,
            fmin=LOW_HZ,
            fmax=HIGH_HZ,
        )
        return librosa.feature.mfcc(S=np.log(np.maximum(power, 1e-10)), n_mfcc=N_MFCC)

    return run, lambda frames: frames.T


def open_smile(samples):
    path = pathlib.Path(__file__).with_suffix(".conf")
    smile = opensmile.Smile(feature_set=str(path), feature_level="features")

    def run():
        return smile.process_signal(samples, RATE_HZ)

    return run, lambda table: table.to_numpy()


PEERS = {"kaldi-native-fbank": kaldi, "librosa": librosa_, "opensmile": open_smile}


def timed(run):
    """Seconds of one run in one thread; the first is not counted."""
    with threadpoolctl.threadpool_limits(1):
        run()

    def seconds():
        with threadpoolctl.threadpool_limits(1):
            start = time.perf_counter()
            run()
            return time.perf_counter() - start

    return seconds


def sides(bench):
    """Our side, and each peer's by its name: functions that give the seconds of one minute of sound."""
    samples = sound()
    our_side = Ours(bench, samples)
    our_side.seconds()
    peers = {}
    for name, make in PEERS.items():
        run, _ = make(samples)
        peers[f"{name} {importlib.metadata.version(name)}"] = timed(run)
    return our_side.seconds, peers


def rows(bench, rounds=ROUNDS):
    """(peer, our seconds, the peer's seconds), medians of rounds in which the sides take turns."""
    our_seconds, peers = sides(bench)
    taken = {name: ([], []) for name in peers}
    for _ in range(rounds):
        for name, theirs in peers.items():
            taken[name][0].append(our_seconds())
            taken[name][1].append(theirs())
    return [
        (name, statistics.median(ours_s), statistics.median(theirs_s))
        for name, (ours_s, theirs_s) in taken.items()
    ]


def compare(bench):
    """Prints how far the coefficients are from ours; whether like is compared with like."""
    samples = sound()
    expected = Ours(bench, samples).frames()
    alike = True
    for name, make in PEERS.items():
        run, frames_of = make(samples)
        frames = np.asarray(frames_of(run()))
        n_frames = min(len(frames), len(expected))
        alike &= abs(len(frames) - len(expected)) <= 2
        difference = np.abs(frames[:n_frames] - expected[:n_frames]).mean()
        correlation = np.mean(
            [np.corrcoef(frames[:n_frames, n], expected[:n_frames, n])[0, 1] for n in range(N_CORRELATED)]
        )
        alike &= bool(correlation > LEAST_CORRELATION if name == "opensmile" else difference < TOLERANCE)
        print(
            f"{name}: {len(frames)} frames (ours {len(expected)}), mean absolute difference {difference:.1e}, "
            f"mean correlation of the first {N_CORRELATED} {correlation:.5f}"
        )
    return alike


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    given = parser.parse_args()
    bench = ours.Bench()
    alike = compare(bench)
    for peer, ours_s, theirs_s in rows(bench, given.rounds):
        print(
            f"{WORK}: ours {1e3 * ours_s:.2f} ms, {peer} {1e3 * theirs_s:.2f} ms: "
            f"{theirs_s / ours_s:.1f} times faster"
        )
    if not alike:
        sys.exit("the coefficients are not alike: the comparison says nothing")


if __name__ == "__main__":
    main()
