package gradle

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/integrations/integrationtest"
)

func TestABuildMakesTheUsualTasks(t *testing.T) {
	for _, c := range []struct {
		name  string
		files map[string]string
		want  []string
	}{
		{"a library", map[string]string{"build.gradle": "plugins {\n  id 'java-library'\n}\n"}, []string{"gradle test", "gradle assemble", "gradle check"}},
		{"a program", map[string]string{"build.gradle.kts": "plugins {\n    application\n    kotlin(\"jvm\")\n}\n", "gradlew": ""}, []string{"./gradlew run", "./gradlew test", "./gradlew assemble", "./gradlew check"}},
		{"Spring Boot", map[string]string{"build.gradle": "plugins { id 'org.springframework.boot' version '3.2'\n id 'java' }", "gradlew": ""}, []string{"./gradlew bootRun", "./gradlew test", "./gradlew assemble", "./gradlew check"}},
		{"a comment is no plugin", map[string]string{"build.gradle": "// id 'org.springframework.boot'\n/* id 'application' */\nplugins { id 'java' }"}, []string{"gradle test", "gradle assemble", "gradle check"}},
		{"several projects", map[string]string{"settings.gradle.kts": "include(\"app\")", "gradlew": ""}, []string{"./gradlew test", "./gradlew assemble", "./gradlew check"}},
	} {
		dir := t.TempDir()
		for name, text := range c.files {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		found, err := detect(t.Context(), dir)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, u := range found[0].Units {
			got = append(got, u.Run)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
}

func TestTheContractHolds(t *testing.T) { integrationtest.Contract(t, Definition()) }
