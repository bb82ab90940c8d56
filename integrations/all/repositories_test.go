package all

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// repository is a directory in the shape of a public one: the same kinds of files
// that say the same kinds of things, with a content of our own.
type repository struct {
	shape string
	files map[string]string
	// want are its units: kind, name, place, what is run, and what is said of it.
	want []string
}

func repositories() []repository {
	return []repository{
		{
			"a web application with a Procfile for this machine (as mastodon/mastodon)",
			map[string]string{
				"Procfile":                                "web: bundle exec puma -p $PORT\n",
				"Procfile.dev":                            "web: PORT=3000 bundle exec puma\njobs: PORT=3000 bundle exec jobs\nstream: PORT=4000 yarn run stream\n",
				"package.json":                            "{\n  \"packageManager\": \"yarn@4.5.0\",\n  \"workspaces\": [\".\", \"streaming\"],\n  \"scripts\": {\n    \"build:production\": \"vite build\",\n    \"postinstall\": \"x\",\n    \"test\": \"vitest\",\n    \"storybook\": \"storybook dev -p 6006\"\n  }\n}\n",
				"streaming/package.json":                  "{\n  \"name\": \"streaming\",\n  \"scripts\": {\n    \"start\": \"node ./index.js\"\n  }\n}\n",
				".devcontainer/devcontainer.json":         "{\n  // for an editor in the browser\n  \"name\": \"on this machine\",\n  \"forwardPorts\": [3000, 4000],\n  \"postCreateCommand\": \"bin/setup\",\n}\n",
				".devcontainer/codespaces/something.json": "{}",
			},
			[]string{
				"service web Procfile.dev:1 PORT=3000 bundle exec puma",
				"service jobs Procfile.dev:2 PORT=3000 bundle exec jobs",
				"service stream Procfile.dev:3 PORT=4000 yarn run stream",
				"service storybook package.json:8 yarn run storybook: storybook dev -p 6006",
				"service streaming-start streaming/package.json:4 yarn run start: node ./index.js",
				"task test package.json:7 yarn run test --reporter=verbose: vitest, on save",
				"task build-production package.json:5 yarn run build:production: vite build",
				"task postCreate .devcontainer/devcontainer.json:5 bin/setup: after the container is made",
			},
		},
		{
			"a Go program with a Taskfile that includes another (as go-task/task)",
			map[string]string{
				"go.mod":                "module example.com/tool\n\ngo 1.25\n",
				"Taskfile.yml":          "version: '3'\n\nincludes:\n  site:\n    aliases: [w, docs]\n    taskfile: ./site\n    dir: ./site\n\nvars:\n  BIN: \"{{.ROOT_DIR}}/bin\"\n\ntasks:\n  default:\n    cmds:\n      - task: test\n\n  lint:\n    desc: Looks at the style\n    aliases: [l]\n    cmds: [golangci-lint run]\n\n  release:*:\n    desc: Releases a version\n    cmds: [x]\n\n  sums:\n    internal: true\n    cmds: [x]\n",
				"site/Taskfile.yml":     "version: '3'\ntasks:\n  default:\n    desc: Shows the pages\n    cmd: npm run dev\n  build:\n    desc: Builds the pages\n    cmd: npm run build\n",
				"site/package.json":     "{\n  \"scripts\": {\n    \"dev\": \"vitepress dev\"\n  }\n}\n",
				"site/pnpm-lock.yaml":   "",
				"testdata/Taskfile.yml": "tasks: {not: ours}\n",
			},
			[]string{
				"service site-dev site/package.json:3 pnpm run dev: vitepress dev",
				"task test go.mod go test ./...: all tests, on save", "task build go.mod go build ./...", "task vet go.mod go vet ./...",
				"task default Taskfile.yml:13 task default", "task lint Taskfile.yml:17 task lint: Looks at the style",
				"task site site/Taskfile.yml:3 task site: Shows the pages", "task site-build site/Taskfile.yml:6 task site:build: Builds the pages",
			},
		},
		{
			"a Rust program with a justfile (as casey/just)",
			map[string]string{
				"Cargo.toml": "[package]\nname = \"tool\"\n\n[workspace]\nmembers = [\".\", \"crates/*\"]\n", "src/main.rs": "fn main() {}\n",
				"crates/part/Cargo.toml": "[package]\nname = \"part\"\n",
				"justfile":               "#!/usr/bin/env -S just --justfile\n# what this is\n\nalias t := test\n\nlog := \"warn\"\n\nexport LOG := log\n\n[group: 'dev']\nwatch +args='check':\n  cargo watch --exec '{{ args }}'\n\n# look for words\ngrep pattern path='.':\n  rg {{pattern}}\n\ntest: (watch 'test --all')\n\n_private:\n  x\n",
			},
			[]string{
				"task cargo-test Cargo.toml cargo test --workspace: all tests, on save", "task check Cargo.toml cargo check --all-targets --workspace",
				"task build Cargo.toml cargo build --workspace", "task lint Cargo.toml cargo clippy --all-targets --workspace", "task run Cargo.toml cargo run",
				"task watch justfile:11 just watch $PARAM_ARGS",
				`task grep justfile:15 just grep "$PARAM_PATTERN" "$PARAM_PATH": look for words`,
				"task test justfile:18 just test",
			},
		},
		{
			"a program whose tasks are mise's (as jdx/mise)",
			map[string]string{
				"mise.toml":         "[tools]\nnode = \"lts\"\n\n[task_config]\nincludes = [\"tasks.toml\", \"xtasks\"]\n\n[tasks.perf]\ndescription = \"Measures\"\nrun = \"x\"\n",
				"tasks.toml":        "[clean]\ndescription = 'Takes away'\nrun = 'cargo clean'\n\n[\"docs:build\"]\nrun = \"x\"\ndepends = [\"clean\"]\n",
				"xtasks/lint/hk":    "#!/usr/bin/env bash\n#MISE description=\"Looks at the style\"\nx\n",
				"xtasks/lint-fix.p": "not a program",
			},
			[]string{
				"task perf mise.toml:7 mise run perf: Measures", "task clean tasks.toml:1 mise run clean: Takes away",
				"task docs-build tasks.toml:5 mise run docs:build", "task lint-hk xtasks/lint/hk:1 mise run lint:hk: Looks at the style",
			},
		},
		{
			"a Spring application with two builds (as spring-projects/spring-petclinic)",
			map[string]string{
				"pom.xml": "<project>\n  <parent><artifactId>spring-boot-starter-parent</artifactId></parent>\n  <artifactId>clinic</artifactId>\n  <build><plugins><plugin><artifactId>spring-boot-maven-plugin</artifactId></plugin></plugins></build>\n</project>\n",
				"mvnw":    "", "gradlew": "", "build.gradle": "plugins {\n  id 'java'\n  id 'org.springframework.boot' version '4.0.0'\n}\n", "settings.gradle": "rootProject.name = 'clinic'\n",
			},
			[]string{
				"service run pom.xml:1 ./mvnw spring-boot:run: the Spring Boot application",
				"service bootRun build.gradle:1 ./gradlew bootRun: the Spring Boot application",
				"task test pom.xml:1 ./mvnw test: all tests, on save", "task build pom.xml:1 ./mvnw package -DskipTests: compile and package",
				"task verify pom.xml:1 ./mvnw verify: tests and all checks",
				"task gradle-test build.gradle:1 ./gradlew test: all tests, on save", "task gradle-build build.gradle:1 ./gradlew assemble: compile and package",
				"task check build.gradle:1 ./gradlew check: tests and all checks",
			},
		},
		{
			"an editor's extension (as golang/vscode-go)",
			map[string]string{
				".vscode/tasks.json":     "// Variables: ${workspaceFolder}, ${file}\n{\n\t\"version\": \"2.0.0\",\n\n\t// npm is run\n\t\"command\": \"npm\",\n\t\"type\": \"shell\",\n\t\"args\": [\"run\", \"compile\"],\n\t\"isBackground\": true,\n\t\"tasks\": [\n\t\t{\n\t\t\t\"type\": \"typescript\",\n\t\t\t\"tsconfig\": \"extension/tsconfig.json\",\n\t\t},\n\t\t{\n\t\t\t\"type\": \"npm\",\n\t\t\t\"script\": \"watch\",\n\t\t\t\"isBackground\": true,\n\t\t\t\"path\": \"extension\"\n\t\t}\n\t]\n}\n",
				".vscode/launch.json":    "{\n\t\"configurations\": [\n\t\t{\"name\": \"generate\", \"type\": \"go\", \"request\": \"launch\", \"program\": \"${workspaceFolder}/extension/tools/generate.go\", \"cwd\": \"${workspaceFolder}/extension\"},\n\t\t{\"name\": \"the extension\", \"type\": \"extensionHost\", \"request\": \"launch\"}\n\t]\n}\n",
				"extension/package.json": "{\n  \"scripts\": {\n    \"watch\": \"tsc -watch\",\n    \"vscode:prepublish\": \"x\",\n    \"lint\": \"gts lint\"\n  }\n}\n",
			},
			[]string{
				"service npm-watch .vscode/tasks.json:15 npm run watch",
				"service extension-watch extension/package.json:3 npm run watch: tsc -watch",
				"task generate .vscode/launch.json:3 go run ../extension/tools/generate.go: without its debugger",
				"task extension-lint extension/package.json:5 npm run lint: gts lint",
				"task extension-vscode-prepublish extension/package.json:4 npm run vscode:prepublish: x",
			},
		},
		{
			"a monorepo of packages with many test apps (as sveltejs/kit)",
			map[string]string{
				"package.json":                               "{\n  \"scripts\": {\n    \"test\": \"vitest run\",\n    \"preinstall\": \"npx only-allow pnpm\"\n  },\n  \"packageManager\": \"pnpm@10.0.0\"\n}\n",
				"pnpm-workspace.yaml":                        "packages:\n  - packages/*\n  - packages/kit/test/apps/*\n  - playgrounds/*\n  - '!.test-tmp/**'\n",
				"pnpm-lock.yaml":                             "",
				"packages/kit/package.json":                  "{\n  \"name\": \"kit\",\n  \"scripts\": {\n    \"lint\": \"prettier --check .\",\n    \"prepublishOnly\": \"x\"\n  }\n}\n",
				"packages/node/package.json":                 "{\n  \"name\": \"node\",\n  \"scripts\": {\n    \"dev\": \"rollup -cw\"\n  }\n}\n",
				"packages/kit/test/apps/basics/package.json": "{\"scripts\": {\"dev\": \"vite dev\"}}\n",
				"playgrounds/basic/package.json":             "{\"scripts\": {\"dev\": \"vite dev\"}}\n",
				"packages/kit/template-basic/package.json":   "{\"scripts\": {\"dev\": \"vite dev\"}}\n",
			},
			[]string{
				"service node-dev packages/node/package.json:4 pnpm run dev: rollup -cw",
				"task test package.json:3 pnpm run test --reporter=verbose: vitest run, on save",
				"task kit-lint packages/kit/package.json:4 pnpm run lint: prettier --check .",
			},
		},
		{
			"services with probes in a process-compose file (as F1bonacc1/process-compose)",
			map[string]string{
				"process-compose.yaml":                "version: \"0.5\"\nlog_level: info\nprocesses:\n  redis:\n    command: |\n      echo ready\n      sleep 60\n    readiness_probe:\n      exec:\n        command: \"true\"\n      initial_delay_seconds: 2\n      period_seconds: 2\n\n  migrate:\n    description: Brings the schema up\n    command: ./migrate\n    availability:\n      restart: \"no\"\n  api:\n    command: ./api\n    depends_on:\n      redis:\n        condition: process_healthy\n      migrate:\n        condition: process_completed_successfully\n  editor:\n    command: lazygit\n    is_interactive: true\n    disabled: true\n",
				"issues/issue_1/process-compose.yaml": "processes: {not: {command: ours}}\n",
			},
			[]string{
				"service redis process-compose.yaml:4 echo ready⏎sleep 60⏎",
				"service api process-compose.yaml:19 ./api",
				"service editor process-compose.yaml:26 lazygit",
				"task migrate process-compose.yaml:14 ./migrate: Brings the schema up",
			},
		},
		{
			"a model with its pipeline (as iterative/example-get-started)",
			map[string]string{
				"dvc.yaml": "stages:\n  prepare:\n    cmd: python src/prepare.py\n  train:\n    cmd: python src/train.py\n", ".gitlab-ci.yml": "train:\n  script: [dvc repro]\n",
				".github/workflows/cml.yaml": "on: push\n",
				".devcontainer.json":         "{\n  \"image\": \"python\",\n  \"postCreateCommand\": \"pip3 install --user -r src/requirements.txt\"\n}\n", "src/requirements.txt": "dvc\n",
			},
			[]string{"task postCreate .devcontainer.json:3 pip3 install --user -r src/requirements.txt: after the container is made"},
		},
		{
			"a Python library (as fastapi/fastapi)",
			map[string]string{
				"pyproject.toml": "[project]\nname = \"lib\"\n\n[project.scripts]\nlib = \"lib.cli:main\"\n\n[tool.pdm]\n[tool.pdm.build]\nx = 1\n[tool.mypy]\nstrict = true\n[tool.pytest]\n[tool.ruff.lint]\nselect = []\n", "uv.lock": "",
				"tests/test_lib.py": "", "docs/package.json": "{\"scripts\": {\"not\": \"ours\"}}",
			},
			[]string{
				"task test pyproject.toml uv run pytest -v: all tests, on save", "task lint pyproject.toml uv run ruff check .",
				"task types pyproject.toml uv run mypy .",
			},
		},
		{
			"a workspace of crates without anything else (as BurntSushi/ripgrep)",
			map[string]string{
				"Cargo.toml":                "[package]\nname = \"rg\"\n\n[[bin]]\nname = \"rg\"\npath = \"crates/core/main.rs\"\n\n[workspace]\nmembers = [\"crates/globset\"]\n",
				"crates/globset/Cargo.toml": "[package]\nname = \"globset\"\n", "fuzz/Cargo.toml": "[package]\nname = \"fuzz\"\n",
			},
			[]string{
				"task test Cargo.toml cargo test --workspace: all tests, on save", "task check Cargo.toml cargo check --all-targets --workspace",
				"task build Cargo.toml cargo build --workspace", "task lint Cargo.toml cargo clippy --all-targets --workspace", "task run Cargo.toml cargo run",
			},
		},
		{
			"a Go module with a Makefile for people (as many are)",
			map[string]string{
				"go.mod":        "module example.com/server\n",
				"Makefile":      "include make/tools.mk\n\nBIN := bin\n\n.PHONY: all\nall: build\n\n##@ Development\n\n.PHONY: run\nrun: ## Run the server.\n\tgo run .\n\n$(BIN)/server: main.go\n\tgo build\n\n.DEFAULT_GOAL := all\n",
				"make/tools.mk": ".PHONY: tools\ntools: ## Get the tools.\n\tx\n",
			},
			[]string{
				"task test go.mod go test ./...: all tests, on save", "task build go.mod go build ./...", "task vet go.mod go vet ./...",
				"task all Makefile:6 make all", "task run Makefile:11 make run: Run the server.", "task tools make/tools.mk:2 make tools: Get the tools.",
			},
		},
	}
}

