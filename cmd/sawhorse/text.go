package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/sawhorse-dev/sawhorse/tui/screen"
)

// age is how long ago something was, as a person says it.
func age(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return screen.Short(time.Since(t))
}

func number(n int) string {
	if n == 0 {
		return "-"
	}
	return fmt.Sprint(n)
}

func portList(ports map[string]int) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(ports)) {
		parts = append(parts, fmt.Sprintf("%s:%d", name, ports[name]))
	}
	if len(parts) == 0 {
		return "-"
	}
	return strings.Join(parts, " ")
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}
