package cargo

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/integrations/integrationtest"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

func TestAManifestOffersWhatItsPackagesCanDo(t *testing.T) {
	for _, c := range []struct {
		name, manifest string
		main           bool
		what           string
		runs, left     []string
	}{
		{"library", "[package]\nname = \"shop\"\n", false, "Rust package shop", []string{"cargo test", "cargo check --all-targets", "cargo build", "cargo clippy --all-targets"}, nil},
		{"program", "[package]\nname = \"shop\"\n", true, "Rust package shop", []string{"cargo test", "cargo check --all-targets", "cargo build", "cargo clippy --all-targets", "cargo run"}, nil},
		{
			"workspace", "[workspace]\nmembers = [\"a\"]\n", false, "Rust workspace",
			[]string{"cargo test --workspace", "cargo check --all-targets --workspace", "cargo build --workspace", "cargo clippy --all-targets --workspace"},
			nil,
		},
		{
			"programs", "[package]\nname = \"shop\"\n[[bin]]\nname = \"a\"\n[[bin]]\nname = \"b\"\n", true, "Rust package shop",
			[]string{"cargo test", "cargo check --all-targets", "cargo build", "cargo clippy --all-targets"},
			[]string{"its 2 programs: cargo run --bin NAME"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "Cargo.toml"), []byte(c.manifest), 0o600); err != nil {
				t.Fatal(err)
			}
			if c.main {
				if err := os.MkdirAll(filepath.Join(dir, "src"), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(filepath.Join(dir, "src", "main.rs"), nil, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			got, err := detect(t.Context(), dir)
			if err != nil || len(got) != 1 || got[0].What != c.what {
				t.Fatalf("%+v, %v", got, err)
			}
			var runs []string
			for _, u := range got[0].Units {
				runs = append(runs, u.Run)
			}
			if diff := cmp.Diff(c.runs, runs) + cmp.Diff(c.left, got[0].Left); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestTheContractHolds(t *testing.T) { integrationtest.Contract(t, Definition()) }

func TestTheLockFileIsWrittenByCargoItself(t *testing.T) {
	for _, c := range []struct {
		unit config.Unit
		file string
		want bool
	}{
		{config.Unit{Run: "cargo test"}, "Cargo.lock", true},
		{config.Unit{Run: "RUST_BACKTRACE=1 cargo test | tee out"}, "tools/Cargo.lock", true},
		{config.Unit{Command: []string{"cargo", "check"}}, "Cargo.lock", true},
		{config.Unit{Command: []string{"docker", "build", "."}}, "Cargo.lock", false},
		{config.Unit{Run: "cargo test"}, "Cargo.toml", false},
	} {
		if got := writes(c.unit, c.file); got != c.want {
			t.Errorf("%v, %s: %v", c.unit, c.file, got)
		}
	}
}
