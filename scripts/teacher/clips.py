"""The clips of the data folder.

In: splits.csv and unlabelled.csv. Out: clips in the order in which they are heard.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

EMOTIONS = ("anger", "disgust", "fear", "happiness", "surprise", "sadness", "neutral")
"""The order of logits."""

STRANGERS = "casia"
"""The corpus that nothing is ever learned from."""

UNLABELLED = "unlabelled"


@dataclass(frozen=True)
class Clip:
    """A row of one of the CSV files."""

    path: str
    corpus: str
    speaker: str
    emotion: int | None
    """Number in EMOTIONS; none without a label."""
    part: str
    """train, dev or test; unlabelled for a clip without a label."""

    @property
    def voice(self) -> str:
        """The speaker, named with the corpus."""
        return f"{self.corpus}/{self.speaker}"


def emotion_number(name: str) -> int | None:
    """The number of an emotion; calm counts as neutral, as in the product."""
    if not name:
        return None
    return EMOTIONS.index("neutral" if name == "calm" else name)


def read_clips(data: Path) -> list[Clip]:
    """All clips, corpus by corpus: labelled ones of train, dev, test, those without a label, the strangers."""
    clips = []
    for name in ("splits.csv", "unlabelled.csv"):
        with (data / name).open(newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                emotion = emotion_number(row["emotion"])
                part = UNLABELLED if emotion is None else row["split"]
                clips.append(Clip(row["path"], row["corpus"], row["speaker"], emotion, part))
    order = ("train", "dev", "test", UNLABELLED)
    corpora = {corpus: number for number, corpus in enumerate(dict.fromkeys(clip.corpus for clip in clips))}
    return sorted(clips, key=lambda clip: (clip.corpus == STRANGERS, order.index(clip.part), corpora[clip.corpus]))


def read_votes(data: Path) -> dict[str, list[float]]:
    """The shares of listeners who heard each emotion, by the clip's path, where listeners were asked."""
    votes = {}
    for file_path in sorted(data.glob("*/votes.csv")):
        with file_path.open(newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                counts = [float(row.get(name) or 0) for name in EMOTIONS]
                if sum(counts) > 0:
                    votes[row["path"]] = [count / sum(counts) for count in counts]
    return votes
