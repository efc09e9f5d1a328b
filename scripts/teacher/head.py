"""The head: two dense layers that tell the emotion from what the encoder heard.

In: numbers [clips, hearings, inputs] of mean 0 and deviation 1, targets, how often each clip is drawn.
Out: a head that gives logits.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Recipe:
    """How a head is trained."""

    width: int = 256
    epochs: float = 24.0
    batch: int = 256
    rate: float = 1e-3
    decay: float = 0.02
    input_dropout: float = 0.3
    hidden_dropout: float = 0.5
    seeds: int = 2
    """Heads that are averaged."""


@dataclass
class Head:
    """The weights: inputs to hidden, their bias, hidden to logits, their bias."""

    parameters: list[np.ndarray]

    def logits(self, inputs: np.ndarray) -> np.ndarray:
        """Logits of rows of inputs."""
        hidden_weight, hidden_bias, weight, bias = self.parameters
        return np.maximum(inputs @ hidden_weight + hidden_bias, 0.0) @ weight + bias


def keep_mask(rng: np.random.Generator, shape: tuple[int, ...], dropout: float) -> np.ndarray:
    """What dropout leaves: 0, or the factor that makes up for it. In steps of 1/256."""
    level = round(dropout * 256)
    bits = rng.integers(0, 256, shape, dtype=np.uint8)
    return (bits >= level).astype(np.float32) * np.float32(256 / (256 - level))


class AdamW:
    """Adam with decay of the weights, not of the biases (Loshchilov & Hutter, 2019)."""

    BETAS = (0.9, 0.999)
    EPSILON = 1e-8

    def __init__(self, parameters: list[np.ndarray], decay: float) -> None:
        self.parameters = parameters
        self.decay = decay
        self.means = [np.zeros_like(parameter) for parameter in parameters]
        self.squares = [np.zeros_like(parameter) for parameter in parameters]
        self.step_number = 0

    def step(self, gradients: list[np.ndarray], rate: float) -> None:
        """Changes the parameters in place; the gradients are used up."""
        self.step_number += 1
        first, second = self.BETAS
        scale = rate / (1.0 - first**self.step_number)
        correction = (1.0 - second**self.step_number) ** -0.5
        for parameter, gradient, mean, square in zip(self.parameters, gradients, self.means, self.squares, strict=True):
            mean *= first
            mean += (1.0 - first) * gradient
            square *= second
            gradient *= gradient
            gradient *= 1.0 - second
            square += gradient
            np.sqrt(square, out=gradient)
            gradient *= correction
            gradient += self.EPSILON
            np.divide(mean, gradient, out=gradient)
            gradient *= scale
            if parameter.ndim > 1:
                parameter *= 1.0 - rate * self.decay
            parameter -= gradient


def softmax(logits: np.ndarray) -> np.ndarray:
    """Shares that sum to 1."""
    shares = np.exp(logits - logits.max(axis=1, keepdims=True))
    return shares / shares.sum(axis=1, keepdims=True)


def train(inputs: np.ndarray, rows: np.ndarray, targets: np.ndarray, shares: np.ndarray, recipe: Recipe, seed: int) -> Head:
    """A head that learned from the clips `rows` of `inputs`; targets and shares are those of the rows."""
    rng = np.random.default_rng(seed)
    n_inputs, n_outputs = inputs.shape[2], targets.shape[1]

    def initial(n_from: int, n_to: int) -> np.ndarray:
        return rng.standard_normal((n_from, n_to), np.float32) * np.float32((2.0 / n_from) ** 0.5)

    hidden_weight, weight = initial(n_inputs, recipe.width), initial(recipe.width, n_outputs) * np.float32(0.1)
    hidden_bias, bias = np.zeros(recipe.width, np.float32), np.zeros(n_outputs, np.float32)
    parameters = [hidden_weight, hidden_bias, weight, bias]
    optimiser = AdamW(parameters, recipe.decay)
    n_steps = max(1, round(recipe.epochs * len(rows) / recipe.batch))
    cumulated = np.cumsum(shares / shares.sum())
    for step in range(n_steps):
        drawn = np.minimum(np.searchsorted(cumulated, rng.random(recipe.batch)), len(rows) - 1)
        batch = inputs[rows[drawn], rng.integers(0, inputs.shape[1], recipe.batch)]
        batch *= keep_mask(rng, batch.shape, recipe.input_dropout)
        before = batch @ hidden_weight
        before += hidden_bias
        mask = keep_mask(rng, before.shape, recipe.hidden_dropout) * (before > 0.0)
        hidden = before * mask
        error = (softmax(hidden @ weight + bias) - targets[drawn]) / np.float32(recipe.batch)
        hidden_error = (error @ weight.T) * mask
        gradients = [batch.T @ hidden_error, hidden_error.sum(axis=0), hidden.T @ error, error.sum(axis=0)]
        progress = step / n_steps
        warm = min(1.0, (step + 1) / (0.1 * n_steps + 1.0))
        optimiser.step(gradients, recipe.rate * warm * 0.5 * (1.0 + np.cos(np.pi * progress)))
    return Head(parameters)
