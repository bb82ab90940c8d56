// Package cmake offers to build a CMake project and to run its tests, and reads
// what ctest says of them. It runs neither.
package cmake

import (
	"context"
	"errors"
	"fmt"

	"github.com/sawhorse-dev/sawhorse/integrations"
	"github.com/sawhorse-dev/sawhorse/integrations/internal/declared"
	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
	"github.com/sawhorse-dev/sawhorse/workspace/lazy"
)

const (
	lists   = "CMakeLists.txt"
	presets = "CMakePresets.json"
)

// Definition describes the integration.
func Definition() integrations.Definition {
	return integrations.Definition{
		Name: "cmake", Title: "CMake", Marks: []string{lists, presets}, Below: integrations.Outermost, Detect: detect, Parse: parse,
	}
}

var (
	project = lazy.Regexp(`(?im)^\s*project\s*\(\s*"?([^\s")]+)`)
	tested  = lazy.Regexp(`(?im)^\s*(?:enable_testing\s*\(|include\s*\(\s*CTest\b)`)
	word    = lazy.Regexp(`^[A-Za-z0-9][A-Za-z0-9_.-]*$`)
)

func detect(_ context.Context, dir string) ([]integrations.Evidence, error) {
	text, ok, err := declared.Read(dir, lists)
	name := project().FindSubmatch(text)
	if !ok || err != nil || name == nil { // without project() it is a part of another
		return nil, err
	}
	ev := integrations.Evidence{Where: lists, What: "CMake project " + string(name[1]), Usual: "cmake"}
	build := directory(dir)
	made := "cmake -S . -B " + build + " && cmake --build " + build
	if tested().Match(text) {
		ev.Units = append(ev.Units, config.Unit{
			Name: "test", Kind: config.Task, Run: made + " && ctest --test-dir " + build + " --output-on-failure", Description: "all tests, on save",
			Watch: &config.Watch{
				Paths:  []string{"**/*.{c,cc,cpp,cxx,h,hh,hpp,hxx,ipp}", "**/" + lists, "**/*.cmake"},
				Ignore: []string{build + "/**"},
			},
		})
	}
	ev.Units = append(ev.Units, config.Unit{Name: "build", Kind: config.Task, Run: made, Description: "configure and build"})
	found := []integrations.Evidence{ev}
	chosen, err := readPresets(dir)
	if chosen != nil {
		found = append(found, *chosen)
	}
	return found, err
}

// directory is where it is built already, or would be.
func directory(dir string) string {
	const usual = "build"
	for _, name := range [...]string{usual, "cmake-build-debug", "cmake-build-release"} {
		if declared.Has(dir, name+"/CMakeCache.txt") {
			return name
		}
	}
	return usual
}

// readPresets are the presets that are for people to choose.
func readPresets(dir string) (*integrations.Evidence, error) {
	text, ok, err := declared.Read(dir, presets)
	if !ok || err != nil {
		return nil, err
	}
	file, err := declared.JSON(presets, text)
	if err == nil && file.Kind != declared.Map {
		err = errors.New("it is not an object")
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", presets, err)
	}
	ev := integrations.Evidence{Where: presets}
	for _, kind := range [...]struct{ list, prefix, run string }{
		{"configurePresets", "configure:", "cmake --preset "},
		{"buildPresets", "build:", "cmake --build --preset "},
		{"testPresets", "test:", "ctest --preset "},
	} {
		for _, p := range file.Get(kind.list).Items {
			name := p.Get("name")
			if !word().MatchString(name.Text) || p.Get("hidden").Is() {
				continue
			}
			ev.Units = append(ev.Units, config.Unit{
				Name: kind.prefix + name.Text, Kind: config.Task, Run: kind.run + name.Text, Description: p.Get("displayName").Text,
				Pos: config.Position{File: presets, Line: name.Line},
			})
		}
	}
	ev.What = tasks.Counted(len(ev.Units), "preset")
	return &ev, nil
}
