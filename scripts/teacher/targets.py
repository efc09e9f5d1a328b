"""Makes the teacher's targets: for each clip logits of the seven emotions and an embedding.

python scripts/teacher/targets.py --data ../shared/data --cache DIR --output FILE.safetensors
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(name, "1")  # --jobs says how many cores are used

import numpy as np
from safetensors.numpy import save_file

import embedding
import hearing
import scores
import teacher
from clips import EMOTIONS, STRANGERS, Clip, read_clips, read_votes
from head import Recipe

LAYERS = range(2, 6)
DESCRIPTION = (
    "OpenAI Whisper base encoder (MIT), frozen; mean and deviation over time of layers 2 to 5; "
    "heads of one hidden layer, cross-fitted over five groups of speakers"
)


def arguments() -> argparse.Namespace:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="the folder of splits.csv")
    parser.add_argument("--cache", type=Path, required=True, help="a folder for what the encoder heard")
    parser.add_argument("--output", type=Path, required=True, help="the file of targets, .safetensors")
    parser.add_argument("--corpora", help="only these corpora, with commas; default: all")
    parser.add_argument("--unlearned", default="", help="corpora whose labels are not learned from; their clips get targets")
    parser.add_argument("--folds", default="", help="the embedding alone, of all clips of this corpus, for undertone folds")
    parser.add_argument("--holdout", default="", help="CORPUS/SPEAKER that nothing is learned from")
    parser.add_argument("--scores", action="store_true", help="print how well the teacher answers, on test too")
    parser.add_argument("--jobs", type=int, default=1, help="processes that hear clips")
    return parser.parse_args()


def standardise(inputs: np.ndarray, rows: np.ndarray) -> None:
    """Brings each number to mean 0 and deviation 1 over the rows, in place."""
    n_inputs = inputs.shape[2]
    total, squares = np.zeros(n_inputs), np.zeros(n_inputs)
    for block in np.array_split(rows, max(1, len(rows) // 512)):
        values = inputs[block].reshape(-1, n_inputs).astype(np.float64)
        total += values.sum(axis=0)
        squares += (values**2).sum(axis=0)
    count = len(rows) * inputs.shape[1]
    mean = total / count
    deviation = np.sqrt(np.maximum(squares / count - mean**2, 1e-12))
    inputs -= mean.astype(np.float32)
    inputs /= deviation.astype(np.float32)


def of_folds(options: argparse.Namespace, clips: list[Clip]) -> None:
    """The embedding of all clips of a corpus. It knows no label, so that every fold may learn it; logits are zeros."""
    if not clips:
        raise SystemExit(f"no such corpus: {options.folds}")
    hearing.listen(options.data, options.cache, clips, options.jobs)
    inputs = hearing.read(options.cache, clips, LAYERS)
    standardise(inputs, np.arange(len(clips)))
    means = inputs.mean(axis=1)
    write(options, clips, np.zeros((len(clips), len(EMOTIONS)), np.float32), embedding.fit(means)(means), [options.folds])


def write(
    options: argparse.Namespace, clips: list[Clip], logits: np.ndarray, embedded: np.ndarray, corpora: list[str]
) -> None:
    """The file of targets."""
    tensors = {"logits": logits.astype(np.float32), "embedding": embedded.astype(np.float16)}
    metadata = {
        "paths": json.dumps([clip.path for clip in clips]),
        "teacher": DESCRIPTION,
        "corpora": json.dumps(corpora),
        "holdout": options.holdout,
    }
    options.output.parent.mkdir(parents=True, exist_ok=True)
    save_file(tensors, options.output, metadata)
    print(f"{options.output}: {len(clips)} clips", file=sys.stderr)


def main() -> None:
    """The whole way from the recordings to the file."""
    options = arguments()
    clips = read_clips(options.data)
    known = {clip.corpus for clip in clips} - {STRANGERS}
    corpora = set(options.corpora.split(",")) if options.corpora else known
    if not corpora <= known:
        raise SystemExit(f"no such corpus to learn from: {', '.join(sorted(corpora - known))}")
    if options.holdout and options.holdout not in {clip.voice for clip in clips}:
        raise SystemExit(f"no such speaker: {options.holdout}")

    if options.folds:
        of_folds(options, [clip for clip in clips if clip.corpus == options.folds])
        return

    judged = ("dev", "test") if options.scores else ()
    clips = [
        clip
        for clip in clips
        if (clip.corpus in corpora and clip.part != "test") or clip.part in judged
    ]
    hearing.listen(options.data, options.cache, clips, options.jobs)
    inputs = hearing.read(options.cache, clips, LAYERS)

    def is_open(clip: Clip) -> bool:
        """Whether the clip may be learned from and gets a target."""
        return clip.corpus in corpora and clip.part != "test" and clip.voice != options.holdout

    open_rows = np.array([row for row, clip in enumerate(clips) if is_open(clip)])
    fitted = np.array([row for row in open_rows if clips[row].part != "dev"])
    standardise(inputs, fitted)
    unlearned = set(options.unlearned.split(","))
    learned = np.array([row for row in open_rows if clips[row].corpus not in unlearned])
    taught = teacher.train(clips, inputs, learned, read_votes(options.data), Recipe())
    logits = taught.logits(clips, inputs)
    means = inputs.mean(axis=1)
    embed = embedding.fit(means[fitted])
    print(f"the embedding holds {100 * embed.explained:.1f} % of the variance", file=sys.stderr)

    judged_clips = [clips[row] for row in open_rows]
    write(options, judged_clips, logits[open_rows].mean(axis=1), embed(means[open_rows]), sorted(corpora))
    if options.scores:
        print(scores.table(clips, logits, options.holdout))


if __name__ == "__main__":
    main()
