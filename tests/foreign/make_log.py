"""Writes a session log as long as a shift, with as many callers as a desk has lines: made up, by seed.

    python make_log.py OUT.jsonl [--hours 4] [--callers 12] [--seed 1]

A caller speaks for some seconds, in a mood that lasts for a while, and is silent for some, as people on the
telephone do; a reading comes each 250 ms of speech. There are alerts, marks, gaps, muted time and facts.
"""

import argparse
import json
import math
import random

EMOTIONS = ["anger", "disgust", "fear", "happiness", "surprise", "sadness", "neutral"]
GROUPS = {"distressed": ["anger", "disgust", "fear", "sadness"], "pleasant": ["happiness", "surprise"],
          "calm": ["neutral"]}
MOODS = ["neutral", "neutral", "sadness", "fear", "anger", "happiness"]


def seconds(samples):
    """To four decimals as the program writes them; Python's own round() goes to the even neighbour."""
    return math.floor(samples / 8000 * 1e4 + 0.5) / 1e4


def scores(rng, mood):
    weights = [rng.random() ** 3 for _ in EMOTIONS]
    weights[EMOTIONS.index(mood)] += rng.uniform(0.3, 4.0)
    whole = sum(weights)
    return {e: round(w / whole, 4) for e, w in zip(EMOTIONS, weights)}


def reading(rng, caller, at, mood):
    p = scores(rng, mood)
    emotion = max(p, key=p.get)
    state, certainty = "emotion", p[emotion]
    if certainty < 0.5:
        sums = {group: round(sum(p[e] for e in members), 4) for group, members in GROUPS.items()}
        group = max(sums, key=sums.get)
        state, certainty = (group, sums[group]) if sums[group] >= 0.6 else ("uncertain", certainty)
    return {"record": "reading", "caller": caller, "t": seconds(at), "state": state,
            "emotion": emotion, "certainty": certainty, "scores": p}


def call(rng, caller, length):
    """The records of one caller, with their time in samples."""
    at, records, mood, mood_until, n_speech = 0, [], "neutral", 0, 0

    def add(when, record):
        records.append((when, record))

    while True:
        silence = int(rng.expovariate(1 / 6.0) * 8000) + 4000
        speech = int(rng.expovariate(1 / 9.0) * 8000) + 12000
        at += silence
        if at + speech >= length:
            return records
        n_speech += 1
        if at > mood_until:
            mood, mood_until = rng.choice(MOODS), at + rng.randint(60, 400) * 8000
        add(at, {"record": "activity", "caller": caller, "t": seconds(at), "activity": "too_short"})
        begins = at + 9600
        add(begins, {"record": "activity", "caller": caller, "t": seconds(begins), "activity": "speaking"})
        for step in range(begins + 2000, at + speech, 2000):
            add(step, reading(rng, caller, step, mood))
        if mood in ("fear", "anger", "sadness") and n_speech % 40 == 0:
            when = at + speech - 1
            add(when, {"record": "alert", "caller": caller, "t": seconds(when), "from": seconds(at),
                       "rule": "sustained", "emotion": mood,
                       "reason": f"{mood} for 8 s of speech, 75 % on average; the others 10 %",
                       "guidance": "Slow down.\nAsk what is happening right now."})
        if n_speech % 60 == 30:
            add(at + speech, {"record": "mark", "caller": caller, "t": seconds(at + speech),
                              "text": f"note {n_speech} <b>& \"more\"</b>"})
        if n_speech % 50 == 10:
            add(at + speech, {"record": "gap", "caller": caller, "t": seconds(at + speech),
                              "lost_samples": 4410, "rate_hz": 44100, "lost_s": 0.1})
        at += speech
        add(at, {"record": "activity", "caller": caller, "t": seconds(at), "activity": "listening"})
        if n_speech % 150 == 70:
            add(at, {"record": "muted", "caller": caller, "t": seconds(at), "samples": 44100 * 20,
                     "rate_hz": 44100, "muted_s": 20.0})
            at += 20 * 8000


def header(callers):
    names = ["desk", "Büro 3", "line <3>", "стол", "机"]
    labels = [names[n] if n < len(names) else f"line {n + 1}" for n in range(callers)]
    return {
        "record": "header", "version": 4, "undertone": "0.1.0", "started": "2026-11-22T14:30:05+01:00",
        "stream_rate_hz": 8000,
        "model": {"name": "phone-lstm", "recipe": "phone-v2", "sha256": "0" * 64},
        "settings": {"hop_ms": 250, "min_speech_ms": 1200, "pause_ms": 1500, "segment_ms": 3000,
                     "smoothing_ms": 750},
        "backend": "CPU (burn-flex)",
        "callers": [{"label": label, "source": f"pulseaudio:line-{n + 1}"} for n, label in enumerate(labels)],
    }


def main():
    options = argparse.ArgumentParser()
    options.add_argument("out")
    options.add_argument("--hours", type=float, default=4)
    options.add_argument("--callers", type=int, default=12)
    options.add_argument("--seed", type=int, default=1)
    options = options.parse_args()
    rng = random.Random(options.seed)
    length = int(options.hours * 3600 * 8000)
    records = []
    for caller in range(options.callers):
        records += [(at, caller, record) for at, record in call(rng, caller, length)]
    records.sort(key=lambda entry: entry[:2])
    with open(options.out, "w", encoding="utf-8") as out:
        for record in [header(options.callers)] + [record for _, _, record in records]:
            out.write(json.dumps(record, ensure_ascii=False, separators=(",", ":")) + "\n")


main()
