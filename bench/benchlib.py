"""Shared parts of the harness: the pty driver, process accounting, statistics.

Only the standard library. All times are CLOCK_MONOTONIC nanoseconds, so a time
taken here, in the driver and in a load process can be subtracted directly.
"""
import json, os, re, shutil, signal, statistics, subprocess, sys, tempfile, time, uuid

HERE = os.path.dirname(os.path.abspath(__file__))
BIN = os.environ.get("BENCH_BIN", os.path.join(HERE, "bin"))
DRIVE, WORK, STAMP = (os.path.join(BIN, n) for n in ("ttydrive", "work", "stamp"))
CLK = os.sysconf("SC_CLK_TCK")
SCRATCH = os.environ.get("BENCH_SCRATCH") or os.path.join(tempfile.gettempdir(), "bench-scratch")
mono = time.monotonic_ns


def build_programs():
    """(Re)build the three Go programs if a source is newer than its program."""
    src = os.path.join(HERE, "programs")
    newest = max(os.path.getmtime(os.path.join(d, f)) for d, _, fs in os.walk(src) for f in fs)
    have = [p for p in (DRIVE, WORK, STAMP) if os.path.exists(p)]
    if len(have) == 3 and min(os.path.getmtime(p) for p in have) >= newest:
        return
    os.makedirs(BIN, exist_ok=True)
    subprocess.run(["go", "build", "-trimpath", "-ldflags", "-s -w", "-o", BIN + "/", "./cmd/..."],
                   cwd=src, check=True, env=dict(os.environ, CGO_ENABLED="0"))


class Dead(Exception):
    pass


