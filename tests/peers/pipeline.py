#!/usr/bin/env python3
"""A call through a Python pipeline as someone would write it, with the models of `undertone models export`.

    python3 tests/peers/pipeline.py CALL.wav MODEL.onnx [--pitch]

Every 250 ms: webrtcvad says whether the newest audio has speech; if so, librosa makes the features of the last 3 s of
audio, ONNX Runtime gives the probabilities. With --pitch librosa.yin finds the pitch, else it stands as 0; voicing,
which librosa gives only together with a far slower pitch (pyin), stands as 0 always. So the readings are no equals of
ours, the work is about what they cost. One thread. Prints the seconds without imports and loading, and the readings.
"""

import argparse
import json
import os
import time

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[name] = "1"

import librosa  # noqa: E402
import numpy as np  # noqa: E402
import onnxruntime  # noqa: E402
import scipy.io.wavfile  # noqa: E402
import webrtcvad  # noqa: E402

RATE_HZ = 8000
HOP_LEN = RATE_HZ // 4
SEGMENT_LEN = 3 * RATE_HZ
SHORTEST_LEN = RATE_HZ * 12 // 10
VAD_LEN = RATE_HZ * 30 // 1000
POWER_FLOOR = 1e-8
MIDDLE_HZ = 160.0


def features(samples, with_pitch):
    """[n_frames, 43]: 40 MFCCs with the settings of phone-v2, octaves, voicing, log power."""
    mel = librosa.feature.melspectrogram(
        y=samples, sr=RATE_HZ, n_fft=256, win_length=200, hop_length=80, center=False, n_mels=48, fmin=80, fmax=3800
    )
    mfcc = librosa.feature.mfcc(S=np.log(np.maximum(mel, POWER_FLOOR)), n_mfcc=40)
    frames = np.zeros((mfcc.shape[1], 43), np.float32)
    frames[:, :40] = mfcc.T
    rms = librosa.feature.rms(y=samples, frame_length=256, hop_length=80, center=False)[0]
    frames[:, 42] = np.log(np.maximum(rms[: len(frames)] ** 2, POWER_FLOOR))
    if with_pitch:
        hz = librosa.yin(samples, fmin=60, fmax=615, sr=RATE_HZ, frame_length=400, hop_length=80)
        frames[:, 40] = np.log2(hz[: len(frames)] / MIDDLE_HZ)
    return frames


def readings(samples, session, with_pitch):
    vad = webrtcvad.Vad(2)
    pcm = (samples * 32767).astype(np.int16)
    baseline = np.zeros((1, 86), np.float32)
    found = []
    for end in range(HOP_LEN, len(samples) + 1, HOP_LEN):
        parts = range(end - HOP_LEN, end - VAD_LEN + 1, VAD_LEN)
        speech = sum(vad.is_speech(pcm[at : at + VAD_LEN].tobytes(), RATE_HZ) for at in parts)
        if 2 * speech < len(parts) or end < SHORTEST_LEN:
            continue
        frames = features(samples[max(0, end - SEGMENT_LEN) : end], with_pitch)
        (probabilities,) = session.run(["probabilities"], {"frames": frames[None], "baseline": baseline})
        found.append(probabilities[0])
    return found


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("call")
    parser.add_argument("model")
    parser.add_argument("--pitch", action="store_true")
    given = parser.parse_args()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(given.model, options, providers=["CPUExecutionProvider"])
    # librosa loads most of itself on its first use.
    readings(np.random.default_rng(1).normal(0, 0.1, 2 * SEGMENT_LEN).astype(np.float32), session, given.pitch)
    features(np.ones(SEGMENT_LEN, np.float32), given.pitch)
    start = time.perf_counter()
    rate_hz, pcm = scipy.io.wavfile.read(given.call)
    assert rate_hz == RATE_HZ and pcm.dtype == np.int16, (rate_hz, pcm.dtype)
    found = readings(pcm.astype(np.float32) / 32768, session, given.pitch)
    print(json.dumps({"seconds": time.perf_counter() - start, "readings": len(found)}))


if __name__ == "__main__":
    main()
