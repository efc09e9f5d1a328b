"""Makes the teacher's frames: what the encoder's second layer puts out at each moment of each clip, in 96 numbers: up to
32 axes along which emotions differ, and principal components.

python scripts/teacher/frames.py --data ../shared/data --cache DIR --output FILE.safetensors

A network that imitates them learns at each of its steps, not once a clip. The file is large (about 500 MB), so it is
made where it is used: `undertone train --teacher-frames FILE`.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import lru_cache
from pathlib import Path

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(name, "1")  # --jobs says how many cores are used

import numpy as np
from safetensors.numpy import save_file

import embedding
import hearing
import mel
import sound
from axes import emotion_axes, labelled
from clips import STRANGERS, Clip, read_clips
from encoder import Encoder
from weights import encoder_weights

LAYER = 2
FRAME_MS = 20
N_NUMBERS = 96
N_AXES = 32
"""At most so many of them look along the emotions' axes."""

FEWEST = 50
"""Clips that a moment's mean is made of; where fewer are so long, the mean of all moments counts."""


@lru_cache(maxsize=1)
def encoder() -> Encoder:
    """The encoder of this process, up to the layer."""
    return Encoder(encoder_weights(), LAYER)


def outputs(frames: list[np.ndarray]) -> list[np.ndarray]:
    """The layer's output for each clip, [frames of 20 ms, 512], of its log-mel frames."""
    *_, last = encoder().layer_outputs(frames)
    return [output.astype(np.float16) for output in last]


def outputs_of_files(paths: list[Path]) -> list[np.ndarray]:
    """The layer's output for each file as it is, trimmed and cut as the teacher hears it."""
    heard: list[np.ndarray] = []
    waiting: list[np.ndarray] = []
    for number, path in enumerate(paths, start=1):
        waiting.append(mel.log_mel(sound.resample(sound.load(path), sound.RATE_HZ, mel.RATE_HZ)))
        if number == len(paths) or sum(map(len, waiting)) >= 2 * hearing.FRAMES_AT_ONCE:
            heard.extend(outputs(waiting))
            waiting = []
    return heard


def cache_files(cache: Path, clips: list[Clip]) -> tuple[Path, Path]:
    """Where the frames of a share of clips are kept, and how many each has."""
    file = hearing.cache_file(cache, clips)
    return file.with_name(f"frames{LAYER}-{file.name}"), file.with_name(f"lengths{LAYER}-{file.name}")


def fill(data: Path, cache: Path, clips: list[Clip]) -> int:
    """Makes a share's files of the cache; the lengths come last, and say that both are whole."""
    frames_file, lengths_file = cache_files(cache, clips)
    if not lengths_file.exists():
        heard = outputs_of_files([data / clip.path for clip in clips])
        for file, values in ((frames_file, np.concatenate(heard)), (lengths_file, np.array([len(one) for one in heard]))):
            partial = file.with_suffix(f".{os.getpid()}.partial")
            with partial.open("wb") as output:
                np.save(output, values)
            partial.replace(file)
    return len(clips)


def listen(data: Path, cache: Path, clips: list[Clip], jobs: int) -> None:
    """Fills the cache with what it lacks, and says how far it is."""
    cache.mkdir(parents=True, exist_ok=True)
    done = 0
    with ProcessPoolExecutor(jobs) as workers:
        running = [workers.submit(fill, data, cache, share) for share in hearing.shares(clips)]
        for finished in as_completed(running):
            done += finished.result()
            print(f"heard {done} of {len(clips)}", file=sys.stderr, flush=True)


def read(cache: Path, share: list[Clip]) -> list[np.ndarray]:
    """What was heard in a share of clips."""
    frames_file, lengths_file = cache_files(cache, share)
    ends = np.cumsum(np.load(lengths_file))
    return np.split(np.load(frames_file, mmap_mode="r"), ends[:-1])


