#!/usr/bin/env python3
"""Compares the program's features with librosa's on real clips, value by value.

    pip install librosa==0.11.0 soundfile
    cargo build --release
    python3 tests/data/features/compare_librosa.py [--undertone PROGRAM] [--data FOLDER]

For each recipe and clip, librosa decodes and resamples; both sides then compute the features of these very
samples, handed over as a float WAV file. Fails where a value differs by more than 1e-3, or where nothing was
compared. The clips are the synthetic signal of golden.py and, where the folder holds them, 20 of TESS.

It also reports, without judging it, how far the whole way from the file differs: there the resamplers are
different ones (soxr in librosa, which falls from 0.91 of the band on, rubato here, which does not), and so
are the highest mel bands of seed-v1. The product only ever uses its own resampler, in training too.
"""

import argparse
import csv
import io
import pathlib
import subprocess
import sys
import tempfile

import librosa
import numpy as np
import soundfile

import golden

TOLERANCE = 1e-3
N_CLIPS = 20
PROJECT = pathlib.Path(__file__).resolve().parents[3]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--undertone", default=PROJECT / "target" / "release" / "undertone")
    parser.add_argument("--data", type=pathlib.Path, default=PROJECT.parent / "shared" / "data")
    return parser.parse_args()


def chosen_clips(data):
    """Clips of both speakers and of all seven emotions, which follow each other in the names' order."""
    everything = sorted(data.glob("tess/*.ogg"))
    indices = [len(everything) * index // N_CLIPS + index % 7 for index in range(N_CLIPS)]
    return [everything[index] for index in indices if index < len(everything)]


def undertone_frames(program, recipe, path):
    """The coefficients that `undertone inspect --features` writes: [n_frames, 40]."""
    command = [program, "inspect", path, "--features", recipe, "--csv", "-"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}: {done.stderr.strip()}")
    rows = list(csv.reader(io.StringIO(done.stdout)))
    assert rows[0][:2] == ["time_s", "mfcc_0"], rows[0]
    return np.array([[float(value) for value in row[1:41]] for row in rows[1:]])


def difference_on_same_samples(program, recipe, samples):
    """The largest absolute difference, and how many values were compared."""
    expected = golden.REFERENCE[recipe](samples)
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "clip.wav"
        soundfile.write(path, samples, golden.RATE_HZ[recipe], subtype="FLOAT")
        frames = undertone_frames(program, recipe, path)
    if frames.shape != expected.shape:
        sys.exit(f"{recipe}: {frames.shape} values, and {expected.shape} by librosa")
    return float(np.abs(frames - expected).max()), frames.size


def differences_of_the_whole_way(program, recipe, path, samples):
    """All absolute differences where each side decodes and resamples by itself."""
    expected = golden.REFERENCE[recipe](samples)
    frames = undertone_frames(program, recipe, path)
    # The resamplers round the length differently, so one of them may have one frame more.
    n_frames = min(len(frames), len(expected))
    return np.abs(frames[:n_frames] - expected[:n_frames]).ravel()


def main():
    given = arguments()
    clips = chosen_clips(given.data)
    if not clips:
        print(f"no TESS clips in {given.data}: comparing the synthetic signal only")
    failed = False
    for recipe, rate_hz in golden.RATE_HZ.items():
        largest, n_values = difference_on_same_samples(given.undertone, recipe, golden.signal(rate_hz))
        whole_way = []
        for path in clips:
            samples, _ = librosa.load(path, sr=rate_hz)
            # The program's samples are in [-1, 1]; Vorbis and resampling may go a little beyond.
            clipped = np.clip(samples, -1.0, 1.0)
            difference, n = difference_on_same_samples(given.undertone, recipe, clipped)
            print(f"{recipe}  {path.name:28}  {n:6} values  largest difference {difference:.1e}")
            largest, n_values = max(largest, difference), n_values + n
            whole_way.append(differences_of_the_whole_way(given.undertone, recipe, path, samples))
        verdict = "ok" if n_values > 0 and largest <= TOLERANCE else "FAILED"
        failed |= verdict != "ok"
        print(
            f"{recipe}: {verdict}: {len(clips)} clips and the synthetic signal, {n_values} values, "
            f"largest difference {largest:.1e} (at most {TOLERANCE:.0e})"
        )
        if whole_way:
            whole = np.concatenate(whole_way)
            print(
                f"{recipe}: from the files, with each side's own decoder and resampler: "
                f"median {np.median(whole):.1e}, 99 of 100 below {np.percentile(whole, 99):.1e}, "
                f"largest {whole.max():.1e}"
            )
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
