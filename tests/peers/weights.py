#!/usr/bin/env python3
"""Our probabilities against those of ONNX Runtime, and if wanted of PyTorch, on the weights that we exported.

    make test-weights            ONNX Runtime
    make test-weights-pytorch    PyTorch too, which is 5 GB with what it brings

200 segments of the bundled model, half of them speech (clips of the corpora beside the project, else the demo
call), half random numbers of other lengths, most with something known of the caller; and a few of each of some
models of odd shapes with random weights. Fails where a probability differs by more than 1e-4, where the onnx
package finds a fault in the graph, or where a batch gives other probabilities than its segments one by one.
"""

import json
import shutil
import sys

import numpy as np
import onnx
import onnxruntime
from safetensors import safe_open
from safetensors.numpy import load_file

import ours

TOLERANCE = 1e-4
# Logits are sums of some hundred values of about 1, and not squeezed into [0, 1].
LOGIT_TOLERANCE = 1e-3
N_SEGMENTS = 200
N_SEGMENTS_OF_ODD_MODELS = 20
SCRATCH = ours.TARGET / "exported"
WITH_PYTORCH = "--pytorch" in sys.argv[1:]
if WITH_PYTORCH:
    import torch

    import reference


class Peers:
    """One exported model in the other programs."""

    def __init__(self, model, name):
        graph = ours.export(model, "onnx", SCRATCH / f"{name}.onnx")
        loaded = onnx.load(graph)
        onnx.checker.check_model(loaded, full_check=True)
        self.session = onnxruntime.InferenceSession(graph, providers=["CPUExecutionProvider"])
        self.inputs = [value.name for value in self.session.get_inputs()]
        tensors = ours.export(model, "safetensors", SCRATCH / f"{name}.safetensors")
        with safe_open(tensors, "np") as opened:
            facts = json.loads(opened.metadata()["undertone"])
        metadata = self.session.get_modelmeta().custom_metadata_map
        assert json.loads(metadata["labels"]) == facts["labels"], metadata
        assert metadata["recipe"] == facts["recipe"], metadata
        self.programs = {"ONNX Runtime": self.onnx_runtime}
        if WITH_PYTORCH:
            self.network, _ = reference.load(tensors)
            self.programs["PyTorch"] = self.pytorch

    def onnx_runtime(self, frames, baseline):
        given = {"frames": frames, "baseline": baseline}
        return self.session.run(None, {name: given[name] for name in self.inputs})

    def pytorch(self, frames, baseline):
        with torch.inference_mode():
            logits, probabilities = self.network(torch.from_numpy(frames), torch.from_numpy(baseline))
        return logits.numpy(), probabilities.numpy()


def compare(bench, model, name, n):
    """Whether all agree."""
    peers = Peers(model, name)
    path = SCRATCH / f"{name}-segments.safetensors"
    source = bench.ask("segments", model, n, path)
    tensors = load_file(path)
    largest = {peer: [0.0, 0.0] for peer in peers.programs}
    for number in range(n):
        expected = [tensors[f"{kind}.{number}"] for kind in ("logits", "probabilities")]
        assert abs(expected[1].sum() - 1.0) < TOLERANCE, expected[1]
        given = [tensors[f"{kind}.{number}"][None] for kind in ("frames", "baseline")]
        for peer, run in peers.programs.items():
            for kind, (ours_, theirs) in enumerate(zip(expected, run(*given))):
                assert theirs.shape == (1, len(ours_)), (theirs.shape, ours_.shape)
                difference = float(np.abs(theirs[0] - ours_).max())
                # A NaN is no agreement.
                largest[peer][kind] = max(largest[peer][kind], difference if difference >= 0 else np.inf)
    largest["ONNX Runtime, in a batch"] = [0.0, batch_difference(peers, tensors, n)]
    agree = True
    for peer, (logits, probabilities) in largest.items():
        verdict = probabilities <= TOLERANCE and logits <= LOGIT_TOLERANCE
        agree &= verdict
        print(
            f"{name:20} {peer:24} {n:4} segments ({source['clips']} {source['source']}): largest difference of a "
            f"probability {probabilities:.1e} (at most {TOLERANCE:.0e}), of a logit {logits:.1e}: "
            f"{'ok' if verdict else 'FAILED'}"
        )
    return agree


def batch_difference(peers, tensors, n):
    """The graph takes any batch: all segments, cut to the shortest one's length, together and one by one."""
    shortest = min(tensors[f"frames.{number}"].shape[0] for number in range(n))
    frames = np.stack([tensors[f"frames.{number}"][:shortest] for number in range(n)])
    baselines = np.stack([tensors[f"baseline.{number}"] for number in range(n)])
    together = peers.onnx_runtime(frames, baselines)[1]
    alone = [peers.onnx_runtime(frames[[at]], baselines[[at]])[1][0] for at in range(n)]
    return float(np.abs(together - np.stack(alone)).max())


def main():
    shutil.rmtree(SCRATCH, ignore_errors=True)
    SCRATCH.mkdir(parents=True)
    bench = ours.Bench()
    agree = compare(bench, "phone-lstm", "phone-lstm", N_SEGMENTS)
    folders = bench.ask("models", SCRATCH / "models")
    assert folders, "no odd models were made"
    for folder in folders:
        name = folder.rsplit("/", 1)[1]
        agree &= compare(bench, folder, name, N_SEGMENTS_OF_ODD_MODELS)
    sys.exit(0 if agree else 1)


if __name__ == "__main__":
    main()
