#!/usr/bin/env python3
"""What Sawhorse makes of much that comes from other systems: a run of 200 jobs with 50 MB of logs (of the project's own fake
GitHub), and a table of 5,000 runs (of a server here that answers as MLflow does).

  bench/measure_remote.py [--rounds 5] [--jobs 200] [--megabytes 50] [--runs 5000]

Needs go and the sawhorse to measure on PATH. Each time is taken from the last byte of the other system's answer, which both servers tell.
"""
import argparse, http.server, json, os, re, select, statistics, subprocess, sys, tempfile, threading, time

from measure_containers import ESCAPES, Screen, cell

BLOB = re.compile(r"\d\d:\d\d:\d\d\.\d+ 200 GET /_blob/runs/")
AFTER = re.compile(r"\d\d:\d\d:\d\d\.\d+ 200 GET \S+/artifacts\?")


class Keys(Screen):
    """A screen that is given keys, and says when what they lead to is drawn."""

    def press(self, keys, pattern=None, limit=30):
        """Seconds until the pattern was drawn behind the keys; without one, until anything was."""
        self.raw = b""
        at = time.monotonic()
        os.write(self.fd, keys)
        while time.monotonic() - at < limit:
            if not select.select([self.fd], [], [], 0.05)[0]:
                continue
            piece = os.read(self.fd, 1 << 16)
            now = time.monotonic()
            self.raw += piece
            if pattern is None or re.search(pattern, ESCAPES.sub(b"", self.raw)):
                return now - at
        return None

    def settle(self, seconds=0.3):
        """Reads until nothing was drawn for so long."""
        while select.select([self.fd], [], [], seconds)[0]:
            self.raw += os.read(self.fd, 1 << 16)


def environment(d, **more):
    env = {**os.environ, "TERM": "xterm-256color", "HOME": d, "SAWHORSE_STATE_DIR": f"{d}/state", "XDG_CONFIG_HOME": d, **more}
    env.pop("CI", None)
    return env


def started(d, env, text):
    with open(f"{d}/sawhorse.yml", "w") as f:
        f.write("version: 1\n" + text)
    return Keys(["sawhorse", "--trust"], d, env)


def ended(s, d, env):
    s.end()
    subprocess.run(["sawhorse", "down"], cwd=d, env=env, capture_output=True)


class Said(threading.Thread):
    """The lines of a program, each with when it was read."""

    def __init__(self, stream):
        super().__init__(daemon=True)
        self.stream, self.lines, self.changed = stream, [], threading.Condition()
        self.start()

    def run(self):
        for line in self.stream:
            with self.changed:
                self.lines.append((time.monotonic(), line))
                self.changed.notify_all()

    def first(self, pattern, limit=60):
        with self.changed:
            self.changed.wait_for(lambda: any(pattern.search(l) for _, l in self.lines), limit)
            return next((at for at, l in self.lines if pattern.search(l)), None)


def github(program, a):
    """Seconds from the bytes to all logs stored, from a key to a job's log, and of each key in it."""
    stored, opened, keys = [], [], []
    for i in range(a.rounds):
        with tempfile.TemporaryDirectory() as d:
            fake = subprocess.Popen([program, "-listen", "127.0.0.1:0", "-jobs", str(a.jobs), "-log-mb", str(a.megabytes)],
                                    stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            url = re.search(r"http://\S+/api/v3", fake.stdout.readline())[0]
            said = Said(fake.stderr)
            env = environment(d, FAKE_TOKEN="x")
            subprocess.run(["git", "init", "-q", "-b", "fix", d], check=True)
            s = started(d, env, f'integrations: {{github: {{url: "{url}", repo: ada/shop, token: "env:FAKE_TOKEN"}}}}\n')
            try:
                assert s.until(rb"lint", 60), "no pipelines"
                s.settle()
                assert s.press(b"\x1b[B\x1b[B", rb"matrix"), "no run"
                sent, done = said.first(BLOB), said.first(AFTER)
                stored.append(done - sent)
                s.settle()
                last = a.jobs - 1
                s.press(b"2", rb"test \(000\)")
                s.press(b"\t"), s.settle()
                s.press(b"\x1b[F", rb"test \(%03d\)" % last), s.settle()
                s.press(b"\x1b[A"), s.settle()
                took = s.press(b"\r", rb"job %03d line 00\d+" % last)
                opened.append(took)
                s.settle()
                keys += [s.press(b"\x1b[5~") for _ in range(10) if s.settle(0.05) is None]
            finally:
                ended(s, d, env)
                fake.kill(), fake.wait()
            print(f"github {i + 1}: stored {stored[-1]:.3f} opened {opened[-1]:.3f}", file=sys.stderr)
    return stored, opened, keys


class Lab(http.server.BaseHTTPRequestHandler):
    """An MLflow with one experiment, as far as Sawhorse asks."""
    protocol_version = "HTTP/1.1"
    pages, last = [], 0.0

    def log_message(self, *_):
        pass

    def answer(self, text, kind="application/json"):
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)
        self.wfile.flush()

    def do_GET(self):
        if self.path == "/version":
            return self.answer(b"3.17.2", "text/plain")
        self.answer(b"{}")

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])) or b"{}")
        if self.path.endswith("experiments/search"):
            return self.answer(json.dumps({"experiments": [{"experiment_id": "1", "name": "shop", "lifecycle_stage": "active", "last_update_time": 1700000000000}]}).encode())
        if self.path.endswith("runs/search") and not body.get("filter"):
            self.answer(self.pages[int(body.get("page_token") or 0)])
            Lab.last = time.monotonic()
            return None
        self.answer(b"{}")


