// Package maven finds what a pom.xml makes possible: tests, the build, and the
// server of a framework that runs from it. It never runs Maven.
package maven

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/sawhorse-dev/sawhorse/integrations"
	"github.com/sawhorse-dev/sawhorse/integrations/internal/declared"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// Definition describes the integration.
func Definition() integrations.Definition {
	return integrations.Definition{Name: "maven", Title: "Maven", Marks: []string{"pom.xml"}, Below: integrations.Outermost, Detect: detect}
}

// project is what is looked at of a pom.xml.
type project struct {
	ArtifactID string   `xml:"artifactId"`
	Modules    []string `xml:"modules>module"`
	Plugins    []struct {
		ArtifactID string `xml:"artifactId"`
	} `xml:"build>plugins>plugin"`
}

func (p project) has(plugin string) bool {
	for _, own := range p.Plugins {
		if strings.TrimSpace(own.ArtifactID) == plugin {
			return true
		}
	}
	return false
}

func detect(_ context.Context, dir string) ([]integrations.Evidence, error) {
	text, ok, err := declared.Read(dir, "pom.xml")
	if !ok || err != nil {
		return nil, err
	}
	var p project
	d := xml.NewDecoder(strings.NewReader(string(text)))
	d.Strict = false
	d.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil } // names are ASCII in any of them
	if err := d.Decode(&p); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read pom.xml: %w", err)
	}
	mvn := "mvn"
	if declared.Has(dir, "mvnw") {
		mvn = "./mvnw"
	}
	pos := config.Position{File: "pom.xml", Line: 1}
	ev := integrations.Evidence{Where: "pom.xml", Usual: "maven", What: "Maven project " + strings.TrimSpace(p.ArtifactID)}
	if n := len(p.Modules); n > 0 {
		ev.What += fmt.Sprintf(" with %d modules", n)
	}
	if p.has("spring-boot-maven-plugin") {
		ev.Units = append(ev.Units, config.Unit{Name: "run", Kind: config.Service, Run: mvn + " spring-boot:run", Description: "the Spring Boot application", Pos: pos})
	}
	if p.has("quarkus-maven-plugin") {
		ev.Units = append(ev.Units, config.Unit{Name: "dev", Kind: config.Service, Run: mvn + " quarkus:dev", Description: "Quarkus, reloaded on save", Pos: pos})
	}
	ev.Units = append(ev.Units,
		config.Unit{
			Name: "test", Kind: config.Task, Run: mvn + " test", Description: "all tests, on save", Pos: pos,
			Watch: &config.Watch{Paths: []string{"**/src/**", "**/pom.xml"}},
		},
		config.Unit{Name: "build", Kind: config.Task, Run: mvn + " package -DskipTests", Description: "compile and package", Pos: pos},
		config.Unit{Name: "verify", Kind: config.Task, Run: mvn + " verify", Description: "tests and all checks", Pos: pos},
	)
	return []integrations.Evidence{ev}, nil
}
