#!/usr/bin/env python3
"""Our speed beside that of peers, in one run on one machine: `make bench-peers`.

    target/peers/bin/python tests/peers/bench.py [--rounds N] [--only WORDS]

Each comparison gives the seconds of one piece of work on our side and on the peer's. The sides take turns, round by
round; the table shows each side's median and the ratio of the medians. A new comparison is one more entry of
`comparisons`; our side's seconds come from tests/benches/peers (see `ours.Bench`).
"""

import argparse
import dataclasses
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import time
import typing
import wave

import numpy as np
import onnxruntime
import torch

import mfcc
import ours
import reference

MODEL = "phone-lstm"
N_FRAMES = 300
CALL_S = 60
SCRATCH = ours.TARGET / "bench-peers"
# Each measurement lasts about so long, so that a clock's tick and a thread's waking do not matter.
MEASURED_S = 0.3
# Peers' threads keep looking for work a while after a run; each turn is to find an idle machine. Where others work on
# it, a turn waits for a gap, but all turns together not longer than PATIENCE_S.
REST_S = 0.2
IDLE_SHARE = 0.95
PATIENCE_S = 300.0


@dataclasses.dataclass
class Comparison:
    """Both sides give the seconds of one piece of work, each time that they are asked."""

    work: str
    peer: str
    ours: typing.Callable[[], float]
    theirs: typing.Callable[[], float]


def timed(run):
    """The seconds of `run`, the mean of as many as fit into a measurement; its first one is not counted."""
    run()

    def seconds():
        start = time.perf_counter()
        n = 0
        while time.perf_counter() - start < MEASURED_S:
            run()
            n += 1
        return (time.perf_counter() - start) / n

    return seconds


# The network, on the same weights.


def batch(facts, n):
    shape = facts["network"]
    random = np.random.default_rng(1)
    frames = random.normal(-1, 3, (n, N_FRAMES, shape["n_features"])).astype(np.float32)
    return frames, np.zeros((n, 2 * shape["n_features"]), np.float32)


def onnx_runtime(graph, given, n_threads):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = n_threads
    options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    inputs = dict(zip(("frames", "baseline"), given))
    return timed(lambda: session.run(["probabilities"], inputs))


def pytorch(network, given, n_threads):
    frames, baseline = map(torch.from_numpy, given)

    def run():
        with torch.inference_mode():
            network(frames, baseline)

    torch.set_num_threads(n_threads)
    seconds = timed(run)

    def with_threads():
        torch.set_num_threads(n_threads)
        return seconds()

    return with_threads


def our_network(bench, n, n_threads):
    """The same number of loops each time, as many as fit into a measurement."""
    seconds = bench.ask("network", n, n_threads, 3)["seconds"]
    n_loops = max(1, round(MEASURED_S / seconds))
    return lambda: bench.ask("network", n, n_threads, n_loops)["seconds"]


def network_comparisons(bench):
    graph = ours.export(MODEL, "onnx", SCRATCH / "model.onnx")
    network, facts = reference.load(ours.export(MODEL, "safetensors", SCRATCH / "model.safetensors"))
    for n, n_threads in ((1, 1), (64, 1), (64, 2)):
        given = batch(facts, n)
        work = f"network, {n} segment{'s' * (n > 1)} of {N_FRAMES} frames, {n_threads} thread{'s' * (n_threads > 1)}"
        for peer, theirs in (
            ("ONNX Runtime", onnx_runtime(graph, given, n_threads)),
            ("PyTorch", pytorch(network, given, n_threads)),
        ):
            yield Comparison(work, peer, our_network(bench, n, n_threads), theirs)


# The whole pipeline, on one core.


