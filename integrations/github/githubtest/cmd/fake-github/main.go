// Command fake-github serves a small GitHub on this machine, to try the screen
// and the verbs with. It keeps nothing.
package main

import (
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/sawhorse-dev/sawhorse/integrations/github/githubtest"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:7979", "the address to serve on; only this machine should reach it")
	token := flag.String("token", "", "the token that requests must carry; none: anybody may")
	old := flag.Bool("old", false, "be an old GitHub Enterprise: no run details, and new runs show up late")
	reviewer := flag.Bool("reviewer", true, "the user may approve deployments")
	quiet := flag.Bool("quiet", false, "say nothing of requests")
	jobs := flag.Int("jobs", 0, "add a workflow, Matrix, whose one run has so many jobs")
	megabytes := flag.Int("log-mb", 50, "how long the logs of these jobs are together")
	flag.Parse()
	shop := githubtest.Shop()
	if *jobs > 0 {
		shop.Workflows = append(shop.Workflows, githubtest.Matrix(15, *jobs, *megabytes<<20))
		shop.Files[""][".github/workflows/matrix.yml"] = "name: Matrix\non: workflow_dispatch\njobs: {test: {runs-on: ubuntu-latest, steps: [{run: make test}]}}\n"
	}
	if err := serve(shop, *listen, *token, *old, *reviewer, *quiet); err != nil {
		fmt.Fprintln(os.Stderr, "fake-github:", err)
		os.Exit(1)
	}
}

func serve(shop *githubtest.Repo, listen, token string, old, reviewer, quiet bool) error {
	o := githubtest.Options{
		Token: token, Old: old, Lag: 2 * time.Second, MayApprove: reviewer, Running: true,
		Wrong: func(err error) { fmt.Fprintln(os.Stderr, "not as GitHub describes it:", err) },
	}
	if !quiet {
		o.Log = func(method, path string, status int) {
			fmt.Fprintf(os.Stderr, "%s %d %s %s\n", time.Now().Format("15:04:05.000"), status, method, path)
		}
	}
	s, err := githubtest.New(o, shop)
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", listen)
	if err != nil {
		return err
	}
	s.At("http://" + l.Addr().String())
	s.Push(shop, "ci.yml", "fix", "bob")
	if len(shop.Workflows) > len(githubtest.Shop().Workflows) {
		s.Push(shop, "matrix.yml", "fix", "bob")
	}
	fmt.Printf(`serving ada/shop at http://%s/api/v3
in a directory with sawhorse.yml:

  version: 1
  integrations:
    github: {url: "http://%s/api/v3", repo: ada/shop, token: "env:FAKE_TOKEN"}

and FAKE_TOKEN=%s
`, l.Addr(), l.Addr(), orAny(token))
	server := &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second}
	return server.Serve(l)
}

func orAny(token string) string {
	if token == "" {
		return "anything"
	}
	return token
}
