"""How each watcher is told to run a command when a .txt file below a directory changes:
one small class a tool, with the least that a person has to write, and its own defaults.

config(dir, root, argv) returns {"argv", "env", "cwd"}; `dir` is a scratch folder, `root` the tree.
"""
import json, os, shutil, subprocess

from adapters import q
from benchlib import WORK


class Watcher:
    name = "?"
    prog = property(lambda s: s.name)
    gap = 0.45           # seconds between changes: more than its debounce
    initial = False      # it runs the command once at its start
    pty = False          # it wants a terminal that answers
    version_cmd = None

    def found(self):
        return shutil.which(self.prog) is not None

    def version(self):
        if not self.version_cmd:
            return "-"
        o = subprocess.run(self.version_cmd, capture_output=True, text=True, timeout=20)
        return ((o.stdout or o.stderr).strip().splitlines() or ["?"])[0]

    def config(self, dir, root, argv):
        raise NotImplementedError

    def made(self, root):
        """Files that config() put into the tree."""
        return []

    def cleanup(self, dir, root):
        pass


class Floor(Watcher):
    """The least that there is: raw inotify on the one directory, then fork and exec."""
    name = "floor-inotify"
    prog = WORK

    def found(self):
        return True

    def config(self, dir, root, argv):
        return {"argv": [WORK, "inofloor", root + "/src/app"] + argv}


class Sawhorse(Watcher):
    name = "sawhorse"
    initial = True
    version_cmd = ["sawhorse", "version"]

    def config(self, dir, root, argv):
        with open(root + "/sawhorse.yml", "w") as f:
            f.write("version: 1\ntasks:\n  hot:\n    command: " + json.dumps(argv) + "\n    watch: ['**/*.txt', '**/*.go']\n")
        self.env = {"SAWHORSE_STATE_DIR": dir + "/state"}
        return {"argv": ["sawhorse", "up", "--trust"], "cwd": root, "env": self.env}

    def made(self, root):
        return ["sawhorse.yml"]

    def cleanup(self, dir, root):
        subprocess.run(["sawhorse", "down"], cwd=root, env=dict(os.environ, **self.env), capture_output=True, timeout=20)


class Entr(Watcher):
    name = "entr"
    version_cmd = ["sh", "-c", "entr 2>&1 | head -1"]

    def config(self, dir, root, argv):
        return {"argv": ["sh", "-c", f"find {root} -name '*.txt' -type f -print | entr -n -p {q(argv)}"]}


class Inotifywait(Watcher):
    """The idiom of the shell: inotifywait -m -r | while read."""
    name = "inotifywait"
    version_cmd = ["sh", "-c", "inotifywait --help | head -1"]

    def config(self, dir, root, argv):
        return {"argv": ["sh", "-c", f"inotifywait -q -m -r -e close_write {root} | while read l; do {q(argv)}; done"]}


class Watchexec(Watcher):
    name = "watchexec"
    initial = True
    version_cmd = ["watchexec", "--version"]

    def config(self, dir, root, argv):
        return {"argv": ["watchexec", "-q", "-e", "txt", "-w", root, "--", *argv], "cwd": root}


class Nodemon(Watcher):
    name = "nodemon"
    gap = 1.6
    initial = True
    version_cmd = ["nodemon", "--version"]

    def config(self, dir, root, argv):
        return {"argv": ["nodemon", "-q", "-w", root, "-e", "txt", "--exec", q(argv)], "cwd": root}


WATCHERS = {c.name: c for c in (Floor, Sawhorse, Entr, Inotifywait, Watchexec, Nodemon)}
