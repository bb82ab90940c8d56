"""Watching: from write(2) to the first instruction of the command (watch), how soon a large tree
is watched and what that costs while nothing happens (watchstart), and from a write to the end of
a `go test` that is run because of it (rerun)."""
import json, os, random, shutil, signal, statistics, subprocess, tempfile, time, uuid

import benchlib
from benchlib import SCRATCH, STAMP, WORK, Term, boost, cpu_fine, cpu_s, kill_tag, mono, pct, rss_mb, split, switches, tagged
from watchers import WATCHERS

LARGE = 20000  # directories, nine of ten below a node_modules that git ignores


class Watching:
    """A watcher on a tree, and the file that its command stamps."""

    def __init__(self, ad, root, argv=None, env=None):
        self.ad, self.root = ad, root
        self.dir = tempfile.mkdtemp(prefix="w-" + ad.name + "-", dir=SCRATCH)
        self.tag = uuid.uuid4().hex[:12]
        self.stamp = self.dir + "/stamp"
        open(self.stamp, "w").close()
        s = ad.config(self.dir, root, argv(self.stamp) if argv else [STAMP, self.stamp])
        full = {"BENCH_TAG": self.tag, "HOME": self.dir, "XDG_CONFIG_HOME": self.dir + "/.config", **s.get("env", {}), **(env(self.stamp) if env else {})}
        self.t = Term(s["argv"], cwd=s.get("cwd", self.dir), env=full, raw=not ad.pty)

    def pids(self):
        return tagged(self.tag) if self.ad.name.startswith("floor") else split(self.tag)[0]

    def watches(self, pids=None):
        """How many inotify watches its processes have."""
        n = 0
        for p in pids if pids is not None else self.pids():
            try:
                fds = os.listdir(f"/proc/{p}/fd")
            except OSError:
                continue
            for fd in fds:
                try:
                    if os.readlink(f"/proc/{p}/fd/{fd}") in ("anon_inode:inotify", "anon_inode:[inotify]"):
                        n += benchlib._read(f"/proc/{p}/fdinfo/{fd}").count(b"inotify wd:")
                except OSError:
                    pass
        return n

    def frozen(self, look):
        """What a look at its processes says, and the ms from the spawn until they were stopped for it."""
        pids = below(self.t.pid)
        try:
            send(pids, signal.SIGSTOP)
            at = (mono() - self.t.t0) / 1e6
            return look(pids), at
        finally:
            send(pids, signal.SIGCONT)

    def stamps(self):
        with open(self.stamp) as f:
            return [int(x) for x in f.read().split()]

    def first(self, change, limit=60):
        """Change until the command runs because of it; False when it never does."""
        end = time.time() + limit
        while self.ad.initial and not self.stamps() and time.time() < end:
            time.sleep(0.02)
        while time.time() < end:
            n = len(self.stamps())
            change()
            if self.wait(n, max(0.25, 0.8 * self.ad.gap)):
                return True
        return False

    def wait(self, n, seconds):
        """The stamp after the first n; None when none comes."""
        end = time.time() + seconds
        while time.time() < end:
            s = self.stamps()
            if len(s) > n:
                return s[n]
            time.sleep(0.002)
        return None

    def close(self):
        try:
            self.ad.cleanup(self.dir, self.root)
        except Exception:
            pass
        kill_tag(self.tag)
        self.t.close()
        shutil.rmtree(self.dir, ignore_errors=True)
        for f in self.ad.made(self.root):
            try:
                os.remove(os.path.join(self.root, f))
            except OSError:
                pass


def send(pids, sig):
    for p in pids:
        try:
            os.kill(p, sig)
        except OSError:
            pass  # it has ended


def watchers(bench, default):
    found = []
    for name in (bench.args.tools.split(",") if bench.args.tools else default.split()):
        ad = WATCHERS[name]() if name in WATCHERS else None
        if ad and ad.found():
            found.append(ad)
    return found


def tree(kind):
    """A small project of 50 files, or the large one."""
    root = os.path.join(SCRATCH, "tree-" + kind)
    hot = root + "/src/app/hot.txt"
    if not os.path.exists(hot):
        shutil.rmtree(root, ignore_errors=True)
        if kind == "large":
            subprocess.run([WORK, "mktree", root, str(LARGE)], check=True, stdout=subprocess.DEVNULL)
        else:
            for i in range(10):
                os.makedirs(f"{root}/src/d{i}")
                for j in range(5):
                    with open(f"{root}/src/d{i}/f{j}.txt", "w") as f:
                        f.write("x\n")
            os.makedirs(root + "/src/app")
        with open(root + "/.gitignore", "w") as f:
            f.write("node_modules/\n")
    with open(hot, "w") as f:
        f.write("x\n")
    return root, hot