class Term:
    """A program under a pseudo-terminal whose screen can be read."""

    def __init__(self, argv, cwd=None, env=None, cols=200, rows=50, raw=False, unset=()):
        self.p = subprocess.Popen([DRIVE], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        argv = list(argv)
        argv[0] = shutil.which(argv[0]) or argv[0]
        r = self.ask(op="spawn", argv=argv, cwd=cwd or os.getcwd(), env=env or {}, cols=cols, rows=rows,
                     raw=raw, unset=list(unset))
        self.pid, self.t0 = r["pid"], r["t0"]
        self.cols, self.rows = cols, rows

    def ask(self, **kw):
        self.p.stdin.write(json.dumps(kw).encode() + b"\n")
        self.p.stdin.flush()
        line = self.p.stdout.readline()
        if not line:
            raise Dead("driver ended")
        r = json.loads(line)
        if "err" in r:
            raise RuntimeError(r["err"])
        return r

    def wait(self, *text, timeout=10, no=(), box=None, quiet=False):
        """Until every regexp is on the screen; returns the driver's answer (t: when)."""
        r = self.ask(op="wait", text=list(text), not_text=list(no), timeout_ms=int(timeout * 1000), box=box or [])
        if not r["ok"] and not quiet:
            raise TimeoutError(f"not shown in {timeout}s: {text}\n{self.screen()}")
        return r

    def wait_bytes(self, s, timeout=10):
        return self.ask(op="wait", bytes=s, timeout_ms=int(timeout * 1000))

    def key(self, data, timeout=10, **pred):
        """Send keys, and wait for what they should bring about; answer has ms."""
        return self.ask(op="key", data=data, timeout_ms=int(timeout * 1000), **pred)

    def send(self, data):
        return self.ask(op="send", data=data)["t"]

    def settle(self, ms=300, timeout=10):
        return self.ask(op="settle", settle_ms=ms, timeout_ms=int(timeout * 1000))["ok"]

    def screen(self):
        return self.ask(op="screen")["text"]

    def stats(self):
        return self.ask(op="stats")

    def lag(self, regex, seconds, period_ms=50):
        return self.ask(op="lag", regex=regex, timeout_ms=int(seconds * 1000), period_ms=period_ms)

    def signal(self, sig):
        return self.ask(op="signal", sig=int(sig))["t"]

    def waitexit(self, timeout=10):
        return self.ask(op="waitexit", timeout_ms=int(timeout * 1000))

    def close(self):
        try:
            self.p.stdin.write(b'{"op":"bye"}\n')
            self.p.stdin.flush()
            self.p.stdin.close()
            self.p.wait(5)
        except Exception:
            self.p.kill()
            self.p.wait()


# ---------------------------------------------------------------- processes

def _read(p):
    try:
        with open(p, "rb") as f:
            return f.read()
    except OSError:
        return b""


def tagged(tag):
    """Pids of live processes that carry BENCH_TAG=tag in their environment."""
    want = b"BENCH_TAG=" + tag.encode()
    out = []
    for d in os.listdir("/proc"):
        if not d.isdigit():
            continue
        if want in _read(f"/proc/{d}/environ").split(b"\0"):
            st = _read(f"/proc/{d}/stat")
            if st and st.rsplit(b")", 1)[1].split()[0] not in (b"Z", b"X"):
                out.append(int(d))
    return out


def exe(pid):
    try:
        return os.readlink(f"/proc/{pid}/exe")
    except OSError:
        return ""


# The programs that are the work done under a tool, never the tool.
LOAD = ("work", "stamp", "yes", "seq")


def split(tag):
    """(pids of the tool, pids of its workload) among the tagged ones."""
    tool, load = [], []
    for p in tagged(tag):
        (load if os.path.basename(exe(p)) in LOAD else tool).append(p)
    return tool, load


def cpu_s(pids):
    """CPU seconds so far, user+system, of live processes (10 ms steps)."""
    n = 0
    for p in pids:
        st = _read(f"/proc/{p}/stat")
        if st:
            f = st.rsplit(b")", 1)[1].split()
            n += int(f[11]) + int(f[12])
    return n / CLK


def cpu_fine(pids):
    """CPU seconds so far from the scheduler's own count (ns), live threads only."""
    n = 0
    for p in pids:
        try:
            ts = os.listdir(f"/proc/{p}/task")
        except OSError:
            continue
        for t in ts:
            s = _read(f"/proc/{p}/task/{t}/schedstat").split()
            if s:
                n += int(s[0])
    return n / 1e9


def switches(pids):
    """(voluntary, involuntary) context switches of all threads: wake-ups."""
    v = n = 0
    for p in pids:
        try:
            ts = os.listdir(f"/proc/{p}/task")
        except OSError:
            continue
        for t in ts:
            for line in _read(f"/proc/{p}/task/{t}/status").splitlines():
                if line.startswith(b"voluntary_ctxt"):
                    v += int(line.split()[1])
                elif line.startswith(b"nonvoluntary_ctxt"):
                    n += int(line.split()[1])
    return v, n


def boost(pids=None):
    """Against a noisy machine (root only): raise the share of the sessions of these
    processes. Linux groups processes by session, so nice alone does not do it."""
    b = os.environ.get("BENCH_BOOST")
    if not b:
        return
    for p in pids if pids is not None else ["self"]:
        try:
            with open(f"/proc/{p}/autogroup", "w") as f:
                f.write(b)
        except OSError:
            pass


def rss_mb(pids, field="VmHWM"):
    n = 0
    for p in pids:
        for line in _read(f"/proc/{p}/status").splitlines():
            if line.startswith(field.encode() + b":"):
                n += int(line.split()[1])
    return n / 1024


def pss_mb(pids):
    """Memory in which what processes share, like the file of their program, counts once."""
    n = 0
    for p in pids:
        for line in _read(f"/proc/{p}/smaps_rollup").splitlines():
            if line.startswith(b"Pss:"):
                n += int(line.split()[1])
    return n / 1024


def kill_tag(tag, grace=0.0):
    """End every process that carries our tag (and no other), by pid."""
    for sig in (signal.SIGTERM, signal.SIGKILL):
        ps = tagged(tag)
        if not ps:
            return
        for p in ps:
            try:
                os.kill(p, sig)
            except OSError:
                pass
        t = time.time() + (grace or 1.0)
        while time.time() < t and tagged(tag):
            time.sleep(0.05)


# ---------------------------------------------------------------- a run

class Run:
    """A scratch folder, a tag, and one tool started in it."""

    def __init__(self, adapter, units, **opt):
        self.ad, self.units = adapter, units
        self.tag = uuid.uuid4().hex[:12]
        os.makedirs(SCRATCH, exist_ok=True)
        self.dir = tempfile.mkdtemp(prefix=adapter.name + "-", dir=SCRATCH)
        for u in units:
            u["cmd"] = [c.replace("$DIR", self.dir) for c in u["cmd"]]
        self.opt = opt
        self.t = None

    def __enter__(self):
        env = {"BENCH_TAG": self.tag, "HOME": self.dir, "XDG_CONFIG_HOME": self.dir + "/.config",
               "XDG_STATE_HOME": self.dir + "/.state", "XDG_DATA_HOME": self.dir + "/.data", "SHELL": "/bin/sh"}
        s = self.ad.config(self.dir, self.units, env=env, **self.opt)
        env.update(s.get("env", {}))
        self.env, argv = env, s["argv"]
        if self.opt.get("wrap"):  # as from a person's shell: the tool is not the session's leader
            argv = ["sh", "-c", '"$@"; sleep 30', "sh"] + argv
        self.t = Term(argv, cwd=self.dir, env=env, cols=self.opt.get("cols", 200), rows=self.opt.get("rows", 50),
                      raw=not self.ad.tui)
        return self

    def __exit__(self, *a):
        try:
            self.ad.cleanup(self)
        except Exception:
            pass
        kill_tag(self.tag)
        self.t.close()
        shutil.rmtree(self.dir, ignore_errors=True)

    def main_pid(self):
        """The tool's own first process (the shell's child where wrapped)."""
        if not self.opt.get("wrap"):
            return self.t.pid
        k = _read(f"/proc/{self.t.pid}/task/{self.t.pid}/children").split()
        return int(k[0]) if k else None

    def tool(self):
        return split(self.tag)[0]

    def verb(self, argv, **kw):
        """Run another command of the tool, in its folder and environment."""
        return subprocess.run(argv, cwd=self.dir, env=dict(os.environ, **self.env), **kw)

    def memory(self, pids, field="VmHWM"):
        """MB of the tool and of each part it says it has: {"mb": all, "host_mb": ...}; pss_mb is now,
        and counts what the parts share once."""
        out = {"mb": rss_mb(pids, field), "pss_mb": pss_mb(pids)}
        for p in pids:
            part = self.ad.part(p)
            if part:
                out[part + "_mb"] = out.get(part + "_mb", 0) + rss_mb([p], field)
        return out

    def load(self):
        return split(self.tag)[1]

    def stamp(self, name, timeout=60):
        p = os.path.join(self.dir, name)
        t = time.time() + timeout
        while time.time() < t:
            try:
                with open(p) as f:
                    return json.load(f)
            except (OSError, ValueError):
                time.sleep(0.005)
        return None


# ---------------------------------------------------------------- statistics

def pct(v, p):
    v = sorted(v)
    return v[min(len(v) - 1, int(p * len(v)))] if v else None


def summ(v, nd=1):
    """median [min-max] (n)"""
    v = [x for x in v if x is not None]
    if not v:
        return "-"
    return f"{statistics.median(v):.{nd}f} [{min(v):.{nd}f}-{max(v):.{nd}f}] n={len(v)}"


def med(v):
    v = [x for x in v if x is not None]
    return statistics.median(v) if v else None


def load1():
    return float(open("/proc/loadavg").read().split()[0])


def _busy():
    f = [int(x) for x in open("/proc/stat").readline().split()[1:]]
    return sum(f) - f[3] - f[4], sum(f)


def quiet(limit):
    """Wait, at most `limit` s, until the machine is mostly idle for half a second;
    returns the idle share seen last (1 is all cores idle)."""
    end = time.time() + limit
    while True:
        a = _busy()
        time.sleep(0.5)
        b = _busy()
        idle = 1 - (b[0] - a[0]) / max(1, b[1] - a[1])
        if idle > 0.75 or time.time() > end:
            return idle


class Out:
    """One JSON object a line, to a file and (short) to the terminal."""

    def __init__(self, path):
        os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
        self.f = open(path, "a")
        self.idle = None   # idle share just before, see quiet()

    def __call__(self, **kw):
        kw["load1"] = load1()
        if self.idle is not None:
            kw["idle0"] = round(self.idle, 2)
        kw["at"] = int(time.time())
        self.f.write(json.dumps(kw) + "\n")
        self.f.flush()
        print(" ".join(f"{k}={v if not isinstance(v, float) else round(v, 3)}" for k, v in kw.items() if k != "at"), flush=True)
