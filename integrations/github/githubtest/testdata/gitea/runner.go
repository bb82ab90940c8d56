package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	runnerv1 "code.gitea.io/actions-proto-go/runner/v1"
	"code.gitea.io/actions-proto-go/runner/v1/runnerv1connect"
	"connectrpc.com/connect"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// runner takes jobs of a Gitea and runs their shell steps on this machine, each in
// a directory of its own. It says what Gitea's own runner says of them, for as much
// of workflows as this repository's need: run, if, env, checkout, uploads of artifacts,
// and expressions that name a value.
type runner struct {
	c      runnerv1connect.RunnerServiceClient
	server string
	dir    string // for the jobs' directories
}

const (
	poll     = 500 * time.Millisecond // for a job
	report   = 400 * time.Millisecond // of one
	capacity = 3                      // jobs at once
)

var labels = []string{"ubuntu-latest"}

// register makes the runner known to the server.
func register(ctx context.Context, server, token, dir string) (*runner, error) {
	identity := http.Header{}
	r := &runner{server: server, dir: dir}
	r.c = runnerv1connect.NewRunnerServiceClient(http.DefaultClient, server+"/api/actions", connect.WithInterceptors(
		connect.UnaryInterceptorFunc(func(next connect.UnaryFunc) connect.UnaryFunc {
			return func(ctx context.Context, q connect.AnyRequest) (connect.AnyResponse, error) {
				for name := range identity {
					q.Header().Set(name, identity.Get(name))
				}
				return next(ctx, q)
			}
		})))
	a, err := r.c.Register(ctx, connect.NewRequest(&runnerv1.RegisterRequest{Name: "here", Token: token, Version: "test", Labels: labels}))
	if err != nil {
		return nil, fmt.Errorf("register the runner: %w", err)
	}
	identity.Set("X-Runner-Uuid", a.Msg.GetRunner().GetUuid())
	identity.Set("X-Runner-Token", a.Msg.GetRunner().GetToken())
	if _, err := r.c.Declare(ctx, connect.NewRequest(&runnerv1.DeclareRequest{Version: "test", Labels: labels})); err != nil {
		return nil, fmt.Errorf("declare the runner: %w", err)
	}
	return r, nil
}

// serve takes jobs until ctx ends, and returns when all have ended.
func (r *runner) serve(ctx context.Context) {
	var all sync.WaitGroup
	for range capacity {
		all.Go(func() {
			for ctx.Err() == nil {
				a, err := r.c.FetchTask(ctx, connect.NewRequest(&runnerv1.FetchTaskRequest{}))
				if err == nil && a.Msg.GetTask() != nil {
					r.run(ctx, a.Msg.GetTask())
					continue
				}
				if err != nil && ctx.Err() == nil {
					fmt.Fprintln(os.Stderr, "runner:", err)
				}
				pause(ctx, poll)
			}
		})
	}
	all.Wait()
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// task is a job that runs here.
type task struct {
	r      *runner
	t      *runnerv1.Task
	cancel context.CancelFunc

	mu    sync.Mutex
	state *runnerv1.TaskState
	rows  []*runnerv1.LogRow // not yet taken by the server
	sent  int64
}

// run runs one job and tells the server of it, also of its end when ctx has ended.
func (r *runner) run(ctx context.Context, t *runnerv1.Task) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	x := &task{r: r, t: t, cancel: cancel, state: &runnerv1.TaskState{Id: t.GetId(), StartedAt: timestamppb.Now()}}
	told := make(chan struct{})
	go func() {
		defer close(told)
		for ctx.Err() == nil {
			pause(ctx, report)
			x.tell(context.WithoutCancel(ctx), false)
		}
	}()
	result := x.steps(ctx)
	if ctx.Err() != nil {
		result = runnerv1.Result_RESULT_CANCELLED
	}
	cancel()
	<-told
	x.log("Job " + strings.ToLower(strings.TrimPrefix(result.String(), "RESULT_"))) // a server takes the end of a log only with a line
	x.mu.Lock()
	x.state.Result, x.state.StoppedAt = result, timestamppb.Now()
	x.mu.Unlock()
	last, stop := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer stop()
	x.tell(last, true)
}

// tell sends what is new: first the log, then the state.
func (x *task) tell(ctx context.Context, last bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if len(x.rows) > 0 {
		a, err := x.r.c.UpdateLog(ctx, connect.NewRequest(&runnerv1.UpdateLogRequest{TaskId: x.t.GetId(), Index: x.sent, Rows: x.rows, NoMore: last}))
		if err != nil {
			fmt.Fprintln(os.Stderr, "runner: send the log:", err)
		} else if taken := a.Msg.GetAckIndex() - x.sent; taken >= 0 && taken <= int64(len(x.rows)) {
			x.rows, x.sent = x.rows[taken:], a.Msg.GetAckIndex()
		}
	}
	a, err := x.r.c.UpdateTask(ctx, connect.NewRequest(&runnerv1.UpdateTaskRequest{State: x.state}))
	switch {
	case err != nil:
		fmt.Fprintln(os.Stderr, "runner: send the state:", err)
	case a.Msg.GetState().GetResult() == runnerv1.Result_RESULT_CANCELLED:
		x.cancel()
	}
}

