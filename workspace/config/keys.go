package config

import (
	"math"
	"time"
)

// Every key of the file, once. Reading, unknown-key errors, did-you-mean,
// merging, the JSON Schema and the reference all follow these tables.

func workspaceFields() []field[workspaceDraft] {
	env := environment()
	return []field[workspaceDraft]{
		give("version", versionKind(), func(*workspaceDraft, int) {},
			"The version of this file's format; always 1.", required),
		give("name", text(), func(w *workspaceDraft, v string) { w.name = v },
			"The name of the workspace.", fallback("the directory's name")),
		give("services", unitsKind(Service), func(w *workspaceDraft, v []*draft) { w.units = append(v, w.units...) },
			"What is meant to stay up: names and services. A string is short for `{run: string}`.",
			alias("processes")),
		give("tasks", unitsKind(Task), func(w *workspaceDraft, v []*draft) { w.units = append(w.units, v...) },
			"What is meant to end: names and tasks. A string is short for `{run: string}`."),
		give("env", env, func(w *workspaceDraft, v map[string]string) { w.env = v },
			"Environment variables of every unit; a unit's own win.", alias("environment")),
		give("env_file", filesKind(), func(w *workspaceDraft, v []placed[string]) { w.envFile = v },
			"Dotenv files for every unit; the last one wins, and `env` wins over them."),
		give("shell", shellKind(), func(w *workspaceDraft, v []string) { w.shell = v },
			"What runs `run` lines: the program and its arguments before the line.", fallback("`[sh, -c]`")),
		give("logs", logsKind(), func(w *workspaceDraft, v Logs) { w.logs = v },
			"How much output is kept on disk."),
		give("jobs", integer(1, 1024), func(w *workspaceDraft, v int) { w.jobs = v },
			"How many tasks run at once; services do not count.", fallback("the number of processors")),
		give("integrations", integrationsKind(), func(w *workspaceDraft, v []Integration) { w.integrations = v },
			"Systems to connect to, beside those that are found by themselves: names and options. `use` says which integration it is, by default the name. A secret says where it is found: `env:NAME`, `file:PATH` or `command:LINE`."),
	}
}

func logsKind() kind[Logs] {
	return object(shape{words: "a mapping", title: "logs"}, []field[Logs]{
		give("size", size(), func(l *Logs, v int64) { l.Size = v }, "Size of one log.", fallback("1GB")),
		give("total", size(), func(l *Logs, v int64) { l.Total = v }, "Size of all logs of the workspace.", fallback("4GB")),
		give("age", duration(time.Second), func(l *Logs, v time.Duration) { l.Age = v }, "Age at which output is dropped.", fallback("14d")),
	})
}

// filesKind is a list of file names.
func filesKind() kind[[]placed[string]] {
	k := list(place(text()))
	k.shape.words = "a list of files"
	return k
}

func groupsKind() kind[[]string] {
	name := kind[string]{
		shape: &shape{words: "a name", schema: schema{"type": "string", "pattern": namePattern}},
		read: func(r *reader, n *node) (string, bool) {
			if n.kind != textNode || !nameForm().MatchString(n.text) {
				r.must(n, "a name of letters, digits, dot, - and _", "")
				return "", false
			}
			return n.text, true
		},
	}
	k := list(name)
	k.shape.words = "a list of names"
	return k
}

// unitFields are the keys of services and tasks.
func unitFields() []field[draft] {
	fields := commonFields()
	fields = append(fields, serviceFields()...)
	fields = append(fields, containerFields()...)
	fields = append(fields, taskFields()...)
	return append(fields, foreignFields()...)
}

