package all

import (
	"os"
	"strings"
	"testing"
)

func TestTheReadmeListsEveryIntegration(t *testing.T) {
	text, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range Definitions() {
		if !strings.Contains(string(text), "| `"+d.Name+"` |") {
			t.Errorf("README.md has no line for %s", d.Name)
		}
	}
}
