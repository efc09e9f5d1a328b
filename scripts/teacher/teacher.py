"""The teacher: one head for each group of speakers that it has not heard.

In: clips and what the encoder heard in them. Out: logits for any of the clips, cross-fitted where a clip's
speaker is one of the training split.
"""

from __future__ import annotations

import sys

import numpy as np

import balance
import head
from clips import EMOTIONS, Clip
from groups import N_GROUPS, group_voices


class Teacher:
    """Heads, several for each group of speakers that they have not heard."""

    def __init__(self, groups: dict[str, int], heads: list[list[head.Head]]) -> None:
        self.groups = groups
        self.heads = heads

    def group_logits(self, inputs: np.ndarray) -> np.ndarray:
        """For each group the mean logits of its heads, [groups, clips, hearings, 7]."""
        flat = inputs.reshape(-1, inputs.shape[2])
        logits = [np.mean([one.logits(flat) for one in heads], axis=0) for heads in self.heads]
        return np.stack(logits).reshape(len(self.heads), *inputs.shape[:2], len(EMOTIONS))

    def logits(self, clips: list[Clip], inputs: np.ndarray) -> np.ndarray:
        """Logits [clips, hearings, 7] from heads that have not heard a clip's speaker; the mean of all for strangers."""
        of_groups = self.group_logits(inputs)
        chosen = of_groups.mean(axis=0)
        for number, clip in enumerate(clips):
            if clip.voice in self.groups:
                chosen[number] = of_groups[self.groups[clip.voice], number]
        return chosen


def train(
    clips: list[Clip], inputs: np.ndarray, rows: np.ndarray, votes: dict[str, list[float]], recipe: head.Recipe
) -> Teacher:
    """A teacher from those of the clips `rows` that are of the training split."""
    rows = np.array([row for row in rows if clips[row].part == "train"])
    learned = [clips[row] for row in rows]
    groups = group_voices(learned)
    group_of = np.array([groups[clip.voice] for clip in learned])
    targets = balance.targets(learned, votes)
    heads = []
    for group in range(N_GROUPS):
        heard = np.flatnonzero(group_of != group)
        shares = balance.shares([learned[number] for number in heard])
        heads.append(
            [
                head.train(inputs, rows[heard], targets[heard], shares, recipe, seed=1000 * group + seed)
                for seed in range(recipe.seeds)
            ]
        )
        print(f"heads without group {group + 1} of {N_GROUPS} trained", file=sys.stderr, flush=True)
    return Teacher(groups, heads)
