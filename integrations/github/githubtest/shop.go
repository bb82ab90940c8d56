package githubtest

import (
	"fmt"
	"time"
)

// The workflows of Shop, as they stand in its repository.
const (
	CI = `name: CI
on:
  push:
  workflow_dispatch:
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - run: go test ./...
  vet:
    runs-on: ubuntu-latest
    steps:
      - run: go vet ./...
  build:
    runs-on: ubuntu-latest
    needs: test
    steps:
      - run: go build ./...
`
	Deploy = `name: Deploy
run-name: Deploy to ${{ inputs.env }}
on:
  workflow_dispatch:
    inputs:
      env:
        description: Where to
        type: choice
        options: [staging, production]
        default: staging
      version:
        description: A tag or a commit
        required: true
      dry_run:
        type: boolean
        default: false
      replicas:
        type: number
        default: 2
      target:
        type: environment
jobs:
  build:
    runs-on: ubuntu-latest
    steps: [{run: make}]
  deploy:
    needs: build
    runs-on: ubuntu-latest
    environment: ${{ inputs.env }}
    steps: [{run: make deploy}]
`
	Slow = `name: Nightly
on:
  schedule: [{cron: "0 3 * * *"}]
  workflow_dispatch: {}
jobs:
  soak: {runs-on: big-machine, steps: [{run: make soak}]}
`
	Lint = `name: Lint
on: [push, pull_request]
jobs:
  lint: {runs-on: ubuntu-latest, steps: [{run: make lint}]}
`
)

// Shop is a repository to try things with: ada/shop, whose CI fails on the
// branch fix, whose deployment to production waits for approval, and whose
// Nightly finds no runner.
func Shop() *Repo {
	yes := true
	return &Repo{
		Owner: "ada", Name: "shop", Default: "main",
		Branches: map[string]string{
			"main": "1111111111111111111111111111111111111111", "fix": "2222222222222222222222222222222222222222",
		},
		Files: map[string]map[string]string{"": {
			".github/workflows/ci.yml": CI, ".github/workflows/deploy.yml": Deploy,
			".github/workflows/nightly.yml": Slow, ".github/workflows/lint.yml": Lint,
		}},
		Environments: []string{"production", "staging"},
		Workflows: []Workflow{
			{ID: 11, Path: ".github/workflows/ci.yml", Name: "CI", Dispatch: true, Plan: ciPlan},
			{
				ID: 12, Path: ".github/workflows/deploy.yml", Name: "Deploy", Dispatch: true, Plan: deployPlan,
				Inputs:  map[string]bool{"env": false, "version": true, "dry_run": false, "replicas": false, "target": false},
				RunName: func(in map[string]string) string { return "Deploy to " + in["env"] },
			},
			{ID: 13, Path: ".github/workflows/nightly.yml", Name: "Nightly", Dispatch: true, Plan: func(map[string]string, int) Plan {
				return Plan{Jobs: []Job{{Name: "soak", NoRunner: true, Steps: []Step{{Name: "Run make soak", Takes: time.Minute}}}}}
			}},
			{ID: 14, Path: ".github/workflows/lint.yml", Name: "Lint", Plan: func(map[string]string, int) Plan {
				return Plan{Jobs: []Job{{Name: "lint", Steps: []Step{{Name: "Run make lint", Takes: 2 * time.Second, Log: []string{"all good"}}}}}}
			}},
		},
		Pulls: []Pull{{
			Number: 5, Title: "Discounts add up", Head: "fix", Base: "main", Author: "ada", Mergeable: &yes, MergeableState: "unstable",
			Reviews: []Review{{"bob", "CHANGES_REQUESTED"}, {"eve", "APPROVED"}, {"bob", "APPROVED"}},
			Checks:  []Check{{"coverage", "completed", "success"}},
		}},
	}
}

// ciPlan fails in its first attempt and passes when it is run again.
func ciPlan(_ map[string]string, attempt int) Plan {
	test := Job{
		Name: "test", Queue: 2 * time.Second,
		Steps: []Step{
			{Name: "Set up job", Takes: time.Second, Log: []string{"Current runner version: '2.330.0'", "##[group]Operating System", "Ubuntu", "##[endgroup]"}},
			{Name: "Run go test ./...", Takes: 4 * time.Second, Log: []string{
				"##[group]Run go test ./...", "go test ./...", "shell: /usr/bin/bash -e {0}", "##[endgroup]", "ok  \tshop/price\t0.1s",
			}},
			{Name: "Complete job", Takes: time.Second, Log: []string{"Cleaning up orphan processes"}},
		},
	}
	if attempt == 1 {
		run := &test.Steps[1]
		run.Fails = true
		run.Log = append(run.Log,
			"--- FAIL: TestDiscount (0.12s)", "    cart/cart_test.go:4: want 32, got 40", "FAIL", "FAIL\tshop/cart\t0.2s", "FAIL",
			"##[error]Process completed with exit code 1.")
		test.Annotations = []Annotation{
			{Step: 2, Level: "failure", Path: "cart/cart_test.go", Line: 4, Message: "want 32, got 40"},
			{Step: 2, Level: "failure", Path: ".github", Line: 9, Message: "Process completed with exit code 1."},
			{Step: 1, Level: "warning", Path: ".github", Line: 1, Message: "Node 16 actions are deprecated"},
		}
	}
	return Plan{
		Jobs: []Job{
			test,
			{Name: "vet", Steps: []Step{{Name: "Run go vet ./...", Takes: 2 * time.Second, Log: []string{"##[group]Run go vet ./...", "##[endgroup]"}}}},
			{Name: "build", Needs: []string{"test"}, Steps: []Step{{Name: "Run go build ./...", Takes: 3 * time.Second, Log: []string{"built"}}}},
		},
		Artifacts: []Artifact{
			{Name: "coverage", Files: map[string]string{"coverage.txt": "price 100%\n", "html/index.html": "<p>"}},
			{Name: "old", Expired: true},
			{Name: "test-results", Files: map[string]string{"out/junit.xml": junit(attempt)}},
		},
	}
}

// junit is the report that the tests leave behind.
func junit(attempt int) string {
	failure := ""
	if attempt == 1 {
		failure = `<failure message="want 32, got 40">/home/runner/work/shop/shop/cart/cart_test.go:4: want 32, got 40</failure>`
	}
	return `<?xml version="1.0"?>
<testsuites>
  <testsuite name="shop/cart">
    <testcase classname="shop/cart" name="TestDiscount" time="0.12">` + failure + `</testcase>
    <testcase classname="shop/cart" name="TestTotal" time="0.01"/>
  </testsuite>
</testsuites>
`
}

func deployPlan(in map[string]string, _ int) Plan {
	env := in["env"]
	if env == "" {
		env = "staging"
	}
	deploy := Job{Name: "deploy", Needs: []string{"build"}, Steps: []Step{
		{Name: "Run make deploy", Takes: 3 * time.Second, Log: []string{fmt.Sprintf("deploying %s to %s", in["version"], env), "done"}},
	}}
	if env == "production" {
		deploy.Environment = env
	}
	return Plan{Jobs: []Job{
		{Name: "build", Queue: time.Second, Steps: []Step{{Name: "Run make", Takes: 2 * time.Second, Log: []string{"compiling"}}}},
		deploy,
	}}
}
