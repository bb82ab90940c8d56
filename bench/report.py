#!/usr/bin/env python3
"""results.jsonl -> Markdown tables: median [min-max], and the ratio to the floor.

  report.py [results.jsonl ...]                  to the terminal
  report.py --into docs/benchmarks.md            between the marks in that file
  report.py --quiet-only 0.5                     only runs before which that share of the machine was idle
"""
import argparse, json, os, platform, re, statistics, time
from collections import defaultdict

HERE = os.path.dirname(os.path.abspath(__file__))
BEGIN, END = "<!-- make bench writes from here -->", "<!-- to here -->"


def numbers(rows, field):
    v = [r.get(field) for r in rows]
    v = [x for x in v if isinstance(x, (int, float)) and not isinstance(x, bool)]
    return [max(x, 0) if -2 < x < 0 else x for x in v]  # CPU of threads that ended meanwhile


def cell(rows, field, digits):
    flags = [r[field] for r in rows if isinstance(r.get(field), bool)]
    if flags:
        return "yes" if all(flags) else "no" if not any(flags) else f"{sum(flags)} of {len(flags)}"
    v = numbers(rows, field)
    if not v:
        return "-"
    show = lambda x: f"{x:,.{digits}f}"
    m = show(statistics.median(v))
    return m if len(v) == 1 or show(min(v)) == show(max(v)) else f"{m} [{show(min(v))}–{show(max(v))}]"


class Table:
    """Rows of one measure, grouped by tool and what the tool was given.

    columns: (heading, field, digits); floor: (tool, its field, the field compared, what else of the
    group must be equal: by default all of it)."""

    def __init__(self, bench, title, note, by, columns, floor=None):
        self.bench, self.title, self.note, self.by, self.columns, self.floor = bench, title, note, ("tool",) + by, columns, floor

    def lines(self, rows):
        groups, errors = defaultdict(list), defaultdict(list)
        for r in (r for r in rows if r["bench"] == self.bench):
            if "error" in r:
                errors[r["tool"]].append(r["error"])
            else:
                groups[tuple(r.get(x) for x in self.by)].append(r)
        if not groups and not errors:
            return
        yield f"### {self.title}\n"
        yield f"{self.note}\n"
        head = [*self.by, "runs", *(c[0] for c in self.columns)] + ["× floor"] * bool(self.floor)
        yield "| " + " | ".join(head) + " |"
        yield "|" + "---|" * len(head)
        first = self.columns[0][1]
        order = sorted(groups, key=lambda k: (tuple(map(_key, k[1:])), not k[0].startswith("floor"), statistics.median(numbers(groups[k], first) or [9e9])))
        for k in order:
            cells = [*(f"{x:,}" if isinstance(x, int) else str(x) for x in k), str(len(groups[k]))]
            cells += [cell(groups[k], f, d) for _, f, d in self.columns]
            if self.floor:
                cells.append(self.ratio(groups, k))
            yield "| " + " | ".join(cells) + " |"
        for tool, messages in errors.items():
            yield f"\n{tool}: {len(messages)} runs ended in an error, the first: {messages[0]}"
        yield ""

    def ratio(self, groups, k):
        tool, field, compared, *given = self.floor
        base = numbers(groups.get((tool,) + (given[0] if given else k[1:]), []), field)
        mine = numbers(groups[k], compared)
        if not base or not mine or not statistics.median(base):
            return "-"
        return f"{statistics.median(mine) / statistics.median(base):.1f}"


def _key(x):
    return (1, x, "") if isinstance(x, (int, float)) else (2, 0, str(x))


