#!/usr/bin/env python3
"""Sawhorse and lazydocker on one engine: the start with 50 containers, what they cost while nothing happens, and the last
line of a container that has logged a million.

  DOCKER_HOST=unix:///... bench/measure_containers.py IMAGE [--rounds 5] [--tools sawhorse,lazydocker]

IMAGE is one whose entrypoint prints `line 1` to `line N` for `print N x` and then sleeps, as integrations/docker/testdata/part
does. The containers are made and removed here, with the docker program; an engine of its own keeps others out of it.
"""
import argparse, fcntl, os, pty, re, select, shutil, signal, statistics, struct, subprocess, sys, tempfile, termios, time

ESCAPES = re.compile(rb"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[PX^_].*?\x1b\\|\x1b[ -/]*[0-~]", re.S)


class Screen:
    """A program under a pseudo-terminal whose output is kept; its questions are answered as xterm does."""

    def __init__(self, argv, cwd, env):
        self.raw = b""
        self.began = time.monotonic()
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(cwd)
            os.execvpe(argv[0], argv, env)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 200, 0, 0))

    def until(self, pattern, limit):
        """Seconds from the start until the pattern was printed; None: it was not."""
        while time.monotonic() - self.began < limit:
            ready, _, _ = select.select([self.fd], [], [], 0.05)
            if not ready:
                continue
            try:
                piece = os.read(self.fd, 1 << 16)
            except OSError:
                break
            at = time.monotonic()
            self.raw += piece
            if b"\x1b[6n" in piece:
                os.write(self.fd, b"\x1b[1;1R")
            if b"\x1b[c" in piece:
                os.write(self.fd, b"\x1b[?62c")
            if re.search(pattern, ESCAPES.sub(b"", self.raw[-200_000:])):
                return at - self.began
        return None

    def pump(self, seconds):
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if select.select([self.fd], [], [], left)[0]:
                try:
                    os.read(self.fd, 1 << 16)
                except OSError:
                    return

    def end(self):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.fd)


def cpu(mark):
    """CPU seconds of every process whose environment has the mark."""
    total = 0.0
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            if mark in open(f"/proc/{pid}/environ", "rb").read():
                parts = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
                total += (int(parts[11]) + int(parts[12])) / os.sysconf("SC_CLK_TCK")
        except OSError:
            pass
    return total


def docker(*args):
    return subprocess.run(["docker", *args], check=True, capture_output=True, text=True).stdout


def tool(name, rounds, pattern, idle=0):
    seconds, spent = [], []
    for i in range(rounds):
        with tempfile.TemporaryDirectory() as d:
            with open(f"{d}/sawhorse.yml", "w") as f:
                f.write("version: 1\ntasks: {unused: {run: 'true', hidden: true}}\n")
            mark = f"BENCH_MARK={os.getpid()}-{name}-{i}"
            env = {**os.environ, "TERM": "xterm-256color", "HOME": d, "SAWHORSE_STATE_DIR": f"{d}/state", "XDG_CONFIG_HOME": d}
            env.update([mark.split("=")])
            env.pop("CI", None)
            argv = {"sawhorse": ["sawhorse", "--trust"], "lazydocker": ["lazydocker"]}[name]
            s = Screen(argv, d, env)
            took = s.until(pattern, 60)
            print(f"{name} {i + 1}: {took}", file=sys.stderr)
            if took is not None:
                seconds.append(took)
            if idle:
                s.pump(10)
                before = cpu(mark.encode())
                s.pump(idle)
                spent.append((cpu(mark.encode()) - before) / idle * 100)
            s.end()
            if name == "sawhorse":
                subprocess.run(["sawhorse", "down"], cwd=d, env=env, capture_output=True)
    return seconds, spent


def cell(v, scale, digits):
    if not v:
        return "never"
    show = lambda x: f"{x * scale:,.{digits}f}"
    return f"{show(statistics.median(v))} [{show(min(v))}–{show(max(v))}]"


def main():
    a = argparse.ArgumentParser()
    a.add_argument("image")
    a.add_argument("--rounds", type=int, default=5)
    a.add_argument("--idle", type=int, default=20)
    a.add_argument("--tools", default="sawhorse,lazydocker")
    a = a.parse_args()
    tools = [t for t in a.tools.split(",") if shutil.which(t)]
    made = []
    try:
        million = docker("run", "-d", "--network", "none", "--name", "aa-million", a.image, "print", "1000000", "x").strip()
        made.append(million)
        while "line 1000000" not in docker("logs", "--tail", "1", million):
            time.sleep(0.2)
        last = {t: tool(t, a.rounds, rb"line 1000000\b")[0] for t in tools}
        for i in range(49):
            made.append(docker("run", "-d", "--network", "none", "--name", f"c-{i:02}", a.image, "sleep").strip())
        many = {t: tool(t, a.rounds, rb"c-\d\d", a.idle) for t in tools}
    finally:
        subprocess.run(["docker", "rm", "-f", *made], capture_output=True)
    print("| tool | rounds | first frame with the 50 ms | CPU % while nothing happens | last of 1,000,000 lines, from the start ms |")
    print("|---|---|---|---|---|")
    for t in tools:
        print(f"| {t} | {a.rounds} | {cell(many[t][0], 1000, 0)} | {cell(many[t][1], 1, 2)} | {cell(last[t], 1000, 0)} |")


if __name__ == "__main__":
    sys.exit(main())