func commonFields() []field[draft] {
	return []field[draft]{
		give("run", line(), func(d *draft, v string) { d.run = v },
			"A line for the shell. The shell expands `$VAR`; Sawhorse replaces only `${{ ... }}`.", slots("run")),
		give("command", commandKind(), func(d *draft, v commands) { d.run, d.command = v.line, v.argv },
			"A program and its arguments, without a shell. A string means the same as `run`.", slots("run")),
		give("description", text(), func(d *draft, v string) { d.description = v }, "One line for people."),
		give("dir", place(text()), func(d *draft, v placed[string]) { d.dir = v },
			"Where it runs, relative to the workspace directory.", alias("working_dir"), fallback("the workspace directory")),
		give("env", environment(), func(d *draft, v map[string]string) { d.env = v },
			"Environment variables.", alias("environment")),
		give("env_file", filesKind(), func(d *draft, v []placed[string]) { d.envFile = v },
			"Dotenv files; the last one wins, and `env` wins over them."),
		give("depends_on", dependsKind(), func(d *draft, v []dependency) { d.dependsOn = v },
			"What must have reached a condition before this starts: `[db, migrate]`, or `{db: ready, migrate: succeeded}`. A service with `{db: {restart: true}}` restarts along with it."),
		give("watch", watchKind(), func(d *draft, v Watch) { d.watch = &v },
			"Files whose change reruns the task, or restarts the service."),
		give("groups", groupsKind(), func(d *draft, v []string) { d.groups = v },
			"Names by which several units are started, stopped and shown together."),
		give("autostart", place(boolean()), func(d *draft, v placed[bool]) { d.autostart = v },
			"Started when no name is given.", fallback("services, and tasks that watch")),
		give("tty", place(boolean()), func(d *draft, v placed[bool]) { d.tty = v },
			"Run under a pseudo-terminal: colours, line buffering, input.", alias("is_tty"), fallback("true for services, false for tasks")),
		give("shell", shellKind(), func(d *draft, v []string) { d.shell = v },
			"What runs the `run` line: the program and its arguments before the line.", fallback("the workspace's `shell`")),
		give("hidden", boolean(), func(d *draft, v bool) { d.hidden = v },
			"Not listed unless asked for.", fallback("false")),
	}
}

func serviceFields() []field[draft] {
	return []field[draft]{
		give("ready", probeKind(), func(d *draft, v probe) { d.ready = &v },
			"How to know that it is ready. Without one, it is ready when it has started.", services),
		give("restart", place(restartKind()), func(d *draft, v placed[Restart]) { d.restart = v },
			"Which ends are followed by a new start.", services, fallback("`no`")),
		give("stop", stopKind(), func(d *draft, v Stop) { d.stop = v },
			"How it is asked to end. What is left of its process group after the timeout is killed.",
			services, slots("stop.signal", "stop.timeout")),
		give("ports", portsKind(), func(d *draft, v []placed[Port]) { d.ports = v },
			"Named ports: `{http: 8080, debug: auto}`. The process finds them as `HTTP_PORT`, and the first one as `PORT`; the file as `${{ ports.http }}`, in other units as `${{ ports.SERVICE.http }}`. Without names they are called port, port2 and so on.", services),
		give("replicas", place(integer(1, 100)), func(d *draft, v placed[int]) { d.replicas = v },
			"How many of it run.", services, fallback("1")),
	}
}

