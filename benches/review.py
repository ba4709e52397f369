#!/usr/bin/env python3
"""The review of a large difference, measured from outside: 100,000 changed lines over 500 files.

    python3 benches/review.py target/release/rein

Linux, Python 3.9 or later, `git`; nothing to install. The files are generated, committed, and changed
in twenty places each; `rein diff` runs in a pty of 120 columns and 40 rows. A frame is counted as in
terminal.py, which this uses.
"""
import os
import shutil
import subprocess
import sys
import tempfile
import time

from terminal import FRAME, Rein, said

FILES, PLACES, LINES = 500, 20, 5


def texts(n):
    """A file before and after: in each of its places some lines become others."""
    before, after = [], []
    for place in range(PLACES):
        same = [f"fn part_{n}_{place}_{at}(input: &str) -> usize {{ input.len() * {at} }}\n" for at in range(12)]
        before += same + [f"    let value_{at} = compute(input, {n + at}, \"before {place}\");\n" for at in range(LINES)]
        after += same + [f"    let value_{at} = compute(input, {n * 3 + at}, \"after {place}\");\n" for at in range(LINES)]
    return "".join(before), "".join(after)


class Bench:
    def __init__(self, binary, folder):
        self.binary, self.root = os.path.abspath(binary), os.path.join(folder, "project")
        home = os.path.join(folder, "home")
        os.makedirs(os.path.join(home, ".config/rein"))
        self.environment = {"PATH": os.environ["PATH"], "HOME": home, "TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8"}
        os.makedirs(self.root)
        pairs = {f"src/mod{n % 25:02}/file_{n:03}.rs": texts(n) for n in range(FILES)}
        for name, (before, _) in pairs.items():
            os.makedirs(os.path.dirname(os.path.join(self.root, name)), exist_ok=True)
            with open(os.path.join(self.root, name), "w") as file:
                file.write(before)
        who = ["-c", "user.name=t", "-c", "user.email=t@t"]
        for words in (["init", "-q"], [*who, "add", "-A"], [*who, "commit", "-q", "-m", "all"]):
            subprocess.run(["git", *words], cwd=self.root, check=True)
        for name, (_, after) in pairs.items():
            with open(os.path.join(self.root, name), "w") as file:
                file.write(after)
        patch = subprocess.run(["git", "diff"], cwd=self.root, check=True, capture_output=True).stdout
        changed = sum(line[:1] in (b"+", b"-") and line[:3] not in (b"+++", b"---") for line in patch.split(b"\n"))
        self.patch = len(patch)
        print(f"{changed} changed lines in {FILES} files; `git diff` writes {self.patch / 1e6:.1f} MB")

    def open(self, runs=11):
        first, hunk, whole = [], [], []
        for _ in range(runs):
            rein = Rein(self, "diff")
            first.append((rein.frame() - rein.began) * 1000)
            hunk.append((rein.frame(b"compute") - rein.began) * 1000)
            whole.append((rein.wait(lambda output: b"lines to read" in output or b"100000" in output, 20) - rein.began) * 1000)
            rein.close()
        said("review: first frame", first[1:], "ms")
        said("review: first hunk on screen", hunk[1:], "ms")
        said("review: all files compared", whole[1:], "ms")

    def keys(self):
        rein = Rein(self, "diff")
        rein.wait(lambda output: b"lines to read" in output, 20)
        rein.quiet(3.0)
        every, spent = [], 0.0
        for name, keys in (
            ("line down", b"j" * 100), ("page down", [b"\x1b[6~"] * 60), ("next hunk", b"J" * 100), ("accept", b"y" * 100),
            ("reject", b"n" * 60), ("undo, redo", [b"u", b"\x12"] * 30), ("next file", b"}" * 60), ("fold", b"z" * 40),
            ("side by side", b"|" * 20), ("context", b"+-" * 20), ("end, top", [b"ge", b"gg"] * 10), ("filter", b"f" * 12),
        ):
            times, before = [], rein.stat()[0]
            for key in ([bytes([key]) for key in keys] if isinstance(keys, bytes) else keys):
                sent = rein.send(key)
                times.append((rein.frame() - sent) * 1000)
                rein.quiet(0.06)
            said(f"review: {name}", times, "ms")
            spent += rein.stat()[0] - before
            every += times
        said("review: any key to its frame", every, "ms")
        print(f"review: {spent / len(every) * 1000:.1f} ms of processor time a key, what it starts elsewhere included")
        cpu, rss, pss = rein.stat()
        print(f"review: RSS {rss:.1f} MB, PSS {pss:.1f} MB, peak RSS {rein.peak():.1f} MB; "
              f"{rss * 1.048576 / (self.patch / 1e6):.1f} times the difference")
        rein.close()


def main():
    if len(sys.argv) != 2 or not os.access(sys.argv[1], os.X_OK):
        sys.exit(__doc__)
    folder = tempfile.mkdtemp(prefix="rein-bench-")
    try:
        bench = Bench(sys.argv[1], folder)
        bench.open()
        bench.keys()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
