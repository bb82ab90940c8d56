#!/usr/bin/env python3
"""Check the emulator: what tools draw, recorded raw, replayed into tmux, must give the
same screen text. Needs tmux; uses whichever of the tools are installed."""
import os, shutil, subprocess, sys, tempfile, time
from benchlib import *
from adapters import SUPERVISORS

build_programs()
bad = 0
for name in sys.argv[1:] or ["sawhorse", "tmux", "mprocs", "process-compose", "lnav"]:
    ad = SUPERVISORS[name]()
    if not ad.found():
        continue
    rec = tempfile.mktemp()
    os.environ["BENCH_RECORD"] = rec
    us = [{"name": f"unit{i:02d}", "cmd": [WORK, "flood", "3000", "100", "-", "block"]} for i in range(1 if getattr(ad, "pager", 0) else 5)]
    with Run(ad, us) as r:
        time.sleep(2.5)
        for _ in range(3):
            r.t.send(ad.down)
            time.sleep(0.4)
        r.t.settle(700, 8)
        ours = [l.rstrip() for l in r.t.screen().splitlines()]
        n = r.t.stats()["bytes"]
        data = open(rec, "rb").read()[:n]
    del os.environ["BENCH_RECORD"]
    open(rec, "wb").write(data)
    s = tempfile.mktemp(suffix=".sock")
    subprocess.run(["tmux", "-S", s, "-f", "/dev/null", "new-session", "-d", "-x", "200", "-y", "51", f"stty raw -echo; cat {rec}; sleep 20"], check=True)
    time.sleep(2)
    theirs = subprocess.run(["tmux", "-S", s, "capture-pane", "-p"], capture_output=True, text=True).stdout.splitlines()
    subprocess.run(["tmux", "-S", s, "kill-server"])
    os.remove(rec)
    theirs = [l.rstrip() for l in theirs] + [""] * 60
    acs = str.maketrans("│─┌┐└┘├┤┬┴┼", "xqlkmjtuwvn")  # tmux gives line drawing back as its letters
    ours, theirs = [l.translate(acs) for l in ours], [l.translate(acs) for l in theirs]
    diff = [(i, a, b) for i, (a, b) in enumerate(zip(ours, theirs)) if a != b]
    print(f"{name}: {len(ours)} rows, {len(diff)} differ, {len(data)} bytes")
    for i, a, b in diff[:3]:
        print("  ", i, repr(a[:90]), repr(b[:90]))
    bad += bool(diff)
sys.exit(bad > 0)
