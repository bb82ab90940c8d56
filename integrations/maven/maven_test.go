package maven

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/integrations"
	"github.com/sawhorse-dev/sawhorse/integrations/integrationtest"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

func TestAPomMakesTheUsualTasks(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"mvnw": "", "pom.xml": `<?xml version="1.0" encoding="ISO-8859-1"?>
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <parent><artifactId>not-this-one</artifactId></parent>
  <artifactId>shop</artifactId>
  <modules><module>api</module><module>web</module></modules>
  <build><plugins>
    <plugin><groupId>org.springframework.boot</groupId><artifactId>spring-boot-maven-plugin</artifactId></plugin>
  </plugins></build>
</project>`,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := detect(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	pos := config.Position{File: "pom.xml", Line: 1}
	want := []integrations.Evidence{{
		Where: "pom.xml", Usual: "maven", What: "Maven project shop with 2 modules",
		Units: []config.Unit{
			{Name: "run", Kind: config.Service, Run: "./mvnw spring-boot:run", Description: "the Spring Boot application", Pos: pos},
			{Name: "test", Kind: config.Task, Run: "./mvnw test", Description: "all tests, on save", Pos: pos, Watch: &config.Watch{Paths: []string{"**/src/**", "**/pom.xml"}}},
			{Name: "build", Kind: config.Task, Run: "./mvnw package -DskipTests", Description: "compile and package", Pos: pos},
			{Name: "verify", Kind: config.Task, Run: "./mvnw verify", Description: "tests and all checks", Pos: pos},
		},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestTheContractHolds(t *testing.T) { integrationtest.Contract(t, Definition()) }