func taskFields() []field[draft] {
	return []field[draft]{
		give("params", paramsKind(), func(d *draft, v []placed[Param]) { d.params = v },
			"What is asked for at the start. A value reaches the process as `PARAM_NAME`, the file as `${{ params.name }}`.", tasks),
		give("timeout", duration(0), func(d *draft, v time.Duration) { d.timeout = v },
			"The run is stopped, and has failed, after this time.", tasks, fallback("none")),
		give("on_busy", choice([]word[OnBusy]{{"restart", BusyRestart}, {"queue", BusyQueue}, {"ignore", BusyIgnore}}, nil),
			func(d *draft, v OnBusy) { d.onBusy = v },
			"What a new cause does while the task runs: stop the run and start again, one run more after this one, or nothing.", tasks, fallback("restart")),
		give("schedule", scheduleKind(), func(d *draft, v string) { d.schedule = v },
			"When it runs by itself: a cron line (`0 3 * * *`, `@daily`) or an interval (`5m`).", tasks),
		give("confirm", boolean(), func(d *draft, v bool) { d.confirm = v },
			"Ask before a person's start, naming what is run and where.", tasks, fallback("false")),
		give("same_as", list(text()), func(d *draft, v []string) { d.sameAs = v },
			"Jobs of pipelines that do the same, beside one of its own name: what fails there is shown beside this task's own result.", tasks),
		give("track", text(), func(d *draft, v string) { d.track = v },
			"The connection to an experiment tracker (`mlflow`, or a name under `integrations`) that records its runs: the program finds its run in `MLFLOW_RUN_ID`.", tasks),
		give("curves", curvesKind(), func(d *draft, v []string) { d.curves = v },
			"Directories in which it writes its numbers while it runs: event files of TensorBoard, DVCLive, stores of MLflow. `none`: nothing is looked for.", tasks, fallback("recognised")),
		give("after", choice([]word[string]{{AfterPromote, AfterPromote}}, nil), func(d *draft, v string) { d.after = v },
			"Run it after what you do elsewhere. `promote`: a model was promoted from this workspace, or that was taken back. It finds `SAWHORSE_MODEL`, `SAWHORSE_ALIAS`, `SAWHORSE_VERSION` (who has the alias now; empty: nobody), `SAWHORSE_PREVIOUS` (who had it; empty: nobody) and `SAWHORSE_PROMOTION` (`promote` or `undo`); a parameter called `model`, `alias`, `version`, `previous` or `promotion` is given the same.", tasks),
		give("metrics", metricsKind(), func(d *draft, v []string) { d.metrics = v },
			"Expressions (RE2) that find the numbers of its curves in a line of its output: `loss=([0-9.]+)`. A group has the name that it is given, `(?P<loss>…)`, or that of the word before it; one called step or epoch counts, else lines do.", tasks, fallback("recognised")),
		give("inputs", inputsKind(), func(d *draft, v Inputs) { d.inputs = &v },
			"What its result depends on. While nothing of it changed since the last success, a run has nothing to do and says so.", tasks),
		give("format", formatKind(), func(d *draft, v []Format) { d.format = v },
			"How its output is read for tests and diagnostics: `pytest`, `$tsc`, or patterns of your own.", tasks, fallback("recognised")),
		give("results", resultsKind(), func(d *draft, v []string) { d.results = v },
			"Files of results that it writes: JUnit XML, SARIF, JSON of jest or vitest. They are read when they have changed and at its end.", tasks),
	}
}

// foreignFields are the words of Compose and process-compose that are more
// than another spelling.
func foreignFields() []field[draft] {
	return []field[draft]{
		give("profiles", groupsKind(), func(d *draft, v []string) { d.groups, d.profiles = v, true },
			"Compose's word for `groups` with `autostart: false`.", foreign, slots("groups")),
		give("namespace", groupsKind(), func(d *draft, v []string) { d.groups = v },
			"process-compose's word for `groups`.", foreign, slots("groups")),
		give("disabled", place(boolean()), func(d *draft, v placed[bool]) { v.v = !v.v; d.autostart = v },
			"process-compose's word: `disabled: true` is `autostart: false`.", foreign, slots("autostart")),
		give("availability", place(availabilityKind()), func(d *draft, v placed[Restart]) { d.restart = v },
			"process-compose's word for `restart`.", foreign, services, slots("restart")),
		give("shutdown", shutdownKind(), func(d *draft, v Stop) { d.stop = v },
			"process-compose's word for `stop`.", foreign, services, slots("stop.signal", "stop.timeout")),
		give("stop_signal", signalKind(), func(d *draft, v string) { d.stop.Signal = v },
			"Compose's word for `stop.signal`.", foreign, services, slots("stop.signal")),
		give("stop_grace_period", duration(0), func(d *draft, v time.Duration) { d.stop.Timeout = v },
			"Compose's word for `stop.timeout`.", foreign, services, slots("stop.timeout")),
		give("readiness_probe", readinessKind(), func(d *draft, v probe) { d.ready = &v },
			"process-compose's word for `ready`.", foreign, services, slots("ready")),
		give("ready_log_line", text(), func(d *draft, v string) { d.ready = &probe{Probe: Probe{Log: quoteMeta(v)}} },
			"process-compose's word for `ready.log`; plain text, not an expression.", foreign, services, slots("ready")),
	}
}