def touch(path):
    fd = os.open(path, os.O_WRONLY | os.O_APPEND)
    t = mono()
    os.write(fd, b"x\n")
    os.close(fd)
    return t


def watch_one(bench, ad, kind):
    root, hot = tree(kind)
    w = Watching(ad, root)
    try:
        if not w.first(lambda: touch(hot)):
            raise TimeoutError(f"never reacted, {w.watches()} watches")
        time.sleep(max(1.2, ad.gap))
        boost(tagged(w.tag))
        ps = w.pids()
        latency, lost, extra = [], 0, 0
        c0 = cpu_fine(ps)
        for _ in range(bench.args.changes):
            n = len(w.stamps())
            t = touch(hot)
            s = w.wait(n, 6)
            if s is None:
                lost += 1
            else:
                latency.append((s - t) / 1e6)
            time.sleep(ad.gap * random.uniform(0.9, 1.3))
            extra += max(0, len(w.stamps()) - n - 1)
        bench.row(tool=ad.name, tree=kind, n=len(latency), p50=pct(latency, .5), p95=pct(latency, .95), lost=lost, extra_runs=extra, watches=w.watches(),
                  cpu_ms=1000 * (cpu_fine(ps) - c0) / bench.args.changes, mb=rss_mb(ps))
    finally:
        w.close()


def watch(bench, rnd):
    """From write(2) to the first instruction of the command, with each tool's defaults."""
    ads = watchers(bench, "floor-inotify sawhorse entr inotifywait watchexec nodemon")
    for kind in bench.args.trees.split(","):
        for ad in bench.shuffled(ads):
            bench.guarded(watch_one, ad, kind)


def below(pid):
    """A process and its descendants: quicker to find than the tag in all environments."""
    found = [pid]
    for p in found:
        try:
            for t in os.listdir(f"/proc/{p}/task"):
                found += [int(c) for c in benchlib._read(f"/proc/{p}/task/{t}/children").split()]
        except OSError:
            pass
    return found


def settled(w, quiet, limit=60):
    """Look again and again: how many inotify watches there are in the end, and about when the last was set."""
    last, at = 0, None
    end = time.time() + limit
    while time.time() < end:
        n = w.watches(below(w.t.pid)) or w.watches()
        now = mono()
        if n != last:
            last, at = n, now
        elif last and (now - at) / 1e9 > quiet:
            return last, (at - w.t.t0) / 1e6
        time.sleep(0.008)
    raise TimeoutError("nothing is watched")


LOOKS = 16  # starts, each looked at once


