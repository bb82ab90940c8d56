"""How each tool is told its units, started and looked at: one small class a tool.

units: [{"name": "unit00", "cmd": [argv...]}, ...]; config() writes what the tool
reads into `dir` and returns {"argv": [...], "env": {...}}.
A predicate is the keyword arguments of Term.key()/wait(): text=[regexps],
style_of=regexp, row_of=regexp, change="any"|"text".
Adapters in other files are named in BENCH_ADAPTERS, paths joined with colons.
"""
import json, os, runpy, shlex, shutil, subprocess, time

ESC = "\x1b"


def q(argv):
    return " ".join(shlex.quote(a) for a in argv)


class Supervisor:
    name = "?"
    tui = True            # full-screen (the screen is emulated) or plain output
    owns = True           # starts the units itself, after it was started
    search = False        # can search a log
    pager = False         # shows one unit, read from a pipe
    version_cmd = None
    prog = property(lambda s: s.name)

    def found(self):
        return shutil.which(self.prog) is not None

    def version(self):
        c = self.version_cmd or [self.prog, "--version"]
        o = subprocess.run(c, capture_output=True, text=True, timeout=20)
        return ((o.stdout or o.stderr).strip().splitlines() or ["?"])[0]

    def config(self, dir, units, **opt):
        raise NotImplementedError

    def ready(self, units):
        """Regexps on the first useful frame: five units' names, any five."""
        return [r"(?s)(\bunit\d\d\b.*){%d}" % min(5, len(units))]

    down = ESC + "[B"
    up = ESC + "[A"

    def selected(self, name):
        """Predicate: the screen shows that unit `name` is the selected one."""
        raise NotImplementedError

    def part(self, pid):
        """Which part of the tool a process is, where it has several; or None."""
        return None

    def quit(self, t):
        """Send what a person sends to end the tool and its units; returns the time of the last key."""
        return t.send("\x03")

    def top(self, t):
        """Go to the oldest kept line of the selected unit's log (or None: cannot)."""
        return None

    def find(self, t, needle):
        """Search; the driver's answer, with ms until the hit is on the screen (or None: cannot)."""
        return None

    def cleanup(self, run):
        pass


class ProcessCompose(Supervisor):
    name = "process-compose"
    version_cmd = ["sh", "-c", "process-compose version 2>/dev/null | grep Version"]
    search = True

    def config(self, dir, units, **opt):
        with open(dir + "/process-compose.yaml", "w") as f:
            f.write("processes:\n")
            for u in units:
                f.write(f"  {u['name']}:\n    command: {json.dumps(q(u['cmd']))}\n")
        return {"argv": ["process-compose", "-f", "process-compose.yaml", "--no-server", "--keep-tui", "-L", dir + "/pc.log"]}

    def selected(self, name):
        return {"text": [rf"─{name}─"]}  # the title of the log pane

    def quit(self, t):
        t.send(ESC + "[21~")  # F10
        t.wait("Are you sure")
        return t.send("\r")

    def top(self, t):
        t.send(ESC + "[15~")  # F5: stop following
        time.sleep(0.2)
        t.send("\t")
        time.sleep(0.2)
        return t.send("g")

    def find(self, t, needle):
        t.send("\x06")  # Ctrl-F
        t.wait("Find|Search", timeout=3, quiet=True)
        time.sleep(0.2)
        t.send(needle)
        time.sleep(0.2)
        return t.key("\r", text=[needle + " abc"], timeout=60)


class Mprocs(Supervisor):
    name = "mprocs"

    def config(self, dir, units, **opt):
        with open(dir + "/mprocs.yaml", "w") as f:
            f.write("procs:\n")
            for u in units:
                f.write(f"  {u['name']}:\n    cmd: {json.dumps(u['cmd'])}\n")
        return {"argv": ["mprocs"]}

    def selected(self, name):
        return {"text": [rf"•{name}\b"]}

    def quit(self, t):
        return t.send("q")


class Tmux(Supervisor):
    """One window a unit; the names are in the status line."""
    name = "tmux"
    version_cmd = ["tmux", "-V"]
    down, up = "\x02n", "\x02p"

    def config(self, dir, units, **opt):
        new = []
        for i, u in enumerate(units):
            n, c = shlex.quote(u["name"]), shlex.quote(q(u["cmd"]))
            new.append(f"new-session -d -s b -x {opt.get('cols', 200)} -y {opt.get('rows', 50)} -n {n} {c}" if i == 0
                       else f"new-window -d -t b:{i} -n {n} {c}")
        with open(dir + "/tm.conf", "w") as f:
            f.write("set -g automatic-rename off\nset -g status-left ''\nset -g status-right ''\nset -s escape-time 0\n")
        with open(dir + "/up.sh", "w") as f:
            f.write(f"tmux -S {dir}/tm.sock -f {dir}/tm.conf " + " \\; ".join(new) + " \\; select-window -t b:0 \\; attach -t b\n")
        return {"argv": ["sh", dir + "/up.sh"]}

    def ready(self, units):
        return [rf"\d:{u['name']}\b" for u in units[:5]]

    def selected(self, name):
        return {"text": [rf"\d:{name}\*"]}

    def quit(self, t):
        t.send("\x02:")
        time.sleep(0.1)
        t.send("kill-server")
        time.sleep(0.1)
        return t.send("\r")

    def cleanup(self, run):
        subprocess.run(["tmux", "-S", run.dir + "/tm.sock", "kill-server"], capture_output=True)


class Hivemind(Supervisor):
    name = "hivemind"
    tui = False

    def config(self, dir, units, **opt):
        with open(dir + "/Procfile", "w") as f:
            f.writelines(f"{u['name']}: {q(u['cmd'])}\n" for u in units)
        return {"argv": ["hivemind", "Procfile"]}


class Concurrently(Supervisor):
    name = "concurrently"
    tui = False

    def config(self, dir, units, **opt):
        return {"argv": ["concurrently", "-n", ",".join(u["name"] for u in units)] + [q(u["cmd"]) for u in units],
                "env": {"FORCE_COLOR": "1"}}


class Lnav(Supervisor):
    name = "lnav"
    search = True
    pager = True

    def config(self, dir, units, **opt):
        return {"argv": ["sh", "-c", q(units[0]["cmd"]) + " | lnav -q -t"]}

    def top(self, t):
        return t.send("g")

    def find(self, t, needle):
        self.top(t)  # it looks from here on, downwards
        t.send("/")
        time.sleep(0.3)
        return t.key(needle + "\r", text=[needle + " abc"], timeout=60)

    def quit(self, t):
        return t.send("q")


SUPERVISORS = {c.name: c for c in (Tmux, Mprocs, ProcessCompose, Hivemind, Concurrently, Lnav)}

_own = os.path.join(os.path.dirname(os.path.abspath(__file__)), "sawhorse_adapter.py")
for _path in [_own] + [p for p in os.environ.get("BENCH_ADAPTERS", "").split(os.pathsep) if p]:
    SUPERVISORS.update(runpy.run_path(_path).get("SUPERVISORS", {}))