func probeKind() kind[probe] {
	const url, address = `a URL like "http://127.0.0.1:8080/health", or ":8080/health"`, `an address like "127.0.0.1:5432", or ":5432"`
	return object(shape{words: "a mapping", title: "ready", oneOf: []string{"probe"}}, []field[probe]{
		give("http", addressKind(url, checkURL), func(p *probe, v string) { p.HTTP = localURL(v) },
			"A URL that answers with a status below 400; `:8080/health` is short for `http://127.0.0.1:8080/health`.", slots("probe")),
		give("tcp", addressKind(address, checkAddress), func(p *probe, v string) { p.TCP = localAddress(v) },
			"An address that accepts a connection: `host:port`, or `:port` on this machine.", slots("probe")),
		give("exec", line(), func(p *probe, v string) { p.Exec = v },
			"A line for the unit's shell; exit code 0 is ready.", slots("probe")),
		give("log", pattern(), func(p *probe, v string) { p.Log = v },
			"A regular expression (RE2) on a line that it prints.", slots("probe")),
		give("every", duration(time.Millisecond), func(p *probe, v time.Duration) { p.Every = v },
			"Time between two tries.", fallback("1s")),
		give("timeout", duration(time.Millisecond), func(p *probe, v time.Duration) { p.Timeout = v },
			"Time for one try.", fallback("2s")),
		give("within", place(duration(0)), func(p *probe, v placed[time.Duration]) { p.within = v },
			"How long it may take before it is said to have failed; 0 is for ever.", fallback("2m")),
	})
}

func restartWords() kind[RestartWhen] {
	return choice(
		[]word[RestartWhen]{{"no", RestartNo}, {"on-failure", RestartOnFailure}, {"always", RestartAlways}},
		[]word[RestartWhen]{{"unless-stopped", RestartAlways}, {"on_failure", RestartOnFailure}, {"exit_on_failure", RestartNo}},
	)
}

func restartKind() kind[Restart] {
	return object(shape{words: "a word or a mapping", title: "restart", bare: "when"}, []field[Restart]{
		give("when", restartWords(), func(r *Restart, v RestartWhen) { r.When = v },
			"`no`, `on-failure` or `always`.", fallback("`no`")),
		give("min", duration(time.Millisecond), func(r *Restart, v time.Duration) { r.Min = v },
			"The wait before the first restart; it doubles with each one.", fallback("100ms")),
		give("max", duration(time.Millisecond), func(r *Restart, v time.Duration) { r.Max = v },
			"The longest wait.", fallback("30s")),
		give("reset", duration(time.Millisecond), func(r *Restart, v time.Duration) { r.Reset = v },
			"After this time up, the wait starts again at `min`.", fallback("10s")),
		give("limit", integer(0, math.MaxInt32), func(r *Restart, v int) { r.Limit = v },
			"Restarts in a row; 0 is no limit.", fallback("0")),
	})
}

func stopKind() kind[Stop] {
	return object(shape{words: "a mapping", title: "stop"}, []field[Stop]{
		give("signal", signalKind(), func(s *Stop, v string) { s.Signal = v }, "The signal that asks it to end.", fallback("TERM")),
		give("timeout", duration(time.Millisecond), func(s *Stop, v time.Duration) { s.Timeout = v },
			"Time until what is left is killed.", fallback("10s")),
	})
}

func availabilityKind() kind[Restart] {
	return object(shape{words: "a mapping", title: "availability"}, []field[Restart]{
		give("restart", restartWords(), func(r *Restart, v RestartWhen) { r.When = v }, "`restart.when`."),
		give("backoff_seconds", duration(time.Millisecond), func(r *Restart, v time.Duration) { r.Min, r.Max = v, v },
			"The wait before every restart: `restart.min` and `restart.max`."),
		give("max_restarts", integer(0, math.MaxInt32), func(r *Restart, v int) { r.Limit = v }, "`restart.limit`."),
	})
}

func shutdownKind() kind[Stop] {
	return object(shape{words: "a mapping", title: "shutdown"}, []field[Stop]{
		give("signal", signalKind(), func(s *Stop, v string) { s.Signal = v }, "`stop.signal`."),
		give("timeout_seconds", duration(time.Millisecond), func(s *Stop, v time.Duration) { s.Timeout = v }, "`stop.timeout`."),
	})
}