def armed(ad, kind, quiet):
    """The ms from the spawn after which half of the starts have set their last watch, and how many watches that is.

    To count the watches of a process takes the lock that setting one takes, for 4 ms when there are two thousand. So each
    start is looked at once, and is stopped for it: if it was done, the next one is stopped sooner, else later, in ever
    smaller steps."""
    root = tree(kind)[0]
    w = Watching(ad, root)
    try:
        n, at = settled(w, quiet)
    finally:
        w.close()
    step, before, looks = at / 4, None, []
    for _ in range(LOOKS):
        w = Watching(ad, root)
        try:
            time.sleep(max(0, at - (mono() - w.t.t0) / 1e6) / 1000)
            done, when = w.frozen(lambda pids: w.watches(pids) >= n)
            looks.append(when)
        finally:
            w.close()
        if done != before and before is not None:
            step = max(1, at / 50, step / 2)
        at += -step if done else step
        before = done
    return statistics.median(looks[LOOKS // 2:]), n


def watchstart_one(bench, ad):
    base, _ = armed(ad, "small", 1)  # what the tool takes to start at all
    took, n = armed(ad, "large", 2.5)
    w = Watching(ad, tree("large")[0])
    try:
        while w.watches() < n or ad.initial and not w.stamps():
            time.sleep(0.05)
        time.sleep(1)
        ps = w.pids()
        c, s = cpu_fine(ps), sum(switches(ps))
        time.sleep(bench.args.seconds)
        bench.row(tool=ad.name, armed_ms=took, walk_ms=took - base, watches=n, cpu_s=cpu_s(ps), mb=rss_mb(ps),
                  idle_cpu_ms_30s=1000 * (cpu_fine(ps) - c) * 30 / bench.args.seconds, idle_wakeups_s=(sum(switches(ps)) - s) / bench.args.seconds)
    finally:
        w.close()


def watchstart(bench, rnd):
    """How soon the large tree is watched, beside a walk of it, and the price of doing nothing then."""
    root, _ = tree("large")
    for name, skip in (("floor-walk", ["node_modules"]), ("floor-walk-all", [])):
        for _ in range(2):  # the second: with the directories in the kernel's cache
            o = json.loads(subprocess.run([WORK, "walkfloor", root, *skip], capture_output=True, text=True, check=True).stdout)
        bench.row(tool=name, walk_ms=o["plain_ms"], armed_ms=o["ms"], watches=o["dirs"], cpu_s=o["cpu"], mb=o["rss_kb"] / 1024)
    for ad in bench.shuffled(watchers(bench, "sawhorse entr inotifywait watchexec nodemon")):
        bench.guarded(watchstart_one, ad)


# ------------------------------------------------------------------ a watched go test

TEST = """package small

import ("os"; "testing"; "syscall"; "unsafe"; "strconv")

func now() int64 { var ts syscall.Timespec; syscall.RawSyscall(syscall.SYS_CLOCK_GETTIME, 1, uintptr(unsafe.Pointer(&ts)), 0); return ts.Sec*1e9 + ts.Nsec }

func TestMain(m *testing.M) {
	c := m.Run()
	f, _ := os.OpenFile(os.Getenv("STAMPFILE"), os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0644)
	f.WriteString(strconv.FormatInt(now(), 10) + "\\n")
	f.Close()
	os.Exit(c)
}

func TestAdd(t *testing.T) { if Add(2, 2) != 4 || Seq == "" { t.Fatal() } }
"""


def module():
    root = tempfile.mkdtemp(prefix="gomod-", dir=SCRATCH)
    for name, text in {"go.mod": "module example.test/small\n\ngo 1.22\n", "small/small_test.go": TEST, "other/other.go": "package other\n", "other/other_test.go": "package other\n\nimport \"testing\"\n\nfunc TestOther(t *testing.T) {}\n"}.items():
        os.makedirs(os.path.dirname(root + "/" + name), exist_ok=True)
        with open(root + "/" + name, "w") as f:
            f.write(text)
    edit(root)
    return root


def edit(root):
    """Save the package as no cache knows it."""
    text = f'package small\n\nvar Seq = "{uuid.uuid4().hex}"\n\nfunc Add(a, b int) int {{ return a + b }}\n'.encode()
    fd = os.open(root + "/small/small.go", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    t = mono()
    os.write(fd, text)
    os.close(fd)
    return t


def rerun(bench, rnd):
    """From a write to the end of the `go test` that it begins; the floor runs the command at once."""
    changes = max(4, bench.args.changes // 4)
    home = {"HOME": os.path.expanduser("~")}
    ads = watchers(bench, "sawhorse entr")
    roots = {a.name: module() for a in ads}
    roots["floor-go-test"] = module()
    running = {}
    try:
        for a in ads:
            running[a.name] = Watching(GoEntr() if a.name == "entr" else a, roots[a.name], argv=lambda stamp: ["go", "test", "./..."],
                                       env=lambda stamp: dict(home, STAMPFILE=stamp))
        for a in ads:
            running[a.name].first(lambda: edit(roots[a.name]))
        time.sleep(2)
        for w in running.values():
            boost(tagged(w.tag))
        stamp = SCRATCH + "/st-" + uuid.uuid4().hex
        took = {name: [] for name in roots}
        for _ in range(changes):  # one of each in turn, so that a noisy second hits all alike
            t = edit(roots["floor-go-test"])
            subprocess.run(["go", "test", "./..."], cwd=roots["floor-go-test"], env=dict(os.environ, STAMPFILE=stamp), capture_output=True)
            with open(stamp) as f:
                took["floor-go-test"].append((int(f.read().split()[-1]) - t) / 1e6)
            for a in bench.shuffled(ads):
                w = running[a.name]
                n = len(w.stamps())
                t = edit(roots[a.name])
                s = w.wait(n, 20)
                if s is not None:
                    took[a.name].append((s - t) / 1e6)
                time.sleep(0.5)
        os.remove(stamp)
        for name, v in took.items():
            bench.row(tool=name, n=len(v), p50=pct(v, .5), min=min(v, default=None), max=max(v, default=None))
    finally:
        for w in running.values():
            w.close()
        for root in roots.values():
            shutil.rmtree(root, ignore_errors=True)


class GoEntr(WATCHERS["entr"]):
    def config(self, dir, root, argv):
        return {"argv": ["sh", "-c", f"find . -name '*.go' | entr -n -p {' '.join(argv)}"], "cwd": root}