def pages(n):
    """The runs as MLflow answers them, a thousand a page: ten metrics, ten parameters and the usual tags each."""
    runs = []
    for i in range(n):
        runs.append({
            "info": {"run_id": f"{i:032x}", "run_name": f"run-{i:05}", "experiment_id": "1", "user_id": "ada", "status": "FINISHED",
                     "start_time": 1700000000000 + i, "end_time": 1700000060000 + i, "artifact_uri": f"mlflow-artifacts:/1/{i:032x}/artifacts", "lifecycle_stage": "active"},
            "data": {"metrics": [{"key": f"metric/{k}", "value": (i * 31 + k) / 997, "timestamp": 1700000000000, "step": 100} for k in range(10)],
                     "params": [{"key": f"param_{k}", "value": str((i * 7 + k) % 100)} for k in range(10)],
                     "tags": [{"key": f"mlflow.source.{k}", "value": f"value of {k} of {i}"} for k in ("name", "type", "git.commit", "git.branch")]},
        })
    out = []
    for at in range(0, n, 1000):
        page = {"runs": runs[at:at + 1000]}
        if at + 1000 < n:
            page["next_page_token"] = str(at // 1000 + 1)
        out.append(json.dumps(page).encode())
    return out


def mlflow(a):
    Lab.pages = pages(a.runs)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Lab)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    table, keys = [], []
    for i in range(a.rounds):
        with tempfile.TemporaryDirectory() as d:
            env = environment(d)
            s = started(d, env, f'integrations: {{mlflow: {{url: "http://127.0.0.1:{server.server_port}"}}}}\ntasks: {{unused: {{run: "true", hidden: true}}}}\n')
            try:
                Lab.last = 0.0
                took = s.until(rb"run-\d{5}", 60)  # of the one experiment, which is selected by itself
                assert took and Lab.last, "no table"
                table.append(s.began + took - Lab.last)
                s.settle()
                s.press(b"\t"), s.settle()
                keys += [s.press(b"\x1b[6~") for _ in range(10) if s.settle(0.05) is None]
            finally:
                ended(s, d, env)
            print(f"mlflow {i + 1}: table {table[-1]:.3f} after {took:.3f}", file=sys.stderr)
    server.shutdown()
    return table, keys


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--rounds", type=int, default=5)
    p.add_argument("--jobs", type=int, default=200)
    p.add_argument("--megabytes", type=int, default=50)
    p.add_argument("--runs", type=int, default=5000)
    a = p.parse_args()
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    with tempfile.TemporaryDirectory() as d:
        subprocess.run(["go", "build", "-o", f"{d}/fake-github", "./integrations/github/githubtest/cmd/fake-github"], cwd=root, check=True)
        stored, opened, scrolled = github(f"{d}/fake-github", a)
    table, paged = mlflow(a)
    none = lambda v: [x for x in v if x is not None]
    print(f"load {os.getloadavg()[0]:.1f}, {a.rounds} rounds, median [least–most]\n")
    print("| measure | ms |")
    print("|---|---|")
    print(f"| {a.jobs} jobs, {a.megabytes} MB of logs: from the bytes to all of them stored | {cell(stored, 1000, 0)} |")
    print(f"| the same: from the key to a job's log on the screen | {cell(none(opened), 1000, 0)} |")
    print(f"| the same: a page up in it | {cell(none(scrolled), 1000, 1)} |")
    print(f"| {a.runs:,} runs: from the server's last byte to the table on the screen | {cell(table, 1000, 0)} |")
    print(f"| the same: a page down in it | {cell(none(paged), 1000, 1)} |")


if __name__ == "__main__":
    sys.exit(main())
