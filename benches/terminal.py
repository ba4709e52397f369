#!/usr/bin/env python3
"""What a user waits for, measured from outside: a release binary, a pty, a model server on loopback.

    python3 benches/terminal.py target/release/rein [startup] [idle] [keys] [hunk] [stream] [cancel] [gathering] [ask] [edit] [large]

Linux, Python 3.9 or later, `git`; nothing to install. Everything happens in a temp folder with a home
of its own. A frame is counted when its last byte (the end of the synchronized update, CSI ? 2026 l)
has come through the pty; times include the pty and this script.
"""
import fcntl
import http.server
import json
import os
import pty
import random
import resource
import select
import shutil
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time

FRAME = b"\x1b[?2026l"
ROWS, COLS = 40, 120


# ---------------------------------------------------------------- the model

class Model(http.server.ThreadingHTTPServer):
    """Speaks streamed chat completions with no delay at all; the reply is set beforehand."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Answer)
        self.says("")
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def says(self, reply, hangs=False):
        self.reply, self.hangs = reply, hangs
        self.calls, self.mute, self.plan = [], False, None
        self.requests, self.sent = [], None


class Answer(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.requests.append(json.loads(body))
        planning = self.server.plan is not None and b"You plan how" in body
        if self.server.mute and not planning:
            time.sleep(30)
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.end_headers()
        reply = self.server.plan if planning else self.server.reply
        pieces = [{"content": reply[at:at + 16]} for at in range(0, len(reply), 16)]
        for n, (name, arguments) in enumerate(self.server.calls):
            call = {"index": n, "id": f"call_{n}", "type": "function",
                    "function": {"name": name, "arguments": json.dumps(arguments)}}
            pieces.append({"tool_calls": [call]})
        lines = ["data: " + json.dumps({"choices": [{"index": 0, "delta": piece}]}) + "\n\n" for piece in pieces]
        try:
            text = "".join(lines).encode()
            self.server.sent = time.perf_counter()
            self.wfile.write(text)
            if self.server.hangs and not planning:
                time.sleep(30)
            reason = "tool_calls" if self.server.calls else "stop"
            end = json.dumps({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]})
            self.wfile.write(("data: " + end + "\n\ndata: [DONE]\n\n").encode())
        except OSError:
            pass

    def log_message(self, *_):
        pass


# ---------------------------------------------------------------- the project

def code(lines):
    """Rust-looking text, no two functions of it alike."""
    return "".join(
        f"/// Takes part {n} of the input and says how much of it was of use.\n"
        f"fn part_{n}(input: &str, limit: usize) -> usize {{\n"
        f"    let part = input.len().min(limit + {n});\n    part * {n % 97 + 1}\n}}\n\n"
        for n in range((lines + 5) // 6)
    )


def block(n, path="long.rs"):
    """A search/replace block of eight lines for function `n`."""
    line = f"    let part = input.len().min(limit + {n});"
    return f"{path}\n<<<<<<< SEARCH\n{line}\n=======\n{line}\n    assert!(part > 0);\n>>>>>>> REPLACE\n\n"


def project(root, files):
    """A repository of `files` generated sources in 150 folders, one long file, one small."""
    words = "parse buffer index cursor token node edge graph cache store queue worker signal frame".split()
    dice = random.Random(7)
    os.makedirs(root)
    for n in range(files):
        folder = os.path.join(root, f"pkg{n % 15:02}", f"mod{n // 15 % 10:02}")
        os.makedirs(folder, exist_ok=True)
        name = f"{dice.choice(words)}_{n:04}.{('rs', 'py', 'ts', 'md')[n % 4]}"
        with open(os.path.join(folder, name), "w") as file:
            file.write(code(330))
    for name, lines in (("long.rs", 50_000), ("small.rs", 60)):
        with open(os.path.join(root, name), "w") as file:
            file.write(code(lines))
    who = ["-c", "user.name=t", "-c", "user.email=t@t"]
    for words in (["init", "-q"], [*who, "add", "-A"], [*who, "commit", "-q", "-m", "all"]):
        subprocess.run(["git", *words], cwd=root, check=True)


# ---------------------------------------------------------------- the process

class Rein:
    """The screen in a pty."""

    def __init__(self, bench, *arguments):
        # Reviews under way come back at the next start: each run begins without any.
        shutil.rmtree(bench.state, ignore_errors=True)
        self.output, self.read, self.last = b"", 0, None
        self.began = time.perf_counter()
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLS, 0, 0))
            os.chdir(bench.root)
            os.execve(bench.binary, [bench.binary, *arguments], bench.environment)

    def wait(self, until, timeout=10.0):
        """Reads until `until(all output since the last send)`; returns the moment, or None."""
        end = time.perf_counter() + timeout
        while (left := end - time.perf_counter()) > 0:
            if not select.select([self.fd], [], [], left)[0]:
                break
            try:
                self.output += os.read(self.fd, 1 << 16)
            except OSError:
                break
            self.last = time.perf_counter()
            if until(self.output[self.read:]):
                return self.last
        return None

    def frame(self, text=b"", timeout=10.0):
        """The end of the first frame with `text` in it."""
        return self.wait(lambda output: FRAME in output[max(output.find(text), 0):] and text in output, timeout)

    def quiet(self, seconds):
        """Reads until nothing has come for so long."""
        while self.wait(lambda _: True, seconds):
            pass

    def send(self, keys):
        self.read = len(self.output)
        at = time.perf_counter()
        os.write(self.fd, keys)
        return at

    def stat(self):
        """CPU seconds, resident and proportional size in MB."""
        with open(f"/proc/{self.pid}/stat") as file:
            ticks = file.read().rsplit(")", 1)[1].split()[11:13]
        with open(f"/proc/{self.pid}/smaps_rollup") as file:
            sizes = {line.split(":")[0]: line.split()[1] for line in file if line.count(":") == 1}
        cpu = sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")
        return cpu, int(sizes["Rss"]) / 1024, int(sizes["Pss"]) / 1024

    def peak(self):
        with open(f"/proc/{self.pid}/status") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("VmHWM")) / 1024

    def close(self):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.fd)


def said(name, values, unit):
    values = sorted(value for value in values if value is not None)
    p99 = values[min(len(values) - 1, int(len(values) * 0.99))]
    print(f"{name:44} median {statistics.median(values):9.2f} {unit}   range {values[0]:.2f}-{values[-1]:.2f}"
          f"   p99 {p99:.2f}   n {len(values)}", flush=True)


# ---------------------------------------------------------------- the figures

class Bench:
    def __init__(self, binary, folder):
        self.binary = os.path.abspath(binary)
        self.root, home = os.path.join(folder, "project"), os.path.join(folder, "home")
        self.state = os.path.join(home, ".local/state")
        self.model = Model()
        self.environment = {
            "PATH": os.environ["PATH"], "HOME": home, "TERM": "xterm-256color", "COLORTERM": "truecolor",
            "LANG": "C.UTF-8", "MODEL_KEY": "k",
        }
        os.makedirs(os.path.join(home, ".config/rein"))
        with open(os.path.join(home, ".config/rein/config.toml"), "w") as file:
            file.write('[providers.here]\nwire = "openai-chat"\napi_key_env = "MODEL_KEY"\n'
                       f'base_url = "http://127.0.0.1:{self.model.server_port}/v1"\n'
                       '[roles]\nchat = ["here/model"]\n')
        project(self.root, 3_000)
        self.command("index")

    def command(self, *arguments):
        """Runs rein without a screen; the whole of it in milliseconds, and its CPU."""
        before, began = os.times(), time.perf_counter()
        subprocess.run([self.binary, *arguments], cwd=self.root, env=self.environment, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        took, after = time.perf_counter() - began, os.times()
        cpu = after.children_user + after.children_system - before.children_user - before.children_system
        return took * 1000, cpu * 1000

    def startup(self, runs=31):
        """From the fork to the first frame; the first run warms the page cache and is dropped."""
        for name, arguments in (("first frame, 3,000 files", []), ("the file's text, 50,000 lines", ["long.rs:25000"])):
            times = []
            for _ in range(runs):
                rein = Rein(self, *arguments)
                # One word: blanks are skipped over, not written.
                at = rein.frame(b"Takes" if arguments else b"")
                times.append((at - rein.began) * 1000)
                rein.close()
            said(f"startup: {name}", times[1:], "ms")

    def idle(self, runs=3, seconds=10):
        figures = []
        for _ in range(runs):
            rein = Rein(self, "small.rs")
            rein.quiet(3.0)
            cpu, rss, pss = rein.stat()
            before = len(rein.output)
            rein.quiet(seconds)
            after, late_rss, late_pss = rein.stat()
            figures.append(((after - cpu) / seconds * 100, len(rein.output) - before, rss, pss, late_rss, late_pss))
            rein.close()
        names = ("idle: CPU", "%"), ("idle: output in 10 s", "bytes"), ("idle: RSS after 3 s", "MB"), \
            ("idle: PSS after 3 s", "MB"), ("idle: RSS after 13 s", "MB"), ("idle: PSS after 13 s", "MB")
        for (name, unit), values in zip(names, zip(*figures)):
            said(name, values, unit)

    def keys(self, count=200):
        for name, target in (("60 lines", "small.rs:30"), ("50,000 lines", "long.rs:25000")):
            rein = Rein(self, target)
            rein.quiet(1.0)
            times = []
            for n in range(count):
                sent = rein.send(b"x" if n % 40 else b"\x7f")
                times.append((rein.frame() - sent) * 1000)
                rein.quiet(0.15)  # new colours come in a frame of their own
            said(f"key to frame, {name}", times, "ms")
            print(f"RSS with {name} open: {rein.stat()[1]:.1f} MB")
            rein.close()

    def hunk(self, runs=20):
        """From the server's write of a whole block to the frame that shows the hunk; the answer goes on."""
        self.model.says(block(3, "small.rs"), hangs=True)
        times = []
        for _ in range(runs):
            rein = Rein(self, "small.rs")
            rein.quiet(0.5)
            rein.send(b"\x0cgo")
            rein.quiet(0.3)
            rein.send(b"\r")
            times.append((rein.frame(b"assert!") - self.model.sent) * 1000)
            rein.close()
        said("block sent to hunk on screen", times, "ms")

    def stream(self, runs=3):
        prose = "".join(f"{n:4} the quick brown fox explains what it would change here and there\n" for n in range(2_000))
        for name, reply in (("prose", prose), ("250 hunks", "".join(block(n * 7) for n in range(250)))):
            self.model.says(reply)
            figures = []
            for _ in range(runs):
                rein = Rein(self, "small.rs" if name == "prose" else "long.rs")
                rein.quiet(1.0)
                # The long file is too much for one request at `file`; at `repo` it goes along as an open buffer.
                rein.send(b"\x0c" if name == "prose" else b"\x1bi")
                rein.send(b"go")
                rein.quiet(0.5)
                cpu = rein.stat()[0]
                sent = rein.send(b"\r")
                rein.quiet(1.5)
                figures.append((rein.last - sent, rein.stat()[0] - cpu, (len(rein.output) - rein.read) / 1000, rein.peak(), rein.stat()[1]))
                rein.close()
            names = ("to the last frame", "s"), ("CPU", "s"), ("to the terminal", "kB"), ("peak RSS", "MB"), ("RSS after", "MB")
            for (what, unit), values in zip(names, zip(*figures)):
                said(f"2,000 lines of {name}: {what}", values, unit)

    def cancel(self, runs=10):
        self.model.says("text\n" * 50, hangs=True)
        times = []
        for _ in range(runs):
            rein = Rein(self, "small.rs")
            rein.quiet(0.5)
            rein.send(b"\x0cgo")
            rein.quiet(0.3)
            rein.send(b"\r")
            rein.wait(lambda _: False, 0.8)
            sent = rein.send(b"\x1b")
            at = rein.wait(lambda output: b"stopped" in output)
            times.append(at and (at - sent) * 1000)
            rein.close()
        said("Esc to \"stopped\" on screen", times, "ms")

    def ask(self, runs=10):
        """Esc in every state of a question, and what the process still does in the second after it."""
        slow = [("grep", {"pattern": r"(?:[a-z_]+[^a-z]+){1,9}nowhere"})] * 8
        plan = "".join(f"- Which part of the input is of use {n}?\n" for n in range(3))
        states = (
            # what is waited for, steps of the slider, the word that says so, and the model
            ("the search, without an index", 0, b"searching", {"mute": True}),
            ("the first byte", 0, b"asking", {"mute": True}),
            ("the rest of the answer", 0, b"answering", {"reply": "Takes part of the input. " * 20, "hangs": True}),
            ("eight slow greps of the project", 1, b"looking", {"calls": slow}),
            ("three parts of a question in depth", 2, b"parts,", {"plan": plan, "mute": True}),
        )
        for name, steps, word, model in states:
            times, after = [], []
            for run in range(runs):
                self.model.says("")
                vars(self.model).update(model)
                environment = self.environment
                if word == b"searching":
                    cache = os.path.join(os.path.dirname(self.root), f"cache-{run}")
                    self.environment = {**environment, "XDG_CACHE_HOME": cache}
                rein = Rein(self, "small.rs")
                self.environment = environment
                rein.quiet(0.3)
                rein.send(b"\x01" + b"\t" * steps + b"how much of the input is of use")
                rein.quiet(0.2)
                rein.send(b"\r")
                reached = rein.wait(lambda output: word in output, 30)
                rein.wait(lambda _: False, 0.05 if word == b"searching" else 0.3)
                cpu = rein.stat()[0]
                sent = rein.send(b"\x1b")
                at = rein.wait(lambda output: b"stopped" in output)
                times.append((at - sent) * 1000 if reached and at else None)
                rein.wait(lambda _: False, 1.0)
                after.append((rein.stat()[0] - cpu) * 1000)
                rein.close()
            said(f"Esc to \"stopped\", waiting for {name}", times, "ms")
            said("... CPU in the second after it", after, "ms")

    def gathering(self, runs=10):
        """Esc while what a request is about is still being looked for."""
        times = []
        for _ in range(runs):
            rein = Rein(self, "small.rs")
            rein.quiet(0.5)
            rein.send(b"\x1bigo")
            rein.quiet(0.3)
            rein.send(b"\r")
            time.sleep(0.005)
            sent = rein.send(b"\x1b")
            at = rein.wait(lambda output: b"stopped" in output)
            times.append(at and (at - sent) * 1000)
            rein.close()
        said("Esc while gathering to \"stopped\" on screen", times, "ms")

    def edit(self, runs=21):
        path = os.path.join(self.root, "small.rs")
        with open(path) as file:
            before = file.read()
        self.model.says(block(3, "small.rs"))
        walls, landed = [], []
        for _ in range(runs):
            with open(path, "w") as file:
                file.write(before)
            began = time.perf_counter()
            command = [self.binary, "edit", "--level", "file", "--file", "small.rs", "--apply", "assert that part is positive"]
            process = subprocess.Popen(command, cwd=self.root, env=self.environment, stdout=subprocess.DEVNULL)
            while os.stat(path).st_size == len(before) and process.poll() is None:
                time.sleep(0.0005)
            landed.append((time.perf_counter() - began) * 1000)
            assert process.wait() == 0
            walls.append((time.perf_counter() - began) * 1000)
        said("edit --apply: command to the edit on disk", landed[1:], "ms")
        said("edit --apply: command to exit", walls[1:], "ms")
        first = json.dumps(self.model.requests[0], ensure_ascii=False, separators=(",", ":")).encode()
        print(f"edit --apply: {len(self.model.requests) // runs} request each; the first is {len(first)} bytes, "
              f"{len(first) - len(before)} without the file's own {len(before)}")

    def large(self, files=200_000):
        """A tree of so many files with a log of 1 GiB in it: from nothing, and when it is known."""
        small, self.root = self.root, self.root + "-large"
        for n in range(files):
            folder = os.path.join(self.root, f"pkg{n // 10_000:02}", f"mod{n // 100 % 100:02}")
            if n % 100 == 0:
                os.makedirs(folder)
            with open(os.path.join(folder, f"part_{n % 100}.rs"), "w") as file:
                file.write(f"//! Part {n}.\npub fn part_{n}(x: u32) -> u32 {{\n    x + {n}\n}}\n")
        subprocess.run(["git", "init", "-q"], cwd=self.root, check=True)
        with open(os.path.join(self.root, "server.log"), "w") as file:
            file.truncate(1 << 30)
        frames, texts, keys, stops = [], [], [], []
        for _ in range(10):
            rein = Rein(self, "pkg00/mod07/part_7.rs")
            frames.append((rein.frame() - rein.began) * 1000)
            texts.append((rein.frame(b"Part") - rein.began) * 1000)
            rein.close()
        rein = Rein(self, "pkg00/mod07/part_7.rs")
        rein.frame(b"Part")
        # A request has the index made: keys and Esc beside it.
        rein.send(b"\x1bigo")
        rein.quiet(0.3)
        rein.send(b"\r")
        time.sleep(0.5)
        sent = rein.send(b"\x1b")
        stops.append((rein.wait(lambda output: b"stopped" in output) - sent) * 1000)
        rein.send(b"q")
        for n in range(100):
            sent = rein.send(b"x" if n % 40 else b"\x7f")
            keys.append((rein.frame() - sent) * 1000)
            time.sleep(0.03)
        rein.close()
        for name, values in (("first frame", frames), ("the file's text", texts), ("Esc while it is indexed", stops),
                             ("key to frame while it is indexed", keys)):
            said(f"{files} files: {name}", values, "ms")
        for name in ("index --rebuild", "index", "search part_77_33"):
            wall, cpu = self.command(*name.split())
            print(f"{files} files: {name}: {wall:.0f} ms, CPU {cpu:.0f} ms, "
                  f"peak of any so far {resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024} MB")
        shutil.rmtree(self.root)
        self.root = small


def main():
    binary, *chosen = sys.argv[1:] or [None]
    if not binary or not os.access(binary, os.X_OK):
        sys.exit(__doc__)
    folder = tempfile.mkdtemp(prefix="rein-bench-")
    try:
        bench = Bench(binary, folder)
        for name in chosen or ["startup", "idle", "keys", "hunk", "stream", "cancel", "gathering", "ask", "edit"]:
            getattr(bench, name)()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