TABLES = [
    Table("startup", "Start", "From the spawn to the names of five units on the screen (plain tools: to every unit's first line); `sawhorse` starts host and screen, "
          "`sawhorse-attach` the screen on a host that runs. Target: attach under mprocs, cold within 1.5x of it; 50 units up within 1.5x of the floor.",
          ("units",), [("first frame ms", "frame_ms", 0), ("all units up ms", "all_up_ms", 0), ("floor ms", "up_ms", 0), ("CPU s", "cpu_s", 2), ("memory MB", "mb", 0), ("processes", "procs", 0)],
          ("floor-spawn", "up_ms", "frame_ms")),
    Table("seq", "Nothing is lost: `seq 1 5000000` as a task", "Every line is compared with what seq printed. Target: all there, first and last reachable, host under 60 MB at its peak.",
          ("lines",), [("s", "seconds", 1), ("stored", "stored", 0), ("all there", "all_there", 0), ("host peak MB", "peak_host_mb", 0), ("screen peak MB", "peak_screen_mb", 0),
                       ("after reading it all MB", "peak_host_after_mb", 0), ("last reachable", "last_reachable", 0), ("first reachable", "first_reachable", 0), ("to the first ms", "first_ms", 0)]),
    Table("ingest", "Lines of 100 bytes from one process", "`sawhorse` gives a service a pty, `sawhorse-pipe` a pipe (`tty: false`). The ratio is to the pipe floor. Target: a pipe within 3x of the pipe floor, "
          "a pty within 1.2x of the pty floor, under 60 MB, nothing lost. Peaks add up what each process has in memory; the program's own file is in each of "
          "Sawhorse's three and in the machine once, so the last column of memory counts what is shared once.",
          ("lines", "mode"), [("last line on screen s", "last_s", 2), ("producer done s", "producer_s", 2), ("CPU s", "tool_cpu", 2), ("peak MB", "mb", 0), ("host peak MB", "host_mb", 0), ("shared once MB", "pss_mb", 0),
                              ("to tty MB", "out_mb", 1), ("last visible", "last_visible", 0), ("first reachable", "first_reachable", 0), ("to the first ms", "first_ms", 0)],
          ("floor-pipe", "last_s", "last_s")),
    Table("fanin", "20 services at 1,000 lines/s, screen open", "Lag: the age of the newest line on the screen. Target: at most tmux's CPU, lag p95 under 35 ms.",
          (), [("CPU %", "tool_cpu_pct", 1), ("lag p50 ms", "lag_p50", 0), ("lag p95 ms", "lag_p95", 0), ("lag max ms", "lag_max", 0), ("peak MB", "mb", 0), ("to tty KB/s", "out_kb_s", 0),
               ("produced share", "produced", 3), ("worst write ms", "worst_write_ms", 1)], ("floor-cat", "tool_cpu_pct", "tool_cpu_pct")),
    Table("keys", "Key press to its effect", "Until the other unit is shown as selected, while unit00 is silent (idle), floods with lines of 100 bytes, or runs `yes`. "
          "Target: idle p50 under 10 ms; under load p95 under 20 ms and memory flat.",
          ("load",), [("p50 ms", "p50", 1), ("p95 ms", "p95", 1), ("p99 ms", "p99", 1), ("max ms", "max", 0), ("keys", "n", 0), ("no effect in 8 s", "lost", 0), ("CPU %", "tool_cpu_pct", 1),
                      ("peak MB", "peak_mb", 0), ("grown MB", "grown_mb", 1), ("host grown MB", "grown_host_mb", 1)], ("floor-echo", "p50", "p50", ("idle",))),
    Table("idle", "Doing nothing, 10 quiet services, screen open", "Target: under 100 ms of CPU in 30 s, then lower.",
          (), [("CPU ms per 30 s", "cpu_ms_30s", 1), ("of the host", "host_cpu_ms_30s", 1), ("of the screen", "screen_cpu_ms_30s", 1), ("wake-ups/s", "wakeups_s", 1), ("to tty B/s", "out_b_s", 0),
               ("memory MB", "mb", 0), ("shared once MB", "pss_mb", 0), ("processes", "procs", 0)]),
    Table("search", "Search over all that is stored", "On the screen: from Enter to the hit. The scans print every hit: `grep -c` and `rg -c` on the same bytes in one file, `sawhorse logs --grep`. "
          "Target: first hits within 100 ms; a literal within 3x of grep, a regular expression within 2x of ripgrep.",
          ("lines",), [("literal, whole scan s", "literal_s", 3), ("regexp, whole scan s", "regexp_s", 3), ("hit on screen ms", "find_ms", 0), ("CPU s", "find_cpu", 2), ("peak MB", "mb", 0)],
          ("floor-grep", "literal_s", "literal_s")),
    Table("shutdown", "What is left behind", "Ten families of three processes; `quit`: the keys a person presses to stop all; `9`: kill -9 of what was started (a screen of Sawhorse is only a client, and "
          "leaves its services running on purpose); `host`: kill -9 of Sawhorse's host.",
          ("how",), [("all dead ms", "dead_ms", 0), ("tool gone ms", "exit_ms", 0), ("left of 30", "left", 0), ("of the tool itself", "left_tool", 0)]),
    Table("watch", "Save to run", "From write(2) into a file to the first instruction of the command, with each tool's defaults; the large tree has 20,000 directories, nine of ten below a node_modules "
          "that git ignores. Floor: raw inotify, fork and exec. Target: within 1.5x of it in the small tree, in the large one within 1.2x of our own, no change lost.",
          ("tree",), [("p50 ms", "p50", 1), ("p95 ms", "p95", 1), ("saves", "n", 0), ("lost", "lost", 0), ("runs too many", "extra_runs", 0), ("watches", "watches", 0), ("CPU ms a save", "cpu_ms", 1), ("peak MB", "mb", 0)],
          ("floor-inotify", "p50", "p50")),
    Table("watchstart", "Watching 20,000 directories", "Until half of 16 starts have set their last inotify watch, from the spawn; and how much of that is the large tree's, beside the start on a small one. `floor-walk` walks what git does not ignore (and then watches it: the second "
          "number), `floor-walk-all` everything. Target: within 1.5x of the plain walk; then no CPU.",
          (), [("for the tree ms", "walk_ms", 0), ("from the spawn ms", "armed_ms", 0), ("watches", "watches", 0), ("CPU s", "cpu_s", 2), ("idle CPU ms per 30 s", "idle_cpu_ms_30s", 1),
               ("idle wake-ups/s", "idle_wakeups_s", 1), ("peak MB", "mb", 0)], ("floor-walk", "walk_ms", "walk_ms")),
    Table("rerun", "A watched `go test ./...`", "From write(2) to the end of the tests, in a module of two packages of which one changed. The floor runs the command at once. Target: within 1.05x of it.",
          (), [("p50 ms", "p50", 0), ("min ms", "min", 0), ("max ms", "max", 0), ("saves", "n", 0)], ("floor-go-test", "p50", "p50")),
]


