# Sawhorse: `make help` says what there is. The work is done by scripts/, one page each.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help build install test unit lint fmt cross tidy fuzz bench bench-quick snapshot release-check clean

FUZZTIME ?= 30s

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: ## the program and what reads Compose files for it, into bin/
	CGO_ENABLED=0 go build -trimpath -o bin/ ./cmd/sawhorse ./cmd/sawhorse-compose

install: ## the program, into ~/.local/bin (or PREFIX/bin)
	./install.sh

test: ## everything CI runs: installs what is missing, then tests, linters, other systems
	@scripts/test

unit: ## only the tests, with the race detector
	go test -race ./...

lint: ## the linters of .golangci.yml
	scripts/tool golangci-lint run

fmt: ## rewrites the code as gofumpt and goimports want it
	scripts/tool golangci-lint fmt

cross: ## compiles and vets for the systems this machine is not
	scripts/cross

tidy: ## go.mod and go.sum as the imports want them
	go mod tidy

fuzz: ## every fuzz test for FUZZTIME (30s)
	scripts/fuzz $(FUZZTIME)

bench: ## all measures against peers and floors, into docs/benchmarks.md (about an hour)
	bench/run full

bench-quick: ## the same measures, one small round each, to the terminal (a few minutes)
	bench/run quick

snapshot: release-check ## release archives of this commit, into dist/
	scripts/tool goreleaser release --snapshot --clean

release-check: ## whether .goreleaser.yml is valid
	scripts/tool goreleaser check

clean: ## removes what was built, and the cached tools
	rm -rf bin dist .cache bench/bin bench/results*.jsonl
