#!/usr/bin/env python3
"""Our network on a graphics device beside PyTorch's with CUDA and cuDNN, on the same weights: `make bench-gpu`.

    python3 tests/peers/gpu.py [--backend gpu|software] [--burn] [--program FILE] [--weights FILE] [N ...]

N are the segments of a batch, each of 300 frames. Both sides begin with numbers in the computer's memory and end with
logits there; the last column leaves the way to the device out. PyTorch may round products to TF32 by default, ours are
f32: it is measured both ways. With --burn our kernels are measured beside burn's plain tensors too. On a machine
without Rust, --program takes the built bench (target/release/deps/gpu-*) and --weights the exported model.
"""

import argparse
import json
import statistics
import subprocess
import sys
import time

import ours

N_FRAMES = 300
BATCHES = (1, 16, 256, 1024)
# Each batch is measured for so long, and so often at least.
MEASURED_S = 2.0
LEAST_TIMES = 5
CARGO = ["cargo", "bench", "--quiet", "--profile", "release", "--locked", "--bench", "gpu", "--"]


def our_side(given):
    """The lines of tests/benches/gpu.rs."""
    words = [given.backend, *(["burn"] if given.burn else []), *map(str, given.batches)]
    command = [given.program] if given.program else CARGO
    done = subprocess.run([*command, *words], cwd=ours.PROJECT, text=True, stdout=subprocess.PIPE)
    if done.returncode != 0:
        sys.exit(f"our side failed; is there a graphics device? (--backend {given.backend})")
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def pytorch():
    """PyTorch with a GPU, or why it is not there."""
    try:
        import torch
    except ImportError:
        return None, "PyTorch is not installed for this Python"
    if not torch.cuda.is_available():
        return None, f"PyTorch {torch.__version__} finds no CUDA device"
    return torch, f"PyTorch {torch.__version__}, cuDNN {torch.backends.cudnn.version()}, {torch.cuda.get_device_name()}"


def median_s(run):
    run()
    run()
    start, times = time.perf_counter(), []
    while len(times) < LEAST_TIMES or time.perf_counter() - start < MEASURED_S:
        begun = time.perf_counter()
        run()
        times.append(time.perf_counter() - begun)
    return statistics.median(times)


def their_side(torch, given):
    """For each batch: seconds as installed, in f32 alone, and in f32 with everything on the device already."""
    import reference

    weights = given.weights or ours.export("phone-lstm", "safetensors", ours.TARGET / "bench-gpu.safetensors")
    network, facts = reference.load(weights)
    network = network.cuda()
    n_features = facts["network"]["n_features"]
    found = {}
    for n in given.batches:
        frames = torch.randn(n, N_FRAMES, n_features) * 3 - 1
        known = torch.zeros(n, 2 * n_features)
        there = frames.cuda(), known.cuda()

        def whole_way():
            with torch.inference_mode():
                network(frames.cuda(), known.cuda())[0].cpu()

        def sums_alone():
            with torch.inference_mode():
                network(*there)[0].cpu()

        as_installed = median_s(whole_way)
        torch.backends.cudnn.allow_tf32 = False
        found[n] = as_installed, median_s(whole_way), median_s(sums_alone)
        torch.backends.cudnn.allow_tf32 = True
    return found


def milliseconds(seconds):
    return f"{1000 * seconds:.2f} ms"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--backend", choices=("gpu", "software"), default="gpu")
    parser.add_argument("--burn", action="store_true")
    parser.add_argument("--program")
    parser.add_argument("--weights")
    parser.add_argument("batches", nargs="*", type=int, default=BATCHES, metavar="N")
    given = parser.parse_args()
    lines = our_side(given)
    torch, words = pytorch()
    theirs = their_side(torch, given) if torch else {}
    print(f"ours: {lines[0]['device']}; first answer after {lines[0]['start_s']:.2f} s")
    print(f"theirs: {words}" if torch else f"nothing to compare with: {words}")
    print()
    print("| segments | form | launches | ours | PyTorch | PyTorch, f32 | ratio, f32 | PyTorch, f32, data there |")
    print("|---|---|---|---|---|---|---|---|")
    for line in (line for line in lines if "segments" in line):
        cells = [str(line["segments"]), line["form"], str(line["launches"]), milliseconds(line["seconds"])]
        if line["segments"] in theirs:
            as_installed, f32, alone = theirs[line["segments"]]
            cells += map(milliseconds, (as_installed, f32))
            cells += [f"{f32 / line['seconds']:.2f}", milliseconds(alone)]
        else:
            cells += ["-"] * 4
        print(f"| {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
