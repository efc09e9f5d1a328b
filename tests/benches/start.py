#!/usr/bin/env python3
"""How soon the program is there: from its start to its first picture, and to the first reading.

    python3 tests/benches/start.py [--program PATH] [--rounds N]

`undertone replay` in a terminal of 80 by 24 characters, by the clock, on the demo call from its third turn on: of the
turns before, one begins with a short word and a pause, and one quietly. The first picture is there with the last line
of the screen, the first reading with its certainty, or with the words for an uncertain one. Medians of some starts,
before which one is not counted, on the CPU and with `--backend auto`, which looks for a GPU. Of the time to the first
reading 1.2 s are the least speech for one.
"""

import argparse
import csv
import fcntl
import os
import pathlib
import pty
import re
import select
import signal
import statistics
import struct
import sys
import tempfile
import termios
import time

PROJECT = pathlib.Path(__file__).resolve().parents[2]
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", PROJECT / "target"))
DEMO_CALL = PROJECT / "assets" / "demo-call.wav"
BACKENDS = ("cpu", "auto")
COLUMNS, LINES = 80, 24
PICTURE = re.compile(rb"quit")
# What was on the screen already, such as the "no" before it, is not sent again.
READING = re.compile(rb"% certain|emotion stands out|last reading")
LIMIT_S = 30.0
# A RIFF header with the chunks `fmt `, `fact` and `data`, then bytes of 8 kHz mu-law.
HEADER_LEN = 58
RATE_HZ = 8000


def write_call(path):
    """The demo call from its third turn on."""
    with DEMO_CALL.with_suffix(".csv").open() as file:
        starts_s = float(list(csv.DictReader(file))[2]["start_s"])
    content = DEMO_CALL.read_bytes()
    header, samples = bytearray(content[:HEADER_LEN]), content[HEADER_LEN:]
    samples = samples[int(starts_s * RATE_HZ) :]
    for at, length in ((4, len(samples) + HEADER_LEN - 8), (46, len(samples)), (54, len(samples))):
        header[at : at + 4] = struct.pack("<I", length)
    path.write_bytes(header + samples)


def start(command, environment):
    """Seconds to the first picture and to the first reading."""
    began = time.perf_counter()
    process, terminal = pty.fork()
    if process == 0:
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
        os.execve(command[0], command, environment)
    shown, picture_s, reading_s = b"", None, None
    try:
        while reading_s is None:
            passed_s = time.perf_counter() - began
            ready, _, _ = select.select([terminal], [], [], max(0.0, LIMIT_S - passed_s))
            try:
                read = os.read(terminal, 65536) if ready else b""
            except OSError:
                read = b""
            if not read:
                words = re.sub(rb"\x1b\[[0-9;?]*[a-zA-Z]", b" ", shown).decode(errors="replace")
                sys.exit(f"{' '.join(command)}: no reading after {passed_s:.0f} s: {' '.join(words.split())[-300:]}")
            passed_s = time.perf_counter() - began
            shown += read
            if picture_s is None and PICTURE.search(shown):
                picture_s = passed_s
            if READING.search(shown):
                reading_s = passed_s
    finally:
        os.kill(process, signal.SIGTERM)
        os.close(terminal)
        os.waitpid(process, 0)
    assert picture_s is not None, "a reading without a picture"
    return picture_s, reading_s


def words(seconds):
    return f"{statistics.median(seconds):.3f} s ({min(seconds):.3f} to {max(seconds):.3f})"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", type=pathlib.Path, default=TARGET / "release" / "undertone")
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    program = given.program.resolve()
    if not program.is_file():
        sys.exit(f"{program} is not there; `make build` makes it")
    with tempfile.TemporaryDirectory() as home:
        call = pathlib.Path(home) / "call.wav"
        write_call(call)
        environment = dict(os.environ, TERM="xterm-256color", XDG_CONFIG_HOME=home, XDG_STATE_HOME=home)
        print(f"Medians of {given.rounds} starts, and from the least to the most; load {os.getloadavg()[0]:.2f}\n")
        print("| backend | first picture | first reading |\n|---|---|---|")
        for backend in BACKENDS:
            command = [str(program), "replay", str(call), "--no-log", "--backend", backend]
            times = [start(command, environment) for _ in range(1 + given.rounds)][1:]
            pictures, readings = zip(*times)
            print(f"| {backend} | {words(pictures)} | {words(readings)} |", flush=True)


if __name__ == "__main__":
    main()
