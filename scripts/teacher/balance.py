"""How often each clip is learned from, and what is to be learned.

In: clips of the training split, listeners' votes. Out: a share for each clip, a target for each clip.
"""

from __future__ import annotations

from collections import Counter

import numpy as np

from clips import EMOTIONS, Clip

VOTES_SHARE = 0.3
"""The part of the target that is what listeners heard."""

SMOOTHING = 0.1

LIGHT = 0.3
"""Weight of a corpus of one emotion only, and of wordless bursts, beside other corpora."""

BURSTS = "emogator"


def shares(clips: list[Clip]) -> np.ndarray:
    """How often each clip is drawn, 1 in all.

    A corpus counts by the root of its clips, an emotion within it by the root of its own.
    Then emotions that are rare in all corpora together are lifted by the root of what they lack.
    """
    corpora = Counter(clip.corpus for clip in clips)
    cells = Counter((clip.corpus, clip.emotion) for clip in clips)
    emotions = {corpus: [cell[1] for cell in cells if cell[0] == corpus] for corpus in corpora}

    def weight(corpus: str, emotion: int) -> float:
        light = corpus == BURSTS or len(emotions[corpus]) == 1
        of_corpus = corpora[corpus] ** 0.5 * (LIGHT if light else 1.0)
        roots = sum(cells[corpus, other] ** 0.5 for other in emotions[corpus])
        return of_corpus * cells[corpus, emotion] ** 0.5 / roots

    weights = {cell: weight(*cell) for cell in cells}
    of_emotion = Counter()
    for (_, emotion), value in weights.items():
        of_emotion[emotion] += value
    drawn = np.array([weights[c.corpus, c.emotion] / cells[c.corpus, c.emotion] / of_emotion[c.emotion] ** 0.5 for c in clips])
    return drawn / drawn.sum()


def targets(clips: list[Clip], votes: dict[str, list[float]]) -> np.ndarray:
    """What each clip should be answered with, [clips, 7]: its label, listeners' votes, some doubt."""
    wanted = np.zeros((len(clips), len(EMOTIONS)), np.float32)
    for row, clip in zip(wanted, clips, strict=True):
        row[clip.emotion] = 1.0
        if clip.path in votes:
            row *= 1.0 - VOTES_SHARE
            row += VOTES_SHARE * np.asarray(votes[clip.path], np.float32)
    return (1.0 - SMOOTHING) * wanted + SMOOTHING / len(EMOTIONS)