func (x *task) log(text string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.rows = append(x.rows, &runnerv1.LogRow{Time: timestamppb.Now(), Content: strings.ToValidUTF8(text, "?")})
}

// step changes the state of a step.
func (x *task) step(i int, change func(*runnerv1.StepState)) {
	x.mu.Lock()
	defer x.mu.Unlock()
	change(x.state.GetSteps()[i])
}

// steps runs the steps one after the other.
func (x *task) steps(ctx context.Context) runnerv1.Result {
	j, err := readJob(x.t)
	if err != nil {
		x.log("::error::" + err.Error())
		return runnerv1.Result_RESULT_FAILURE
	}
	x.mu.Lock()
	for i := range j.Steps {
		x.state.Steps = append(x.state.Steps, &runnerv1.StepState{Id: int64(i)})
	}
	x.mu.Unlock()
	dir, err := os.MkdirTemp(x.r.dir, "job-")
	if err != nil {
		x.log("::error::" + err.Error())
		return runnerv1.Result_RESULT_FAILURE
	}
	defer os.RemoveAll(dir)
	x.log(fmt.Sprintf("here received task %d of job %s", x.t.GetId(), j.id))
	result := runnerv1.Result_RESULT_SUCCESS
	for i, s := range j.Steps {
		if !j.wanted(s.If, result == runnerv1.Result_RESULT_FAILURE) || ctx.Err() != nil {
			skipped := runnerv1.Result_RESULT_SKIPPED
			if ctx.Err() != nil {
				skipped = runnerv1.Result_RESULT_CANCELLED
			}
			x.step(i, func(st *runnerv1.StepState) { st.Result = skipped })
			continue
		}
		x.step(i, func(st *runnerv1.StepState) {
			st.StartedAt = timestamppb.Now()
			st.LogIndex = x.sent + int64(len(x.rows))
		})
		err := x.one(ctx, j, s, dir)
		how := runnerv1.Result_RESULT_SUCCESS
		switch {
		case ctx.Err() != nil:
			how = runnerv1.Result_RESULT_CANCELLED
		case err != nil:
			how = runnerv1.Result_RESULT_FAILURE
			if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
				x.log(fmt.Sprintf("exitcode '%d': failure", exit.ExitCode()))
			} else {
				x.log("::error::" + err.Error())
			}
			x.log("  ❌  Failure - Main " + j.fill(s.title()))
			if s.Continue != "true" {
				result = how
			}
		}
		x.step(i, func(st *runnerv1.StepState) {
			st.Result, st.StoppedAt = how, timestamppb.Now()
			st.LogLength = x.sent + int64(len(x.rows)) - st.LogIndex
		})
	}
	return result
}

// one runs one step.
func (x *task) one(ctx context.Context, j *job, s step, dir string) error {
	if action, _, _ := strings.Cut(s.Uses, "@"); action == "actions/checkout" {
		from := strings.Replace(x.r.server, "://", "://token:"+j.value("github.token")+"@", 1) + "/" + j.value("github.repository") + ".git"
		if err := x.command(ctx, dir, os.Environ(), "git", "clone", "--quiet", "--no-checkout", from, "."); err != nil {
			return err
		}
		return x.command(ctx, dir, os.Environ(), "git", "checkout", "--quiet", "--detach", j.value("github.sha"))
	}
	if strings.HasPrefix(s.Uses, "actions/upload-artifact@") {
		return x.upload(ctx, j, s, dir)
	}
	if s.Uses != "" {
		return fmt.Errorf("this runner runs shell steps, actions/checkout and actions/upload-artifact, not %s", s.Uses)
	}
	env := append(os.Environ(), "CI=true", "GITHUB_ACTIONS=true", "GITEA_ACTIONS=true")
	for _, name := range []string{"sha", "ref", "ref_name", "repository", "actor", "run_id", "run_number"} {
		env = append(env, "GITHUB_"+strings.ToUpper(name)+"="+j.value("github."+name))
	}
	for _, vars := range []map[string]string{j.flowEnv, j.Env, s.Env} {
		for name, v := range vars {
			env = append(env, name+"="+j.fill(v))
		}
	}
	if s.Dir != "" {
		dir = filepath.Join(dir, j.fill(s.Dir))
	}
	return x.command(ctx, dir, env, "sh", "-e", "-c", j.fill(s.Run))
}

// command runs one and tells its output line by line; what it has started ends with it.
func (x *task) command(ctx context.Context, dir string, env []string, name string, args ...string) error {
	c := exec.CommandContext(ctx, name, args...)
	c.Dir, c.Env = dir, env
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	c.Cancel = func() error { return syscall.Kill(-c.Process.Pid, syscall.SIGKILL) }
	c.WaitDelay = 5 * time.Second
	from, to := io.Pipe()
	c.Stdout, c.Stderr = to, to
	read := make(chan struct{})
	go func() {
		defer close(read)
		lines := bufio.NewReader(from)
		for {
			line, err := lines.ReadString('\n')
			if line = strings.TrimRight(line, "\r\n"); line != "" || err == nil {
				x.log(line)
			}
			if err != nil {
				return
			}
		}
	}()
	err := c.Run()
	to.Close()
	<-read
	return err
}
