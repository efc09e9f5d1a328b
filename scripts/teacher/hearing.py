"""What the encoder hears in each clip: mean and deviation over time of each layer, kept in a cache.

In: clips. Out: numbers of each clip, each hearing, each layer.
The cache is a folder of small files, each with the clips of one corpus that follow one another; what is there
already is not made again, so work that was stopped goes on where it was.
"""

from __future__ import annotations

import hashlib
import os
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import lru_cache
from itertools import groupby
from pathlib import Path

import numpy as np

import mel
import sound
from clips import Clip
from encoder import WIDTH, Encoder
from weights import encoder_weights

HEARINGS = ("clean", "telephone")
N_LAYERS = 5
CLIPS_IN_FILE = 128
FRAMES_AT_ONCE = 400
"""Frames of 20 ms that go through the encoder together, about."""

RECIPE = "1"
"""Changes when what is heard changes: then the cache is made anew."""


@lru_cache(maxsize=1)
def encoder() -> Encoder:
    """The encoder of this process."""
    return Encoder(encoder_weights(), N_LAYERS)


def hear(path: Path) -> list[np.ndarray]:
    """A file's log-mel frames in each hearing."""
    clean = sound.load(path)
    hearings = (clean, sound.telephone(clean))
    return [mel.log_mel(sound.resample(samples, sound.RATE_HZ, mel.RATE_HZ)) for samples in hearings]


def pool(frames: list[np.ndarray]) -> np.ndarray:
    """Mean and deviation over time of each layer for each clip, [clips, layers, 2, 512]."""
    pooled = np.empty((len(frames), N_LAYERS, 2, WIDTH), np.float32)
    for layer, outputs in enumerate(encoder().layer_outputs(frames)):
        for clip, output in enumerate(outputs):
            pooled[clip, layer] = output.mean(axis=0), output.std(axis=0)
    return pooled


def pool_files(paths: list[Path]) -> np.ndarray:
    """What is heard in some files, [files, hearings, layers, 2, 512]."""
    pooled: list[np.ndarray] = []
    waiting: list[np.ndarray] = []
    for number, path in enumerate(paths, start=1):
        waiting.extend(hear(path))
        if number == len(paths) or sum(map(len, waiting)) >= 2 * FRAMES_AT_ONCE:
            pooled.append(pool(waiting))
            waiting = []
    return np.concatenate(pooled).reshape(len(paths), len(HEARINGS), N_LAYERS, 2, WIDTH)


def shares(clips: list[Clip]) -> Iterator[list[Clip]]:
    """The clips of each file of the cache."""
    for _, group in groupby(clips, key=lambda clip: (clip.part, clip.corpus)):
        members = list(group)
        for start in range(0, len(members), CLIPS_IN_FILE):
            yield members[start : start + CLIPS_IN_FILE]


def cache_file(cache: Path, clips: list[Clip]) -> Path:
    """Where a share of clips is kept."""
    names = "\n".join([RECIPE, *(clip.path for clip in clips)])
    digest = hashlib.sha256(names.encode()).hexdigest()[:16]
    return cache / f"{clips[0].corpus}-{clips[0].part}-{digest}.npy"


def fill(data: Path, file: Path, paths: list[str]) -> None:
    """Makes one file of the cache, whole or not at all, unless another process did meanwhile."""
    if file.exists():
        return
    pooled = pool_files([data / path for path in paths]).astype(np.float16)
    if not np.isfinite(pooled).all():
        raise ValueError(f"{file.name}: numbers that are not finite")
    partial = file.with_suffix(f".{os.getpid()}.partial")
    with partial.open("wb") as output:
        np.save(output, pooled)
    partial.replace(file)


def listen(data: Path, cache: Path, clips: list[Clip], jobs: int) -> None:
    """Fills the cache with what it lacks of these clips, and says how far it is."""
    cache.mkdir(parents=True, exist_ok=True)
    lacking = [(cache_file(cache, share), [clip.path for clip in share]) for share in shares(clips)]
    lacking = [(file, paths) for file, paths in lacking if not file.exists()]
    total = sum(len(paths) for _, paths in lacking)
    print(f"{len(clips)} clips, {len(clips) - total} of them heard before", file=sys.stderr, flush=True)
    began, done = time.monotonic(), 0

    def report(n_clips: int) -> None:
        nonlocal done
        done += n_clips
        rate = done / (time.monotonic() - began)
        left_min = (total - done) / rate / 60
        print(f"heard {done} of {total}, {rate:.1f} clips a second, {left_min:.0f} min left", file=sys.stderr, flush=True)

    if jobs == 1:
        for file, paths in lacking:
            fill(data, file, paths)
            report(len(paths))
        return
    with ProcessPoolExecutor(jobs) as workers:
        running = {workers.submit(fill, data, file, paths): len(paths) for file, paths in lacking}
        for finished in as_completed(running):
            finished.result()
            report(running[finished])


def read(cache: Path, clips: list[Clip], layers: range) -> np.ndarray:
    """What was heard, [clips, hearings, numbers] of the layers that are asked for (the first is 1), float32."""
    heard = np.empty((len(clips), len(HEARINGS), len(layers), 2, WIDTH), np.float32)
    start = 0
    for share in shares(clips):
        pooled = np.load(cache_file(cache, share), mmap_mode="r")
        heard[start : start + len(share)] = pooled[:, :, layers.start - 1 : layers.stop - 1]
        start += len(share)
    return heard.reshape(len(clips), len(HEARINGS), -1)
