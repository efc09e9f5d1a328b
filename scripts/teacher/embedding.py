"""The embedding: what the encoder heard, in a few numbers, by principal components.

In: numbers [clips, inputs] of mean 0 and deviation 1. Out: 128 numbers a clip.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import eigh

N_NUMBERS = 128


@dataclass
class Embedding:
    """Components, each divided by the root of its deviation, and a common factor."""

    mean: np.ndarray
    components: np.ndarray
    explained: float
    """The part of the variance that the components hold."""

    def __call__(self, inputs: np.ndarray) -> np.ndarray:
        """The embedding of rows of inputs."""
        return (inputs - self.mean) @ self.components


def components(covariance: np.ndarray, n_numbers: int) -> tuple[np.ndarray, float]:
    """Principal components, [inputs, numbers], scaled so that the mean square of all numbers that they give is 1; and the
    part of the variance that they hold."""
    last = len(covariance) - 1
    variances, vectors = eigh(covariance, subset_by_index=[max(last + 1 - n_numbers, 0), last])
    variances, vectors = np.maximum(variances[::-1], 1e-12), vectors[:, ::-1]
    vectors = vectors * np.sign(vectors[np.abs(vectors).argmax(axis=0), np.arange(vectors.shape[1])])
    # A component over the root of its deviation has its deviation as variance.
    factor = np.mean(variances**0.5) ** -0.5
    scaled = vectors * variances**-0.25 * factor
    return scaled.astype(np.float32), float(variances.sum() / np.trace(covariance))


def fit(inputs: np.ndarray, n_numbers: int = N_NUMBERS) -> Embedding:
    """Components of these rows, scaled so that the mean square of all their numbers is 1."""
    mean = inputs.mean(axis=0, dtype=np.float64).astype(np.float32)
    centred = inputs - mean
    covariance = (centred.T @ centred).astype(np.float64) / len(inputs)
    return Embedding(mean, *components(covariance, n_numbers))
