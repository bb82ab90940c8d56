"""What is left behind: after the quit keys, and after kill -9 of the tool or of its host."""
import os, time

from benchlib import WORK, Run, boost, exe, mono, split, tagged, _read
from measure_screen import spawn_floor, units


def shutdown(b, rnd):
    spawn_floor(b, 30, rnd)
    tools = b.tools("sawhorse tmux mprocs process-compose hivemind concurrently")
    for how in b.args.how.split(","):
        for adapter in b.shuffled([a for a in tools if how != "host" or a.name.startswith("sawhorse")]):
            b.guarded(shutdown_one, adapter, rnd, how)


def alive(pid):
    stat = _read(f"/proc/{pid}/stat")
    return bool(stat) and stat.rsplit(b")", 1)[1].split()[0] not in (b"Z", b"X")


def shutdown_one(b, adapter, rnd, how, n=10):
    """Ten families of parent, child and grandchild under the tool; then it is ended."""
    us = units(n, lambda i: [WORK, "family", f"unit{i:02d}", "2"])
    with Run(adapter, us, wrap=how != "quit") as r:
        if adapter.tui:
            r.t.wait(*adapter.ready(us), timeout=30)
        end = time.time() + 20
        while time.time() < end and len(r.load()) < 3 * n:
            time.sleep(0.05)
        time.sleep(1)
        family = r.load()
        boost(tagged(r.tag))
        t0 = strike(adapter, r, how)
        gone, end = None, time.time() + b.args.grace
        while time.time() < end and not gone:
            if not any(map(alive, family)):
                gone = mono()
            time.sleep(0.002)
        x = r.t.waitexit(max(0.1, end - time.time())) if how == "quit" else {}
        time.sleep(0.5)  # the tool may end a little after its family
        tool, load = split(r.tag)
        tool = [p for p in tool if p != r.t.pid and os.path.basename(exe(p)) != "sleep"]  # the shell around it
        b.row(tool=adapter.name, round=rnd, how=how, family=len(family), dead_ms=(gone - t0) / 1e6 if gone else None,
              exit_ms=(x["t"] - t0) / 1e6 if x.get("ok") else None, left=len(load), left_tool=len(tool))


def strike(adapter, r, how):
    """End the tool; when it was struck."""
    if how == "quit":
        return adapter.quit(r.t)
    target = [p for p in r.tool() if adapter.part(p) == "host"] if how == "host" else [r.main_pid()]
    t0 = mono()
    for p in target:
        os.kill(p, 9)
    return t0