def load(paths, quiet_only):
    rows = []
    for p in paths:
        with open(p) as f:
            rows += [json.loads(line) for line in f]
    # floors have no idle0: judge them by the load
    quiet = lambda r: quiet_only is None or r.get("idle0", 1 if r.get("load1", 0) < 10 else 0) >= quiet_only
    return [r for r in rows if quiet(r)]


def render(rows):
    versions = {r["tool"]: r["version"] for r in rows if r["bench"] == "versions"}
    when = time.strftime("%Y-%m-%d", time.gmtime(max(r["at"] for r in rows)))
    with open("/proc/meminfo") as f:
        memory = int(f.readline().split()[1]) / 2**20
    out = [f"Measured {when}: {os.cpu_count()} cores, {memory:.0f} GiB, Linux {platform.release()}; terminal 200x50. Cells are median [min–max] over the runs.\n"]
    if versions:
        out.append("Versions: " + "; ".join(f"{t} ({v.removeprefix(t).strip()})" for t, v in versions.items()) + ".\n")
    for t in TABLES:
        out += t.lines(rows)
    return "\n".join(out).rstrip() + "\n"


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("results", nargs="*", default=[os.path.join(HERE, "results.jsonl")])
    p.add_argument("--into")
    p.add_argument("--quiet-only", type=float)
    a = p.parse_args()
    text = render(load(a.results, a.quiet_only))
    if not a.into:
        print(text)
        return
    with open(a.into) as f:
        page = f.read()
    marked = re.compile(re.escape(BEGIN) + ".*" + re.escape(END), re.S)
    if not marked.search(page):
        raise SystemExit(f"report.py: {a.into} has no marks to write between: {BEGIN} and {END}")
    with open(a.into, "w") as f:
        f.write(marked.sub(lambda _: f"{BEGIN}\n\n{text}\n{END}", page))


if __name__ == "__main__":
    main()
