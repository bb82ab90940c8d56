"""What a person feels: start to first frame, key press to its effect, the cost of doing nothing."""
import json, os, random, shutil, subprocess, tempfile, time

from benchlib import STAMP, WORK, Run, Term, boost, cpu_fine, cpu_s, mono, pct, rss_mb, switches, tagged, SCRATCH


def units(n, command):
    return [{"name": f"unit{i:02d}", "cmd": command(i)} for i in range(n)]


# ------------------------------------------------------------------ start-up

def startup(b, rnd):
    tools = b.tools("sawhorse sawhorse-attach mprocs process-compose tmux hivemind concurrently")
    for n in map(int, b.args.units.split(",")):
        spawn_floor(b, n, rnd)
        for adapter in b.shuffled(tools):
            b.guarded(startup_one, adapter, n, rnd)


def spawn_floor(b, n, rnd):
    """A pipe, a fork and an exec for each unit, and their first lines read: no tool can do less."""
    d = tempfile.mkdtemp(dir=SCRATCH)
    o = subprocess.run([WORK, "spawnfloor", str(n), d + "/born"], capture_output=True, text=True).stdout
    b.row(tool="floor-spawn", units=n, round=rnd, **json.loads(o))
    shutil.rmtree(d)


def startup_one(b, adapter, n, rnd):
    us = units(n, lambda i: [WORK, "idle", f"unit{i:02d}", "$DIR/born"])
    with Run(adapter, us) as r:
        if adapter.tui:
            frame = r.t.wait(*adapter.ready(us), timeout=60)["t"]
        else:  # plain output: the last unit's first line
            frame = max(r.t.wait_bytes(u["name"] + " READY", 60).get("t", 0) for u in us)
        row = dict(tool=adapter.name, units=n, round=rnd, frame_ms=(frame - r.t.t0) / 1e6)
        if adapter.owns:
            born = births(r.dir + "/born", n)
            row["all_up_ms"] = (max(born) - r.t.t0) / 1e6 if len(born) >= n else None
        time.sleep(1)  # what is put off until after the first frame costs, too
        ps = r.tool()
        row.update(cpu_s=cpu_s(ps), procs=len(ps), out_bytes=r.t.stats()["bytes"], **r.memory(ps))
        if adapter.tui:
            row["names_shown"] = sum(u["name"] in r.t.screen() for u in us)
        b.row(**row)


def births(path, n, timeout=60):
    """When the children began, once there are n of them."""
    times, end = [], time.time() + timeout
    while time.time() < end and len(times) < n:
        try:
            with open(path) as f:
                times = [int(x) for x in f.read().split()]
        except OSError:
            pass
        time.sleep(0.01)
    return times


# ------------------------------------------------------------------ keys