func TestTheShapesOfPublicRepositoriesAreDetectedRight(t *testing.T) {
	for _, r := range repositories() {
		t.Run(r.shape, func(t *testing.T) {
			dir := write(t, r.files)
			for _, name := range []string{"xtasks/lint/hk"} { // a script of tasks is a program
				_ = os.Chmod(filepath.Join(dir, filepath.FromSlash(name)), 0o700)
			}
			found, err := Detect(t.Context(), dir)
			if err != nil {
				t.Fatal(err)
			}
			found = append(found, Below(t.Context(), dir, found)...)
			f, _, err := File(dir, found)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, u := range f.Units {
				got = append(got, describe(u))
			}
			if diff := cmp.Diff(r.want, got); diff != "" {
				t.Error(diff)
			}
			if _, err := config.LoadBytes(filepath.Join(dir, config.FileName), []byte(Draft("x", found))); err != nil {
				t.Errorf("init would write a file with problems: %v", err)
			}
		})
	}
}

func describe(u config.Unit) string {
	run := u.Run
	if run == "" {
		run = strings.Join(u.Command, " ")
	}
	text := fmt.Sprintf("%s %s %s %s", u.Kind, u.Name, u.Pos, strings.ReplaceAll(run, "\n", "⏎"))
	if u.Description != "" {
		text += ": " + u.Description
	}
	return text
}
