"""Makes golden.json: predictions drawn at random, and the measures that scikit-learn gives them.

Needs: pip install scikit-learn (made with 1.9.1). Run in this folder: python3 make_golden.py
"""

import json

import numpy as np
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score, precision_score, recall_score

LABELS = ["anger", "disgust", "fear", "happiness", "surprise", "sadness", "neutral"]
# Name, clips, labels that occur. One corpus lacks surprise, one disgust.
CORPORA = [
    ("six", 150, [0, 1, 2, 3, 5, 6]),
    ("seven", 130, [0, 1, 2, 3, 4, 5, 6]),
    ("uneven", 40, [0, 2, 3, 4, 5, 6]),
]
N_BINS = 10


def calibration_error(right, confidence):
    """Naeini et al., 2015, as commonly written: bins (a, b] of equal width."""
    error = 0.0
    for low, high in zip(np.arange(N_BINS) / N_BINS, np.arange(1, N_BINS + 1) / N_BINS):
        inside = (confidence > low) & (confidence <= high)
        if inside.any():
            error += inside.mean() * abs(right[inside].mean() - confidence[inside].mean())
    return error


def measures(truth, heard, confidence, labels):
    recall = recall_score(truth, heard, labels=labels, average=None)
    precision = precision_score(truth, heard, labels=labels, average=None, zero_division=0)
    return {
        "n": len(truth),
        "labels": [LABELS[label] for label in labels],
        "accuracy": accuracy_score(truth, heard),
        "uar": recall_score(truth, heard, labels=labels, average="macro"),
        "macro_f1": f1_score(truth, heard, labels=labels, average="macro", zero_division=0),
        "recall": {LABELS[label]: value for label, value in zip(labels, recall)},
        "precision": {LABELS[label]: value for label, value in zip(labels, precision)},
        "confusion": confusion_matrix(truth, heard, labels=labels).tolist(),
        "ece": calibration_error(truth == heard, confidence),
    }


def main():
    rng = np.random.default_rng(20)
    rows, by_corpus, everything = [], {}, []
    for name, n, labels in CORPORA:
        weights = rng.dirichlet(np.full(len(labels), 3.0))
        truth = np.concatenate([labels, rng.choice(labels, n - len(labels), p=weights)])
        strength = np.full((n, len(LABELS)), 0.4)
        strength[np.arange(n), truth] += rng.choice([0.0, 1.5], n)
        scores = np.array([rng.dirichlet(row) for row in strength]).round(4)
        among = scores[:, labels]
        heard = np.array(labels)[among.argmax(axis=1)]
        confidence = among.max(axis=1) / among.sum(axis=1)
        rows += [[name, LABELS[t], s.tolist()] for t, s in zip(truth, scores)]
        by_corpus[name] = measures(truth, heard, confidence, labels)
        everything.append((truth, heard, confidence))
    truth, heard, confidence = (np.concatenate(part) for part in zip(*everything))
    expected = measures(truth, heard, confidence, list(range(len(LABELS))))
    expected["by_corpus"] = by_corpus
    with open("golden.json", "w") as file:
        file.write('{"predictions": [\n')
        file.write(",\n".join(json.dumps(row) for row in rows))
        file.write('\n],\n"expected": ' + json.dumps(expected, indent=1) + "}\n")


main()
