"""The first layers of Whisper's encoder, in NumPy.

In: log-mel frames of some clips. Out: for each clip what each layer puts out, 50 frames a second.
Clips are not padded: their frames stand below one another, and only attention looks at each by itself.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

WIDTH = 512
N_HEADS = 8
HEAD_WIDTH = WIDTH // N_HEADS
EPSILON = 1e-5

# Fitted so that x (1 + tanh(odd polynomial of x)) / 2 is the exact GELU within 3e-5.
GELU = (0.79750785, 0.03700568, -0.00035152305)
GELU_END = 16.0
"""The square from where the polynomial goes on in a straight line."""

ROWS = 128
"""Rows that go through GELU at once: what fits a core's cache."""


def gelu(x: np.ndarray) -> None:
    """The exact GELU within 1e-4, in place, row block by row block."""
    for start in range(0, len(x), ROWS):
        block = x[start : start + ROWS]
        square = block * block
        np.minimum(square, GELU_END, out=square)
        gate = square * GELU[2]
        gate += GELU[1]
        gate *= square
        gate += GELU[0]
        gate *= block
        np.tanh(gate, out=gate)
        gate += 1.0
        gate *= 0.5
        block *= gate


def normalise(x: np.ndarray, gamma: np.ndarray, beta: np.ndarray) -> np.ndarray:
    """Layer normalisation."""
    centred = x - x.mean(axis=1, keepdims=True)
    variance = np.einsum("ij,ij->i", centred, centred) / x.shape[1]
    centred *= (1.0 / np.sqrt(variance + EPSILON))[:, None]
    centred *= gamma
    centred += beta
    return centred


class Linear:
    """A dense layer."""

    def __init__(self, weights: dict[str, np.ndarray], name: str) -> None:
        self.weight = np.ascontiguousarray(weights[f"{name}/weight"].T)
        self.bias = weights[f"{name}/bias"]

    def __call__(self, x: np.ndarray) -> np.ndarray:
        y = x @ self.weight
        y += self.bias
        return y


class Layer:
    """Attention and two dense layers, each normalised before and added to what came in."""

    def __init__(self, weights: dict[str, np.ndarray], name: str) -> None:
        def norm(part: str) -> tuple[np.ndarray, np.ndarray]:
            return weights[f"{name}/{part}/layer_norm/gamma"], weights[f"{name}/{part}/layer_norm/beta"]

        self.attention_norm = norm("self_attention")
        self.heads = Linear(weights, f"{name}/self_attention/linear_0")
        self.heads.weight[:, :WIDTH] *= HEAD_WIDTH**-0.5
        self.heads.bias = self.heads.bias.copy()
        self.heads.bias[:WIDTH] *= HEAD_WIDTH**-0.5
        self.attended = Linear(weights, f"{name}/self_attention/linear_1")
        self.dense_norm = norm("ffn")
        self.dense_0 = Linear(weights, f"{name}/ffn/linear_0")
        self.dense_1 = Linear(weights, f"{name}/ffn/linear_1")

    def __call__(self, x: np.ndarray, ends: np.ndarray) -> None:
        """Changes `x`, the frames of all clips, in place; a clip's frames end before its entry of `ends`."""
        heads = self.heads(normalise(x, *self.attention_norm))
        seen = np.empty_like(x)
        start = 0
        for end in ends:
            query, key, value = heads[start:end].reshape(-1, 3, N_HEADS, HEAD_WIDTH).transpose(1, 2, 0, 3)
            share = query @ key.transpose(0, 2, 1)
            share -= share.max(axis=2, keepdims=True)
            np.exp(share, out=share)
            share /= share.sum(axis=2, keepdims=True)
            seen[start:end].reshape(-1, N_HEADS, HEAD_WIDTH)[:] = (share @ value).transpose(1, 0, 2)
            start = end
        x += self.attended(seen)
        hidden = self.dense_0(normalise(x, *self.dense_norm))
        gelu(hidden)
        x += self.dense_1(hidden)


class Convolution:
    """A convolution over three frames, zero beyond a clip's ends, then GELU."""

    def __init__(self, weights: dict[str, np.ndarray], name: str, stride: int) -> None:
        weight = weights[f"{name}/weight"]  # out, in, frame
        self.weight = np.ascontiguousarray(weight.transpose(2, 1, 0).reshape(-1, weight.shape[0]))
        self.bias = weights[f"{name}/bias"]
        self.stride = stride

    def __call__(self, clips: list[np.ndarray]) -> list[np.ndarray]:
        rows = []
        for clip in clips:
            padded = np.pad(clip, ((1, 1), (0, 0)))
            rows.append(np.concatenate([padded[:-2], padded[1:-1], padded[2:]], axis=1)[:: self.stride])
        y = np.concatenate(rows) @ self.weight
        y += self.bias
        gelu(y)
        return np.split(y, np.cumsum([len(part) for part in rows])[:-1])


class Encoder:
    """The encoder up to one of its layers."""

    def __init__(self, weights: dict[str, np.ndarray], n_layers: int) -> None:
        self.convolutions = [Convolution(weights, "encoder/conv1", 1), Convolution(weights, "encoder/conv2", 2)]
        self.positions = weights["encoder/position_encodings/encodings"]
        self.layers = [Layer(weights, f"encoder/layer_{n}") for n in range(n_layers)]

    def layer_outputs(self, clips: list[np.ndarray]) -> Iterator[list[np.ndarray]]:
        """For each layer from the first, the frames [n, 512] of each clip; they change when the next is asked for."""
        for convolution in self.convolutions:
            clips = convolution(clips)
        x = np.concatenate([clip + self.positions[: len(clip)] for clip in clips])
        ends = np.cumsum([len(clip) for clip in clips])
        for layer in self.layers:
            layer(x, ends)
            yield np.split(x, ends[:-1])
