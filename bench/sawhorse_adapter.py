"""Sawhorse under the harness: a service a unit, on a pty as services are by default.

Works with any copy of the harness: name this file in BENCH_ADAPTERS. `sawhorse` is
looked for on PATH. Host, guard and screen are processes of their own that inherit the
harness's tag, so what the tool costs is the cost of all of them.
"""
import json, os, subprocess, time

from adapters import Supervisor


class Sawhorse(Supervisor):
    name = "sawhorse"
    version_cmd = ["sawhorse", "version"]
    lossless = search = True
    tty = True
    down = "j"
    ups = 0

    @property
    def up(self):
        """One row up. Above the first unit is the row of its group, where a harness that
        goes up eight times to find the first unit ends: the ninth leads back to it."""
        self.ups += 1
        return self.down if self.ups == 9 else "k"

    def config(self, dir, units, **opt):
        self.ups = 0
        lines = ["version: 1", "services:"]
        for u in (u for u in units if not u.get("task")):
            lines += [f"  {u['name']}:", f"    command: {json.dumps(u['cmd'])}", f"    tty: {json.dumps(self.tty)}"]
        lines += ["tasks:"] if any(u.get("task") for u in units) else []
        for u in (u for u in units if u.get("task")):
            lines += [f"  {u['name']}:", f"    command: {json.dumps(u['cmd'])}"]
        with open(dir + "/sawhorse.yml", "w") as f:
            f.write("\n".join(lines) + "\n")
        return {"argv": ["sawhorse", "--trust"], "env": {"SAWHORSE_STATE_DIR": dir + "/state"}}

    def selected(self, name):
        return {"text": [rf"│\s*{name}\s+1 Logs"]}  # the title of the detail pane

    def part(self, pid):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as f:
                words = f.read().split(b"\0")
        except OSError:
            return None
        if os.path.basename(words[0]) != b"sawhorse":
            return None
        return words[1].decode() if len(words) > 1 and words[1] in (b"host", b"guard") else "screen"

    def quit(self, t):
        t.send("q")
        t.wait("Leave running")
        time.sleep(0.5)  # a dialog is deaf to stray keys at first
        return t.send("s")

    def top(self, t):
        t.send("l")  # the log pane has the keys
        t.settle(200, 2)
        return t.send("g")

    def find(self, t, needle):
        t.send("l")
        t.settle(200, 2)
        t.send("/")
        return t.key(needle + "\r", text=[needle + " abc"], timeout=60)

    def scan(self, name, needle):
        """The verb that prints every line of a unit's log that holds the regular expression."""
        return ["sawhorse", "logs", name, "--grep", needle]

    def cleanup(self, run):
        env = dict(os.environ, **getattr(run, "env", {}), SAWHORSE_STATE_DIR=run.dir + "/state")
        subprocess.run(["sawhorse", "down"], cwd=run.dir, env=env, capture_output=True, timeout=20)


class SawhorsePipe(Sawhorse):
    """The same with tty: false: a pipe moves more bytes than a pty can."""
    name = "sawhorse-pipe"
    prog = "sawhorse"
    tty = False


class SawhorseAttach(Sawhorse):
    """The screen alone, opened on a host that runs already."""
    name = "sawhorse-attach"
    prog = "sawhorse"
    owns = False

    def config(self, dir, units, **opt):
        s = super().config(dir, units, **opt)
        env = dict(os.environ, **opt.get("env", {}), **s["env"])
        subprocess.run(["sawhorse", "up", "-d", "--trust"], cwd=dir, env=env, check=True, capture_output=True, timeout=60)
        return s


SUPERVISORS = {c.name: c for c in (Sawhorse, SawhorsePipe, SawhorseAttach)}
