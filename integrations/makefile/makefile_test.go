package makefile

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/integrations/integrationtest"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

const example = `
VERSION := $(shell touch ran-by-detection)
NAME ?= shop
X ::= y
include common.mk
-include $(shell echo x).mk

.PHONY: test lint \
        clean
test: build ## run the tests
	go test ./...
	echo "a: b" ## no text

## check the style
lint:
	golangci-lint run

docs: ## write the docs
clean:
	rm -rf bin

bin/shop: main.go
	go build -o $@
%.o: %.c
	cc -c $<
$(NAME): x
shop.tar: bin/shop
define recipe
inside: out
endef
ifeq ($(OS),Windows_NT)
endif
fmt vet: ## both
.DEFAULT_GOAL := test
`

// at is a line of the Makefile.
func at(line int) config.Position { return config.Position{File: "Makefile", Line: line} }

func TestTargetsThatPeopleCallBecomeTasks(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "Makefile"), []byte(example), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "common.mk"), []byte("install: ## put it there\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := detect(t.Context(), dir)
	if err != nil || len(got) != 1 {
		t.Fatalf("%+v, %v", got, err)
	}
	want := []config.Unit{
		{Name: "test", Kind: config.Task, Run: "make test", Description: "run the tests", Pos: at(10)},
		{Name: "lint", Kind: config.Task, Run: "make lint", Description: "check the style", Pos: at(15)},
		{Name: "docs", Kind: config.Task, Run: "make docs", Description: "write the docs", Pos: at(18)},
		{Name: "clean", Kind: config.Task, Run: "make clean", Pos: at(19)},
		{Name: "fmt", Kind: config.Task, Run: "make fmt", Description: "both", Pos: at(33)},
		{Name: "vet", Kind: config.Task, Run: "make vet", Description: "both", Pos: at(33)},
		{Name: "install", Kind: config.Task, Run: "make install", Description: "put it there", Pos: config.Position{File: "common.mk", Line: 1}},
	}
	if diff := cmp.Diff(want, got[0].Units); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"what it includes: $(shell echo x).mk", "1 targets that have no ## text and are not .PHONY"}, got[0].Left); diff != "" {
		t.Error(diff)
	}
	if _, err := os.Stat(filepath.Join(dir, "ran-by-detection")); err == nil {
		t.Error("the Makefile was run")
	}
}

func TestWithoutADocumentedTargetThoseThatMakeNoFileAreTasks(t *testing.T) {
	dir := t.TempDir()
	text := ".PHONY: docs\ninit:\n\tpip install -r requirements.txt\ntest: init\n\tpytest \\\n  tests: -v\n.secret:\n\tx\nall: tool\n" +
		"tool: tool.o\n\tcc -o $@ $^\ntool.o: tool.c\n\tcc -c $<\nFORCE:\ndebug: CFLAGS += -g\n%.pdf: %.tex\n\ttex $@\ndocs:\n\techo $@\n"
	if err := os.WriteFile(filepath.Join(dir, "Makefile"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := detect(t.Context(), dir)
	if err != nil || len(got) != 1 {
		t.Fatalf("%+v, %v", got, err)
	}
	want := []config.Unit{
		{Name: "init", Kind: config.Task, Run: "make init", Pos: at(2)},
		{Name: "test", Kind: config.Task, Run: "make test", Pos: at(4)},
		{Name: "all", Kind: config.Task, Run: "make all", Pos: at(9)},
		{Name: "docs", Kind: config.Task, Run: "make docs", Pos: at(18)},
	}
	if diff := cmp.Diff(want, got[0].Units); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"4 targets that make files"}, got[0].Left); diff != "" {
		t.Error(diff)
	}
}

func TestTheContractHolds(t *testing.T) { integrationtest.Contract(t, Definition()) }