def write_call(path, seconds):
    """The demo call from its beginning, once more from there if it is too short, as 16-bit WAV."""
    samples = mu_law_samples(ours.PROJECT / "assets" / "demo-call.wav")
    n = int(seconds * 8000)
    samples = np.tile(samples, -(-n // len(samples)))[:n]
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(samples.astype("<i2").tobytes())
    return path


def mu_law_samples(path):
    """The 16-bit samples of a WAV file in G.711 mu-law (ITU-T G.711)."""
    content = path.read_bytes()
    start = content.index(b"data") + 8
    size = int.from_bytes(content[start - 4 : start], "little")
    code = ~np.frombuffer(content[start : start + size], np.uint8)
    magnitude = (((code & 0x0F).astype(np.int32) << 3) + 0x84 << ((code & 0x70) >> 4)) - 0x84
    return np.where(code & 0x80, -magnitude, magnitude)


def one_core(command):
    """Runs it on the first core that is ours; its standard output."""
    core = min(os.sched_getaffinity(0))
    environment = dict(os.environ, XDG_CONFIG_HOME=str(SCRATCH / "config"), XDG_STATE_HOME=str(SCRATCH / "state"))
    done = subprocess.run(
        ["taskset", "--cpu-list", str(core), *map(str, command)], capture_output=True, text=True, env=environment
    )
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}: {done.stderr.strip()}")
    return done.stdout


def replay(call):
    return [ours.PROGRAM, "replay", call, "--headless", "--speed", "max", "--no-log", "--backend", "cpu"]


def our_replay(call):
    start = time.perf_counter()
    one_core(replay(call))
    return time.perf_counter() - start


def pipeline_comparisons():
    graph = ours.export(MODEL, "onnx", SCRATCH / "model.onnx")
    call = write_call(SCRATCH / "call.wav", CALL_S)
    nothing = write_call(SCRATCH / "nothing.wav", 0.1)
    pipeline = pathlib.Path(__file__).with_name("pipeline.py")

    def our_whole():
        return our_replay(call) - our_replay(nothing)

    for peer, flags in (("Python, no pitch", []), ("Python, pitch (yin)", ["--pitch"])):
        command = [sys.executable, pipeline, call, graph, *flags]
        theirs = lambda command=command: json.loads(one_core(command))["seconds"]  # noqa: E731
        yield Comparison(f"a call of {CALL_S} s, all of it, without start, 1 core", peer, our_whole, theirs)
    theirs, summary = (json.loads(one_core(command)), json.loads(one_core([*replay(call), "--json"])))
    our_readings = summary["callers"][0]["summary"]["readings"]
    print(
        f"Of the call we make {our_readings} readings, the Python pipeline {theirs['readings']}: it hears pauses as "
        "speech a little longer. It knows no baseline, no voicing, no alerts."
    )
    starts = sorted(our_replay(nothing) for _ in range(5))
    print(f"The start of `undertone replay` is not counted: {milliseconds(starts[2])}. Nor are Python's imports.")


def mfcc_comparisons(bench):
    assert mfcc.compare(bench), "the coefficients are not alike: the comparison would say nothing"
    our_seconds, peers = mfcc.sides(bench)
    for peer, theirs in peers.items():
        yield Comparison("MFCCs of 60 s (16 kHz, 25/10 ms, 80 bands, 40 coefficients), 1 thread", peer, our_seconds, theirs)


def comparisons(bench):
    yield from mfcc_comparisons(bench)
    yield from network_comparisons(bench)
    yield from pipeline_comparisons()


# The table.


def milliseconds(seconds):
    digits = 3 if seconds < 0.01 else 1
    return f"{1000 * seconds:.{digits}f} ms"


def print_machine(bench):
    with open("/proc/cpuinfo") as file:
        model = next((line.split(":")[1].strip() for line in file if line.startswith("model name")), "unknown CPU")
    version = subprocess.run([ours.PROGRAM, "--version"], capture_output=True, text=True).stdout.strip()
    print(f"Machine: {model}, {len(os.sched_getaffinity(0))} cores; our kernels use {bench.ask('machine')['instructions']}")
    print(
        f"Versions: {version}, ONNX Runtime {onnxruntime.__version__}, PyTorch {torch.__version__} "
        f"({torch.backends.cpu.get_cpu_capability()}), Python {platform.python_version()}, numpy {np.__version__}"
    )
    print(f"Load before: {os.getloadavg()[0]:.2f}")


class Quiet:
    """Waits for gaps in which the machine is idle, and counts the turns for which none came."""

    def __init__(self):
        self.left_s = PATIENCE_S
        self.n_turns = 0
        self.n_disturbed = 0

    def wait(self):
        self.n_turns += 1
        while True:
            before, start = idle_s(), time.perf_counter()
            time.sleep(REST_S)
            waited_s = time.perf_counter() - start
            if idle_s() - before >= IDLE_SHARE * waited_s * os.cpu_count():
                return
            self.left_s -= waited_s
            if self.left_s <= 0.0:
                self.n_disturbed += 1
                return


def idle_s():
    """Seconds that all cores together were idle since the machine started."""
    with open("/proc/stat") as file:
        fields = file.readline().split()
    return (int(fields[4]) + int(fields[5])) / os.sysconf("SC_CLK_TCK")


def measured(comparison, n_rounds, quiet):
    sides = ([], [])
    for _ in range(n_rounds):
        for seconds, side in zip(sides, (comparison.ours, comparison.theirs)):
            quiet.wait()
            seconds.append(side())
    return [statistics.median(seconds) for seconds in sides], [spread(seconds) for seconds in sides]


def spread(seconds):
    return (max(seconds) - min(seconds)) / statistics.median(seconds)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=7, help="at least 5 for a table that is shown to anybody")
    parser.add_argument("--only", default="", help="comparisons whose line holds these words")
    given = parser.parse_args()
    SCRATCH.mkdir(parents=True, exist_ok=True)
    bench = ours.Bench()
    print_machine(bench)
    chosen = [one for one in comparisons(bench) if given.only in f"{one.work} {one.peer}"]
    if not chosen:
        sys.exit(f"no comparison holds '{given.only}'")
    print(f"Medians of {given.rounds} rounds in turns; ratio: how many times faster we are; spread: of ours, theirs.")
    print()
    quiet = Quiet()
    print("| work | ours | peer | theirs | ratio | spread |")
    print("|---|---|---|---|---|---|")
    for one in chosen:
        (our_s, their_s), spreads = measured(one, given.rounds, quiet)
        cells = [one.work, milliseconds(our_s), one.peer, milliseconds(their_s), f"{their_s / our_s:.2f}"]
        cells.append(", ".join(f"{100 * value:.0f} %" for value in spreads))
        print(f"| {' | '.join(cells)} |", flush=True)
    if quiet.n_disturbed > 0:
        print(f"\nDISTURBED: in {quiet.n_disturbed} of {quiet.n_turns} turns others used the machine; measure again.")


if __name__ == "__main__":
    main()
