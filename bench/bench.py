#!/usr/bin/env python3
"""Measure terminal programs that run other programs, side by side. See README.md.

  bench.py startup --tools sawhorse,mprocs --units 5,50 --rounds 5
  bench.py seq ingest fanin keys idle search shutdown --rounds 3
  bench.py watch watchstart rerun --rounds 3
  bench.py versions

Every round runs each tool once, in a fresh order, with the floor of that measure
beside them, so that a noisy minute hits all of them alike.
"""
import argparse, os, random, signal, sys

import measure_screen, measure_shutdown, measure_volume, measure_watch
from adapters import SUPERVISORS
from watchers import WATCHERS
from benchlib import HERE, SCRATCH, Out, boost, build_programs, quiet

MEASURES = {m.__name__: m for m in (
    measure_screen.startup, measure_screen.keys, measure_screen.idle,
    measure_volume.seq, measure_volume.ingest, measure_volume.fanin, measure_volume.search,
    measure_shutdown.shutdown, measure_watch.watch, measure_watch.watchstart, measure_watch.rerun)}


class Bench:
    """What a measure is given: the arguments, the tools, where rows go."""

    def __init__(self, args):
        self.args = args
        self.out = Out(args.out)
        self.measure = None

    def tools(self, default):
        """The adapters asked for (or the measure's own choice) that are on PATH."""
        found = []
        for name in (self.args.tools.split(",") if self.args.tools else default.split()):
            if name not in SUPERVISORS and name in WATCHERS:
                continue
            if name not in SUPERVISORS:
                sys.exit(f"bench.py: no adapter named {name}; there are: {' '.join(SUPERVISORS)}")
            adapter = SUPERVISORS[name]()
            if adapter.found():
                found.append(adapter)
            else:
                print(f"{name} is not on PATH: left out", file=sys.stderr)
        return found

    def shuffled(self, adapters):
        return random.sample(adapters, len(adapters))

    def row(self, **kw):
        self.out(bench=self.measure, **kw)

    def guarded(self, run, adapter, *a):
        """One run of one tool, on a quiet machine; what goes wrong is a row, too."""
        self.out.idle = quiet(self.args.quiet) if self.args.quiet else None
        try:
            run(self, adapter, *a)
        except Exception as e:
            self.row(tool=adapter.name, error=f"{type(e).__name__}: {e}"[:160].replace("\n", "|"))
            if self.args.verbose:
                print(e)

    def run(self, name):
        self.measure = name
        for rnd in range(self.args.rounds):
            MEASURES[name](self, rnd)


def versions(bench):
    bench.measure = "versions"
    for name, adapter in SUPERVISORS.items():
        a = adapter()
        if a.found():
            bench.row(tool=name, version=a.version())
    for name, adapter in WATCHERS.items():
        a = adapter()
        if a.found() and a.version_cmd and name not in SUPERVISORS:
            bench.row(tool=name, version=a.version())


def arguments():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("measures", nargs="+", choices=[*MEASURES, "versions"], metavar="MEASURE", help=" ".join([*MEASURES, "versions"]))
    p.add_argument("--tools", default="", help="adapters, joined with commas; default: each measure's own peers that are on PATH")
    p.add_argument("--rounds", type=int, default=3)
    p.add_argument("--units", default="5,50", help="startup: how many units")
    p.add_argument("--lines", type=int, default=1_000_000, help="ingest, search: lines of 100 bytes")
    p.add_argument("--seq", type=int, default=5_000_000, help="seq: the last number")
    p.add_argument("--mode", default="block", choices=["block", "line"], help="floods: 32 KiB writes, or one write a line")
    p.add_argument("--loads", default="idle,flood,yes", help="keys: what unit00 does meanwhile")
    p.add_argument("--probes", type=int, default=40, help="keys: pairs of key presses")
    p.add_argument("--seconds", type=int, default=30, help="idle: for how long")
    p.add_argument("--limit", type=int, default=180, help="seconds to wait for the last line")
    p.add_argument("--changes", type=int, default=40, help="watch, rerun: how many saves (rerun: a quarter of it)")
    p.add_argument("--trees", default="small,large", help="watch: which trees")
    p.add_argument("--how", default="quit,9,host", help="shutdown: quit keys, kill -9 of what was started, of the host")
    p.add_argument("--grace", type=float, default=6, help="shutdown: seconds until what lives is called a survivor")
    p.add_argument("--nice", type=int, default=0, help="run everything at this niceness (root: negative, against a noisy machine)")
    p.add_argument("--quiet", type=float, default=20, help="wait up to this many seconds before each run for a mostly idle machine")
    p.add_argument("--out", default=os.path.join(HERE, "results.jsonl"))
    p.add_argument("-v", "--verbose", action="store_true")
    return p.parse_args()


def main():
    args = arguments()
    if args.nice:
        os.nice(args.nice)
        os.environ["BENCH_BOOST"] = str(args.nice)
        boost()
    build_programs()
    os.makedirs(SCRATCH, exist_ok=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is ended
    bench = Bench(args)
    for name in args.measures:
        versions(bench) if name == "versions" else bench.run(name)


if __name__ == "__main__":
    main()
