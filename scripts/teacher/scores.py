"""How well a teacher answers: the mean recall of the emotions (UAR) of each corpus.

In: clips and their logits in each hearing. Out: a Markdown table.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from clips import Clip
from hearing import HEARINGS

PARTS = ("train", "dev", "test")


def uar(labels: np.ndarray, logits: np.ndarray) -> float:
    """The mean recall of the emotions that occur, in per cent; the answer is one of all seven."""
    right = logits.argmax(axis=1) == labels
    return 100.0 * float(np.mean([right[labels == label].mean() for label in np.unique(labels)]))


def table(clips: list[Clip], logits: np.ndarray, holdout: str = "") -> str:
    """UAR by corpus of each split and hearing, for corpora of more than one emotion.

    What is said of train is cross-fitted. The speaker held out, if any, has a line of their own.
    """
    clips = [replace(clip, corpus=holdout, part="test") if clip.voice == holdout else clip for clip in clips]
    labels = np.array([-1 if clip.emotion is None else clip.emotion for clip in clips])
    corpora = np.array([clip.corpus for clip in clips])
    parts = np.array([clip.part for clip in clips])
    lines = [
        "| corpus | " + " | ".join(f"{part} {hearing}" for part in PARTS for hearing in reversed(HEARINGS)) + " |",
        "|---" * (1 + len(PARTS) * len(HEARINGS)) + "|",
    ]
    for corpus in dict.fromkeys(clip.corpus for clip in clips):
        if len(np.unique(labels[(corpora == corpus) & (labels >= 0)])) < 2:
            continue
        cells = []
        for part in PARTS:
            rows = (corpora == corpus) & (parts == part) & (labels >= 0)
            for hearing in reversed(range(len(HEARINGS))):
                cells.append(f"{uar(labels[rows], logits[rows, hearing]):.1f}" if rows.any() else "")
        lines.append(f"| {corpus} | " + " | ".join(cells) + " |")
    return "\n".join(lines)
