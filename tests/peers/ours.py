"""Our program as its peers see it: the bench program, which answers commands, and `undertone` itself.

Used by weights.py, mfcc.py and bench.py.
"""

import json
import os
import pathlib
import subprocess
import sys

PROJECT = pathlib.Path(__file__).resolve().parents[2]
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", PROJECT / "target"))
PROGRAM = TARGET / "release" / "undertone"


class Bench:
    """tests/benches/peers, running as long as this object: a command in, its answer out."""

    def __init__(self):
        command = ["cargo", "bench", "--profile", "release", "--quiet", "--locked", "--bench", "peers"]
        self.process = subprocess.Popen(
            command, cwd=PROJECT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def ask(self, *words):
        self.process.stdin.write(" ".join(map(str, words)) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            sys.exit(f"the bench program ended at: {words}")
        return json.loads(answer)


def export(model, format, path):
    """The model as a file, written by `undertone models export`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    command = [PROGRAM, "models", "export", model, "--format", format, "--output", path, "--force"]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}: {done.stderr.strip()}")
    return path
