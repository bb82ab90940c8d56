// Package gradle finds what a Gradle build makes possible: tests, the build, and
// the program that its plugins run. It reads names and never runs Gradle, whose
// files are programs.
package gradle

import (
	"context"

	"github.com/sawhorse-dev/sawhorse/integrations"
	"github.com/sawhorse-dev/sawhorse/integrations/internal/declared"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
	"github.com/sawhorse-dev/sawhorse/workspace/lazy"
)

// Definition describes the integration.
func Definition() integrations.Definition {
	return integrations.Definition{Name: "gradle", Title: "Gradle", Marks: names(), Below: integrations.Outermost, Detect: detect}
}

// names in the order in which one stands for the build.
func names() []string {
	return []string{"build.gradle.kts", "build.gradle", "settings.gradle.kts", "settings.gradle"}
}

// The plugins that make a task whose name says what it runs.
var (
	comments = lazy.Regexp(`(?s:/\*.*?\*/)|(?m:(^|\s)//.*$)`)
	boot     = lazy.Regexp(`['"]org\.springframework\.boot['"]|spring\.boot\)`)
	quarkus  = lazy.Regexp(`['"]io\.quarkus['"]`)
	program  = lazy.Regexp(`id\s*\(?\s*['"]application['"]|(?m)^\s*application\s*$|apply plugin:\s*['"]application['"]`)
	java     = lazy.Regexp(`['"](java|java-library|application|groovy|scala|war)['"]|kotlin|org\.jetbrains|(?m)^\s*(java|application|` + "`java-library`" + `)\s*$`)
)

func detect(_ context.Context, dir string) ([]integrations.Evidence, error) {
	text, name, err := declared.First(dir, names()...)
	if name == "" || err != nil {
		return nil, err
	}
	text = comments().ReplaceAll(text, nil)
	run := "gradle "
	if declared.Has(dir, "gradlew") {
		run = "./gradlew "
	}
	pos := config.Position{File: name, Line: 1}
	ev := integrations.Evidence{Where: name, Usual: "gradle", What: "Gradle build"}
	add := func(u config.Unit) {
		u.Run, u.Pos = run+u.Run, pos
		ev.Units = append(ev.Units, u)
	}
	switch {
	case boot().Match(text):
		add(config.Unit{Name: "bootRun", Kind: config.Service, Run: "bootRun", Description: "the Spring Boot application"})
	case quarkus().Match(text):
		add(config.Unit{Name: "quarkusDev", Kind: config.Service, Run: "quarkusDev", Description: "Quarkus, reloaded on save"})
	case program().Match(text):
		add(config.Unit{Name: "run", Kind: config.Task, Run: "run", Description: "the program"})
	}
	if several := declared.Has(dir, "settings.gradle") || declared.Has(dir, "settings.gradle.kts"); several || java().Match(text) {
		add(config.Unit{
			Name: "test", Kind: config.Task, Run: "test", Description: "all tests, on save",
			Watch: &config.Watch{Paths: []string{"**/src/**", "**/*.gradle", "**/*.gradle.kts"}},
		})
	}
	add(config.Unit{Name: "build", Kind: config.Task, Run: "assemble", Description: "compile and package"})
	add(config.Unit{Name: "check", Kind: config.Task, Run: "check", Description: "tests and all checks"})
	return []integrations.Evidence{ev}, nil
}
