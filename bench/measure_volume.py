"""Logs at any volume: how fast they are taken, what that costs, and whether they can be found again."""
import json, os, re, shutil, subprocess, tempfile, time, uuid

from benchlib import SCRATCH, WORK, Run, Term, boost, cpu_fine, cpu_s, kill_tag, mono, split, tagged, exe
from measure_screen import units


def settled(pids, limit=20):
    """Until the tool is quiet: it may go on working after the last line shows."""
    prev = cpu_s(pids)
    for _ in range(limit * 2):
        time.sleep(0.5)
        now = cpu_s(pids)
        if now - prev < 0.03:
            return
        prev = now


# ------------------------------------------------------------------ seq: nothing may be lost

def seq(b, rnd):
    """A task that prints 1 to N: every line stored, both ends reachable on the screen, and the host's peak memory."""
    for adapter in b.shuffled([a for a in b.tools("sawhorse") if hasattr(a, "scan")]):
        b.guarded(seq_one, adapter, rnd)


def seq_one(b, adapter, rnd):
    n = b.args.seq
    us = units(1, lambda i: [WORK, "idle", "unit00"]) + [{"name": "unit01", "cmd": ["seq", "1", str(n)], "task": True}]
    with Run(adapter, us) as r:
        r.t.wait("unit00", "unit01", timeout=30)
        r.t.settle(500)
        ps, t0 = r.tool(), mono()
        r.verb(["sawhorse", "run", "unit01"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True, timeout=b.args.limit)
        took = (mono() - t0) / 1e9
        settled(ps)
        host = r.memory(ps)
        stored = r.dir + "/stored"
        with open(stored, "wb") as f:
            r.verb(["sawhorse", "logs", "unit01"], stdout=f, check=True, timeout=b.args.limit)
        with open(stored, "rb") as f:
            lines = sum(1 for _ in f)
        want = subprocess.Popen(["seq", "1", str(n)], stdout=subprocess.PIPE)
        whole = subprocess.run(["cmp", "-s", stored, "-"], stdin=want.stdout).returncode == 0
        want.wait()
        for _ in range(4):
            if r.t.key(adapter.down, timeout=1, **adapter.selected("unit01"))["ok"]:
                break
        last = r.t.wait(rf"\b{n}\b", timeout=10, quiet=True)
        pressed = adapter.top(r.t)
        first = r.t.wait(r"[^\n]*\n[^\n]*".join(rf"\s{i}\s" for i in range(1, 6)), timeout=10, quiet=True)
        b.row(tool=adapter.name, round=rnd, lines=n, seconds=took, stored=lines, all_there=whole, peak_host_mb=host.get("host_mb"), peak_screen_mb=host.get("screen_mb"),
              last_reachable=bool(last["ok"]), first_reachable=bool(first["ok"]), first_ms=(first["t"] - pressed) / 1e6 if first["ok"] else None,
              peak_host_after_mb=r.memory(ps).get("host_mb"))


# ------------------------------------------------------------------ ingest

def ingest(b, rnd):
    n, mode = b.args.lines, b.args.mode
    ingest_floors(b, n, mode, rnd)
    for adapter in b.shuffled(b.tools("sawhorse sawhorse-pipe tmux lnav mprocs process-compose hivemind concurrently")):
        b.guarded(ingest_one, adapter, n, mode, rnd)


def ingest_floors(b, n, mode, rnd):
    """The same lines through a pipe into nothing, and through a pty that is drained as fast as can be."""
    d = tempfile.mkdtemp(dir=SCRATCH)
    subprocess.run(["sh", "-c", f"{WORK} flood {n} 100 {d}/pipe {mode} nohold | cat >/dev/null"], check=True)
    with open(d + "/pipe") as f:
        s = json.load(f)
    b.row(tool="floor-pipe", lines=n, mode=mode, round=rnd, producer_s=(s["t1"] - s["t0"]) / 1e9, last_s=(s["t1"] - s["t0"]) / 1e9)
    t = Term(["sh", "-c", f"{WORK} flood {n} 100 {d}/pty {mode} nohold | cat"], raw=True)
    w = t.wait_bytes("LAST-LINE-END", 300)
    t.waitexit(60)
    t.close()
    with open(d + "/pty") as f:
        s = json.load(f)
    b.row(tool="floor-pty", lines=n, mode=mode, round=rnd, producer_s=(s["t1"] - s["t0"]) / 1e9, last_s=(w["t"] - s["t0"]) / 1e9 if w["ok"] else None)
    shutil.rmtree(d)


def flooded(adapter, n, mode):
    """Units of which the first prints n lines when the gate opens."""
    flood = [WORK, "flood", str(n), "100", "$DIR/done", mode, "gate", "$DIR/go"]
    if adapter.pager:
        return units(1, lambda i: flood + ["nohold"])
    return units(2, lambda i: flood if i == 0 else [WORK, "idle", f"unit{i:02d}"])


def ingest_one(b, adapter, n, mode, rnd):
    us = flooded(adapter, n, mode)
    with Run(adapter, us) as r:
        if adapter.tui and not adapter.pager:
            r.t.wait(*adapter.ready(us), timeout=30)
        time.sleep(1.5)
        boost(tagged(r.tag))
        ps = r.tool()
        c0, b0 = cpu_s(ps), r.t.stats()["bytes"]
        open(r.dir + "/go", "w").close()
        w = r.t.wait("LAST-LINE-END", timeout=b.args.limit, quiet=True) if adapter.tui else r.t.wait_bytes("LAST-LINE-END", b.args.limit)
        row = dict(tool=adapter.name, lines=n, mode=mode, round=rnd, last_visible=bool(w["ok"]))
        s = r.stamp("done", 5 if w["ok"] else 2)
        if s:
            row["producer_s"] = (s["t1"] - s["t0"]) / 1e9
            row["last_s"] = (w["t"] - s["t0"]) / 1e9 if w["ok"] else None
        settled(ps)
        ps = sorted(set(ps) | set(r.tool()))
        row.update(tool_cpu=cpu_s(ps) - c0, out_mb=(r.t.stats()["bytes"] - b0) / 1e6, **r.memory(ps))
        if adapter.tui and w["ok"]:
            pressed = adapter.top(r.t)
            if pressed:
                f = r.t.wait("FIRST-LINE-BEGIN", timeout=15, quiet=True)
                row["first_reachable"] = bool(f["ok"])
                row["first_ms"] = (f["t"] - pressed) / 1e6 if f["ok"] else None
        b.row(**row)


# ------------------------------------------------------------------ fan-in

PRODUCERS, RATE, SECONDS = 20, 1000, 15


def fanin(b, rnd):
    """20 units at 1000 lines/s each, the screen open."""
    fanin_floor(b, rnd)
    for adapter in b.shuffled(b.tools("sawhorse tmux mprocs process-compose hivemind concurrently")):
        b.guarded(fanin_one, adapter, rnd)


def fanin_floor(b, rnd):
    """The same producers into one cat."""
    d = tempfile.mkdtemp(dir=SCRATCH)
    tag = uuid.uuid4().hex[:12]
    producers = " ".join(f"{WORK} tick {RATE} {SECONDS} unit{i:02d} {d}/st{i} &" for i in range(PRODUCERS))
    p = subprocess.Popen(["sh", "-c", f"({producers} wait) | cat >/dev/null"], env=dict(os.environ, BENCH_TAG=tag))
    time.sleep(2)
    ps = [x for x in tagged(tag) if os.path.basename(exe(x)) == "cat"]
    c0, t0 = cpu_fine(ps), time.time()
    time.sleep(10)
    b.row(tool="floor-cat", round=rnd, tool_cpu_pct=100 * (cpu_fine(ps) - c0) / (time.time() - t0))
    time.sleep(4)
    kill_tag(tag)
    p.wait()
    shutil.rmtree(d)


def fanin_one(b, adapter, rnd):
    us = units(PRODUCERS, lambda i: [WORK, "tick", str(RATE), str(SECONDS), f"unit{i:02d}", f"$DIR/st{i}"])
    with Run(adapter, us) as r:
        if adapter.tui:
            r.t.wait(*adapter.ready(us), timeout=30)
        time.sleep(2)
        boost(tagged(r.tag))
        ps = r.tool()
        c0, t0, s0 = cpu_fine(ps), time.time(), r.t.stats()
        lag = r.t.lag(r"ts=(\d{6,})", 10)
        dt, s1 = time.time() - t0, r.t.stats()
        row = dict(tool=adapter.name, round=rnd, tool_cpu_pct=100 * (cpu_fine(ps) - c0) / dt, lag_p50=lag["p50"], lag_p95=lag["p95"], lag_max=lag["max"],
                   misses=lag["misses"], out_kb_s=(s1["bytes"] - s0["bytes"]) / dt / 1e3, bursts_s=(s1["bursts"] - s0["bursts"]) / dt, **r.memory(ps))
        st = [s for s in (r.stamp(f"st{i}", 12) for i in range(PRODUCERS)) if s]
        row["produced"] = sum(s["lines"] for s in st) / (PRODUCERS * RATE * SECONDS)
        row["worst_write_ms"] = max((s["worst_write_ms"] for s in st), default=None)
        b.row(**row)


# ------------------------------------------------------------------ search

NEEDLE, PATTERN = "NEEDLE-LATE", "NEEDLE-(LATE|EARLY)"


def search(b, rnd):
    """Finding one line among N stored ones: until it is on the screen, and a scan of all of them."""
    n = b.args.lines
    search_floors(b, n, rnd)
    for adapter in b.shuffled([a for a in b.tools("sawhorse-pipe lnav process-compose") if a.search]):
        b.guarded(search_one, adapter, n, rnd)


def timed(run, times=3):
    """Seconds of the quickest of some runs."""
    best = None
    for _ in range(times):
        t = mono()
        run()
        best = min(best or 1e9, (mono() - t) / 1e9)
    return best


def search_floors(b, n, rnd):
    d = tempfile.mkdtemp(dir=SCRATCH)
    with open(d + "/log", "wb") as f:
        subprocess.run([WORK, "flood", str(n), "100", d + "/done", "block", "nohold"], stdout=f, check=True)
    for tool, literal, pattern in (("floor-grep", ["grep", "-c", NEEDLE], ["grep", "-cE", PATTERN]), ("floor-rg", ["rg", "-c", NEEDLE], ["rg", "-c", PATTERN])):
        if shutil.which(literal[0]):
            go = lambda argv: subprocess.run(argv + [d + "/log"], stdout=subprocess.DEVNULL, check=True)
            b.row(tool=tool, lines=n, round=rnd, literal_s=timed(lambda: go(literal)), regexp_s=timed(lambda: go(pattern)))
    shutil.rmtree(d)


def search_one(b, adapter, n, rnd):
    us = flooded(adapter, n, "block")
    with Run(adapter, us) as r:
        if not adapter.pager:
            r.t.wait(*adapter.ready(us), timeout=30)
        time.sleep(1)
        open(r.dir + "/go", "w").close()
        r.t.wait("LAST-LINE-END", timeout=b.args.limit)
        ps = r.tool()
        settled(ps)
        c0 = cpu_s(ps)
        k = adapter.find(r.t, NEEDLE)
        row = dict(tool=adapter.name, lines=n, round=rnd, find_ms=k["ms"] if k and k["ok"] else None)
        settled(ps)
        row.update(find_cpu=cpu_s(ps) - c0, **r.memory(ps))
        if hasattr(adapter, "scan"):
            hits = r.verb(adapter.scan("unit00", PATTERN), capture_output=True, text=True, check=True).stdout
            row["found"] = len(re.findall(PATTERN, hits))
            for field, needle in (("literal_s", NEEDLE), ("regexp_s", PATTERN)):
                row[field] = timed(lambda: r.verb(adapter.scan("unit00", needle), capture_output=True, check=True))
        b.row(**row)
