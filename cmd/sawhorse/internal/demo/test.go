package demo

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// test checks the rule in cart/total.rule against the cases in
// cart/cart_test.txt, and says what is wrong as a Go test would. The exit code
// is 1 when a case fails.
func (p Part) test(ctx context.Context) (int, error) {
	rules, err := readRules(filepath.FromSlash("cart/total.rule"))
	if err != nil {
		p.say("%v", err)
		p.say("FAIL\tcart [setup failed]")
		return 1, nil
	}
	cases, err := readCases(filepath.FromSlash("cart/cart_test.txt"))
	if err != nil {
		p.say("%v", err)
		return 1, nil
	}
	failed := 0
	for _, c := range cases {
		p.say("=== RUN   %s", c.name)
		if !pause(ctx, p.pace(120*time.Millisecond)) {
			return 1, nil
		}
		rule, ok := rules[c.rule]
		got, err := 0.0, error(nil)
		switch {
		case !ok:
			err = fmt.Errorf("there is no rule %q", c.rule)
		default:
			got, err = evaluate(rule.text, c.given)
		}
		if err == nil && got == c.want {
			p.say("--- PASS: %s (0.12s)", c.name)
			continue
		}
		failed++
		if err != nil {
			p.say("    %s:%d: %v", c.file, c.line, err)
		} else {
			p.say("    %s:%d: want %g, got %g from %s = %s", c.file, c.line, c.want, got, c.rule, rule.text)
			p.say("        (-want +got)\n        - %[1]s = %[2]g\n        + %[1]s = %[3]g", c.rule, c.want, got)
			p.say("        cart/total.rule:%d: the rule", rule.line)
		}
		p.say("--- FAIL: %s (0.12s)", c.name)
	}
	if failed > 0 {
		p.say("FAIL\nFAIL\tcart\t%.3fs", 0.12*float64(len(cases)))
		return 1, nil
	}
	p.say("PASS\nok  \tcart\t%.3fs", 0.12*float64(len(cases)))
	return 0, nil
}

type rule struct {
	text string
	line int
}

// readRules reads lines "NAME = FORMULA"; # begins a comment.
func readRules(file string) (map[string]rule, error) {
	rules := map[string]rule{}
	err := eachLine(file, func(n int, line string) error {
		name, formula, ok := strings.Cut(line, "=")
		if !ok {
			return fmt.Errorf("%s:%d: a rule is NAME = FORMULA", filepath.ToSlash(file), n)
		}
		rules[strings.TrimSpace(name)] = rule{strings.TrimSpace(formula), n}
		return nil
	})
	return rules, err
}

type testCase struct {
	name, rule, file string
	line             int
	given            map[string]float64
	want             float64
}

// readCases reads lines "TestName  rule  key=1 key=2  want=3".
func readCases(file string) ([]testCase, error) {
	var cases []testCase
	err := eachLine(file, func(n int, line string) error {
		words := strings.Fields(line)
		at := fmt.Sprintf("%s:%d", filepath.ToSlash(file), n)
		if len(words) < 3 {
			return fmt.Errorf("%s: a case is NAME RULE key=value... want=value", at)
		}
		c := testCase{name: words[0], rule: words[1], file: filepath.ToSlash(file), line: n, given: map[string]float64{}}
		for _, w := range words[2:] {
			key, text, _ := strings.Cut(w, "=")
			v, err := strconv.ParseFloat(text, 64)
			if err != nil {
				return fmt.Errorf("%s: %q is not a number", at, text)
			}
			if key == "want" {
				c.want = v
			} else {
				c.given[key] = v
			}
		}
		cases = append(cases, c)
		return nil
	})
	return cases, err
}

func eachLine(file string, f func(n int, line string) error) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	for i, line := range strings.Split(string(text), "\n") {
		line, _, _ = strings.Cut(line, "#")
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		if err := f(i+1, line); err != nil {
			return err
		}
	}
	return nil
}