def keys(b, rnd):
    echo_floor(b, rnd)
    for adapter in b.shuffled([a for a in b.tools("sawhorse tmux mprocs process-compose") if a.tui and not a.pager]):
        for load in b.args.loads.split(","):
            b.guarded(keys_one, adapter, rnd, load, b.args.probes if load != "idle" else max(10, b.args.probes // 2))


def echo_floor(b, rnd):
    """cat in a pty: the kernel's echo of a key, through driver and emulator."""
    t = Term(["sh", "-c", "stty echo; cat"], env={"BENCH_TAG": "floor"})
    time.sleep(0.5)
    v = []
    for i in range(60):
        v.append(t.key("abcdefghijklmnopqrst"[i % 20], change="any")["ms"])
        time.sleep(0.02)
    t.send("\x03")
    t.waitexit(3)
    t.close()
    b.row(tool="floor-echo", load="idle", round=rnd, n=len(v), p50=pct(v, .5), p95=pct(v, .95), p99=pct(v, .99), max=max(v))


def busy_unit(b, load, seconds):
    """What unit00 does while keys are pressed."""
    if load == "flood":
        return [WORK, "flood", "0", "100", "$DIR/done", b.args.mode, "gate", "$DIR/go", "secs", str(seconds)]
    if load == "yes":
        return [WORK, "gate", "$DIR/go", "yes"]
    return [WORK, "idle", "unit00"]


def keys_one(b, adapter, rnd, load, probes):
    us = units(6, lambda i: busy_unit(b, load, int(probes * 0.9) + 20) if i == 0 else [WORK, "idle", f"unit{i:02d}"])
    with Run(adapter, us) as r:
        r.t.wait(*adapter.ready(us), timeout=30)
        time.sleep(2)
        boost(tagged(r.tag))
        select_first(adapter, r.t)
        ps = r.tool()
        open(r.dir + "/go", "w").close()
        time.sleep(1.5)
        before = r.memory(ps, "VmRSS")
        c0, t0 = cpu_fine(ps), time.time()
        ms, lost, void = press(adapter, r, probes)
        dt = time.time() - t0
        after = r.memory(ps, "VmRSS")
        peak = r.memory(ps)
        b.row(tool=adapter.name, round=rnd, load=load, n=len(ms), lost=lost, void=void, p50=pct(ms, .5), p95=pct(ms, .95), p99=pct(ms, .99),
              max=max(ms) if ms else None, tool_cpu_pct=100 * (cpu_fine(ps) - c0) / dt, peak_mb=peak["mb"], peak_host_mb=peak.get("host_mb"),
              grown_mb=after["mb"] - before["mb"], grown_host_mb=after["host_mb"] - before["host_mb"] if "host_mb" in after else None,
              seconds=dt, raw=[round(x, 2) for x in ms])


def select_first(adapter, t):
    """Bring the selection to unit00, in lists that stop at their end and in lists that wrap."""
    for _ in range(8):
        t.send(adapter.up)
        time.sleep(0.1)
    for key in [adapter.up] * 8 + [adapter.down] * 8:
        if "text" not in adapter.selected("unit00") or t.ask(op="wait", timeout_ms=300, **adapter.selected("unit00"))["ok"]:
            return
        t.send(key)
        time.sleep(0.2)


ENOUGH_LOST = 3  # keys without effect, each of which is waited for 8 s, say enough of a tool


def press(adapter, r, probes):
    """Down and up; each time until the other unit is shown as selected."""
    ms, lost, void = [], 0, 0
    for _ in range(probes):
        for key, name in ((adapter.down, "unit01"), (adapter.up, "unit00")):
            a = r.t.key(key, timeout=8, **adapter.selected(name))
            if os.path.exists(r.dir + "/done"):
                return ms, lost, void  # the flood is over: what follows would be idle latency
            if not a["ok"]:
                lost += 1
                if lost == ENOUGH_LOST:
                    return ms, lost, void
            elif a.get("already"):
                void += 1  # shown before the key could do it: an earlier key came late
            else:
                ms.append(a["ms"])
            time.sleep(random.uniform(0.12, 0.3))
    return ms, lost, void


# ------------------------------------------------------------------ idle

def idle(b, rnd):
    idle_floor(b, rnd)
    for adapter in b.shuffled(b.tools("sawhorse mprocs tmux process-compose hivemind concurrently")):
        b.guarded(idle_one, adapter, rnd)


def idle_floor(b, rnd):
    t = Term(["sleep", "40"])
    c0, s0 = cpu_fine([t.pid]), switches([t.pid])
    time.sleep(3)
    b.row(tool="floor-sleep", round=rnd, cpu_ms_30s=(cpu_fine([t.pid]) - c0) * 1e4, wakeups_s=(sum(switches([t.pid])) - sum(s0)) / 3)
    t.signal(15)
    t.waitexit(2)
    t.close()


def idle_one(b, adapter, rnd, n=10):
    us = units(n, lambda i: [WORK, "idle", f"unit{i:02d}"])
    with Run(adapter, us) as r:
        if adapter.tui:
            r.t.wait(*adapter.ready(us), timeout=30)
        time.sleep(6)  # what starts late is not idle yet
        ps, secs = r.tool(), b.args.seconds
        c0, s0, b0 = cpu_fine(ps), sum(switches(ps)), r.t.stats()["bytes"]
        parts0 = {p: cpu_fine([p]) for p in ps}
        time.sleep(secs)
        row = dict(tool=adapter.name, round=rnd, cpu_ms_30s=1000 * (cpu_fine(ps) - c0) * 30 / secs, wakeups_s=(sum(switches(ps)) - s0) / secs,
                   out_b_s=(r.t.stats()["bytes"] - b0) / secs, procs=len(ps), **r.memory(ps, "VmRSS"))
        for p in ps:
            if adapter.part(p):
                key = adapter.part(p) + "_cpu_ms_30s"
                row[key] = row.get(key, 0) + 1000 * (cpu_fine([p]) - parts0[p]) * 30 / secs
        b.row(**row)
