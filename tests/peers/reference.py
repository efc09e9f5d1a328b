"""The network in PyTorch, from a file that `undertone models export --format safetensors` wrote.

    model, facts = reference.load("phone-lstm.safetensors")
    logits, probabilities = model(frames, baseline)

frames: [batch, n_frames, n_features] as the recipe gives them; baseline: [batch, 2 * n_features], zeros for a caller
of whom nothing is known. probabilities: [batch, n_labels] in the order of facts["labels"].
"""

import json

import torch
from safetensors import safe_open
from torch import nn

LEAST_VARIANCE = 1e-5


class Network(nn.Module):
    def __init__(self, shape, attention_units):
        super().__init__()
        self.shape = shape
        n_features, n_units = shape["n_features"], shape["n_units"]
        n_inputs = n_features * shape["frames_per_step"]
        self.front = nn.ModuleList()
        for layer in shape["front"]:
            self.front.append(nn.Conv1d(n_inputs, layer["units"], layer["width"], layer["stride"]))
            n_inputs = layer["units"]
        n_known = (2 * shape["hears_baseline"] + shape["hears_mean"]) * n_features
        if n_known:
            self.baseline = nn.Linear(n_known, shape["front"][0]["units"])
        both = shape["bidirectional"]
        self.lstm = nn.LSTM(n_inputs, n_units, batch_first=True, bidirectional=both)
        width = n_units * (2 if both else 1)
        if shape["pooling"] == "attention":
            self.attention_hidden = nn.Linear(width, attention_units)
            self.attention_score = nn.Linear(attention_units, 1)
            width *= 2
        self.dense = nn.ModuleList()
        for units in shape["dense"]:
            self.dense.append(nn.Linear(width, units))
            width = units
        self.output = nn.Linear(width, shape["n_labels"] + int(shape["hears_speech"]))
        self.register_buffer("normalisation_mean", torch.zeros(n_features))
        self.register_buffer("normalisation_deviation", torch.ones(n_features))
        self.register_buffer("calibration_temperature", torch.ones(()))
        self.register_buffer("calibration_bias", torch.zeros(shape["n_labels"]))

    def forward(self, frames, baseline):
        values = (frames - self.normalisation_mean) / self.normalisation_deviation
        per_step = self.shape["frames_per_step"]
        left_over = values.shape[1] % per_step
        values = values[:, left_over:].reshape(values.shape[0], -1, per_step * values.shape[2])
        known = [baseline] if self.shape["hears_baseline"] else []
        known += [values.mean(1)] if self.shape["hears_mean"] else []
        values = values.transpose(1, 2)
        for number, layer in enumerate(self.front):
            values = layer(values)
            if number == 0 and hasattr(self, "baseline"):
                values = values + self.baseline(torch.cat(known, 1)).unsqueeze(2)
            values = torch.relu(values)
        outputs, _ = self.lstm(values.transpose(1, 2))
        values = self.pooled(outputs)
        for layer in self.dense:
            values = torch.relu(layer(values))
        logits = self.output(values)
        labels = logits[:, : self.shape["n_labels"]]
        calibrated = labels / self.calibration_temperature + self.calibration_bias
        return logits, torch.softmax(calibrated, 1)

    def pooled(self, outputs):
        if self.shape["pooling"] == "last":
            return outputs[:, -1]
        if self.shape["pooling"] == "mean":
            return outputs.mean(1)
        weights = torch.softmax(self.attention_score(torch.tanh(self.attention_hidden(outputs))), 1)
        mean = (weights * outputs).sum(1)
        variance = (weights * outputs * outputs).sum(1) - mean * mean
        return torch.cat([mean, torch.sqrt(variance.clamp(min=0) + LEAST_VARIANCE)], 1)


def load(path):
    with safe_open(path, "pt") as file:
        facts = json.loads(file.metadata()["undertone"])
        tensors = {name: file.get_tensor(name) for name in file.keys()}
    hidden = tensors.get("attention_hidden.bias")
    model = Network(facts["network"], 0 if hidden is None else len(hidden))
    model.load_state_dict(tensors, strict=True)
    return model.eval(), facts
