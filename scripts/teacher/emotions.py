"""Makes a teacher's targets tell more of emotions: answers without a bias for a voice, and 32 more numbers.

python scripts/teacher/emotions.py --data ../shared/data --cache DIR --targets FILE --output FILE

The cache is that of frames.py. The 32 numbers are mean and deviation of the second layer over a clip, along the axes of
axes.py, each of mean square 1. They follow the embedding's 128. Clips of dev have none: zeros.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
from safetensors import safe_open
from safetensors.numpy import save_file

import frames
import hearing
from axes import labelled
from bias import unbiased
from clips import read_clips


def summaries(view: frames.View, cache: Path, clips: list) -> np.ndarray:
    """Mean and deviation over time of each number of the layer, [clips, 1024]; of mean 0 and deviation 1 over the labelled
    ones."""
    rows = []
    for share in hearing.shares(clips):
        for heard in frames.read(cache, share):
            rest = view.rest(heard)
            rows.append(np.concatenate([rest.mean(axis=0), rest.std(axis=0)]))
    values = np.array(rows, np.float64)
    known = values[labelled(clips)]
    return (values - known.mean(axis=0)) / known.std(axis=0)


def main() -> None:
    """From a file of targets to one that tells more."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="the folder of splits.csv")
    parser.add_argument("--cache", type=Path, required=True, help="what frames.py heard")
    parser.add_argument("--targets", type=Path, required=True, help="what targets.py made")
    parser.add_argument("--output", type=Path, required=True, help="the file of targets, .safetensors")
    options = parser.parse_args()

    with safe_open(options.targets, "np") as file:
        metadata = file.metadata()
        logits, embedded = file.get_tensor("logits"), file.get_tensor("embedding")
    by_path = {clip.path: clip for clip in read_clips(options.data)}
    clips = [by_path[path] for path in json.loads(metadata["paths"])]

    heard_clips = frames.heard_clips(options.data, sorted({clip.corpus for clip in clips}))
    frames.listen(options.data, options.cache, heard_clips, 1)
    view = frames.View.of(options.cache, heard_clips)
    values = summaries(view, options.cache, heard_clips)
    numbers = values @ frames.along_emotions(values, heard_clips, frames.N_AXES)
    numbers = (numbers - numbers.mean(axis=0)) / numbers.std(axis=0)
    by_path = dict(zip((clip.path for clip in heard_clips), numbers, strict=True))
    more = np.array([by_path.get(clip.path, np.zeros(numbers.shape[1])) for clip in clips], np.float16)

    tensors = {"logits": unbiased(clips, logits), "embedding": np.hstack([embedded, more])}
    metadata["teacher"] += "; answers less what they say of a voice whatever it feels"
    save_file(tensors, options.output, metadata)


if __name__ == "__main__":
    main()
