package demo

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestFormulasAreComputed(t *testing.T) {
	given := map[string]float64{"price": 12, "quantity": 3, "discount": 4}
	for formula, want := range map[string]float64{
		"price * quantity - discount":   32,
		"price*(quantity-1)/2":          12,
		"-discount + 10":                6,
		"price - quantity - discount":   5,
		"2 * (discount + (quantity))*1": 14,
	} {
		if got, err := evaluate(formula, given); err != nil || got != want {
			t.Errorf("%s = %v, %v; want %v", formula, got, err, want)
		}
	}
}

func TestBadFormulasSayWhy(t *testing.T) {
	for formula, part := range map[string]string{
		"price *":    "ends too early",
		"cost":       `"cost" has no value`,
		"(1 + 2":     "not closed",
		"1 / 0":      "division by zero",
		"1 2":        "not expected",
		"price + *2": "has no value",
	} {
		if _, err := evaluate(formula, map[string]float64{"price": 1}); err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%s: got %v, want %q", formula, err, part)
		}
	}
}

// inExample runs a part in a directory with the example's files.
func inExample(t *testing.T, part string, env map[string]string) (string, int) {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("..", "..", "demo"))); err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	if rule := env["rule"]; rule != "" {
		if err := os.WriteFile(filepath.Join("cart", "total.rule"), []byte(rule), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var out bytes.Buffer
	code, err := Run(t.Context(), part, Part{Out: &out, Getenv: func(k string) string {
		if k == "DEMO_PACE" {
			return "1000"
		}
		return env[k]
	}})
	if err != nil {
		t.Fatal(err)
	}
	return out.String(), code
}

func TestTheExamplesTestFailsAtItsLine(t *testing.T) {
	out, code := inExample(t, "test", nil)
	if code != 1 || !strings.Contains(out, "cart/cart_test.txt:4: want 32, got 40") || strings.Count(out, "--- FAIL") != 1 {
		t.Fatalf("exit %d:\n%s", code, out)
	}
}

func TestTheExamplesTestPassesWhenTheRuleIsMended(t *testing.T) {
	out, code := inExample(t, "test", map[string]string{"rule": "subtotal = price*quantity\ntotal = price * quantity - discount\n"})
	if code != 0 || strings.Count(out, "--- PASS") != 3 {
		t.Fatalf("exit %d:\n%s", code, out)
	}
}

func TestTrainingLowersTheLoss(t *testing.T) {
	m := newModel(1)
	first, _ := m.step(0.1)
	last := first
	for range 300 {
		last, _ = m.step(0.1)
	}
	if last >= first/2 {
		t.Fatalf("loss went from %.3f to %.3f", first, last)
	}
}

func TestTheWorkerFailsInTheEnd(t *testing.T) {
	out, code := inExample(t, "worker", nil)
	if code != 2 || !strings.Contains(out, "goroutine 17") {
		t.Fatalf("exit %d:\n%s", code, out)
	}
}
