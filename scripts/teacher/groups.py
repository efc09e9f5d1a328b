"""Groups of speakers, so that what is said of a clip never comes from a head that learned its speaker.

In: clips of the training split. Out: a group number for each speaker.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable

from clips import Clip

N_GROUPS = 5


def group_voices(clips: Iterable[Clip], n_groups: int = N_GROUPS) -> dict[str, int]:
    """A group for each voice: each corpus is spread as evenly as its speakers allow."""
    voices: dict[str, Counter[str]] = defaultdict(Counter)
    for clip in clips:
        voices[clip.corpus][clip.voice] += 1
    groups: dict[str, int] = {}
    load = [0] * n_groups
    for corpus in sorted(voices):
        own_load = [0] * n_groups
        for voice, count in sorted(voices[corpus].items(), key=lambda item: (-item[1], item[0])):
            group = min(range(n_groups), key=lambda number: (own_load[number], load[number], number))
            groups[voice] = group
            own_load[group] += count
            load[group] += count
    return groups