class View:
    """What of the layer's output is kept: less the mean of each moment, which nobody can hear (the encoder adds the place
    in time), in some components and along the emotions' axes."""

    def __init__(self, heard: Callable[[], Iterator[np.ndarray]], clips: list[Clip], n_numbers: int = N_NUMBERS) -> None:
        self.means = moment_means(heard())
        width = self.means.shape[1]
        covariance, n_frames, clip_means = np.zeros((width, width)), 0, []
        for frames in heard():
            rest = self.rest(frames)
            covariance += rest.T @ rest
            n_frames += len(rest)
            clip_means.append(rest.mean(axis=0))
        covariance /= n_frames
        axes = along_emotions(np.array(clip_means), clips, n_numbers)
        axes /= np.sqrt(np.einsum("in,ij,jn->n", axes, covariance, axes))
        components, self.explained = embedding.components(covariance, n_numbers - axes.shape[1])
        self.components = np.hstack([components, axes.astype(np.float32)])

    @classmethod
    def of(cls, cache: Path, clips: list[Clip]) -> View:
        """The view of clips of the cache."""
        return cls(lambda: (frames for share in hearing.shares(clips) for frames in read(cache, share)), clips)

    def rest(self, frames: np.ndarray) -> np.ndarray:
        """The frames less the means of their moments."""
        return frames.astype(np.float32) - self.means[: len(frames)]

    def __call__(self, frames: np.ndarray) -> np.ndarray:
        """A clip's frames, [frames, numbers]; over all clips their mean square is 1."""
        return self.rest(frames) @ self.components


def along_emotions(values: np.ndarray, clips: list[Clip], n_numbers: int) -> np.ndarray:
    """The axes of the clips' emotions; none where no emotion is known."""
    rows = labelled(clips)
    if len(rows) == 0:
        return np.zeros((values.shape[1], 0))
    return emotion_axes(values[rows], [clips[row] for row in rows], min(N_AXES, n_numbers))


def moment_means(clips: Iterator[np.ndarray]) -> np.ndarray:
    """The mean output at each moment of a clip, [moments, width]."""
    longest = int(sound.LONGEST_S * 1000) // FRAME_MS + 2
    sums, counts = 0, np.zeros(longest, np.int64)
    for frames in clips:
        if counts.sum() == 0:
            sums = np.zeros((longest, frames.shape[1]))
        sums[: len(frames)] += frames
        counts[: len(frames)] += 1
    means = np.tile(sums.sum(axis=0) / counts.sum(), (longest, 1))
    known = counts >= FEWEST
    means[known] = sums[known] / counts[known, None]
    return means.astype(np.float32)


def heard_clips(data: Path, corpora: list[str] | None) -> list[Clip]:
    """The clips whose frames are told: those that may be learned from, of these corpora or all."""
    clips = [clip for clip in read_clips(data) if clip.corpus != STRANGERS and clip.part in ("train", "unlabelled")]
    return [clip for clip in clips if corpora is None or clip.corpus in corpora]


def main() -> None:
    """The whole way from the recordings to the file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="the folder of splits.csv")
    parser.add_argument("--cache", type=Path, required=True, help="a folder for what the encoder heard")
    parser.add_argument("--output", type=Path, required=True, help="the file of frames, .safetensors")
    parser.add_argument("--corpora", help="only these corpora, with commas; default: all")
    parser.add_argument("--jobs", type=int, default=1, help="processes that hear clips")
    options = parser.parse_args()

    clips = heard_clips(options.data, options.corpora and options.corpora.split(","))
    if not clips:
        raise SystemExit("no clips of these corpora")
    listen(options.data, options.cache, clips, options.jobs)

    view = View.of(options.cache, clips)
    print(f"the components hold {100 * view.explained:.1f} % of the variance", file=sys.stderr)
    told = [view(frames).astype(np.float16) for share in hearing.shares(clips) for frames in read(options.cache, share)]
    ends = np.cumsum([len(frames) for frames in told])
    metadata = {
        "paths": json.dumps([clip.path for clip in clips]),
        "teacher": f"OpenAI Whisper base encoder (MIT), frozen; layer {LAYER} at each moment",
        "frame_ms": str(FRAME_MS),
    }
    options.output.parent.mkdir(parents=True, exist_ok=True)
    save_file({"frames": np.concatenate(told), "ends": ends.astype(np.int64)}, options.output, metadata)
    print(f"{options.output}: {len(clips)} clips", file=sys.stderr)


if __name__ == "__main__":
    main()
