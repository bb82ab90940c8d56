package demo

import (
	"fmt"
	"strconv"
	"strings"
)

// evaluate computes a formula of + - * /, brackets, numbers and names.
func evaluate(formula string, given map[string]float64) (float64, error) {
	f := &formulaReader{words: split(formula), given: given}
	v, err := f.sum()
	if err == nil && f.at < len(f.words) {
		err = fmt.Errorf("%q is not expected here", f.words[f.at])
	}
	return v, err
}

func split(formula string) []string {
	for _, op := range []string{"+", "-", "*", "/", "(", ")"} {
		formula = strings.ReplaceAll(formula, op, " "+op+" ")
	}
	return strings.Fields(formula)
}

type formulaReader struct {
	words []string
	at    int
	given map[string]float64
}

func (f *formulaReader) next(ops string) string {
	if f.at < len(f.words) && len(f.words[f.at]) == 1 && strings.Contains(ops, f.words[f.at]) {
		f.at++
		return f.words[f.at-1]
	}
	return ""
}

func (f *formulaReader) sum() (float64, error) {
	v, err := f.product()
	for err == nil {
		op := f.next("+-")
		if op == "" {
			return v, nil
		}
		var w float64
		w, err = f.product()
		if op == "-" {
			w = -w
		}
		v += w
	}
	return 0, err
}

func (f *formulaReader) product() (float64, error) {
	v, err := f.operand()
	for err == nil {
		op := f.next("*/")
		if op == "" {
			return v, nil
		}
		var w float64
		if w, err = f.operand(); err != nil {
			break
		}
		if op == "/" {
			if w == 0 {
				return 0, fmt.Errorf("division by zero")
			}
			v /= w
		} else {
			v *= w
		}
	}
	return 0, err
}

func (f *formulaReader) operand() (float64, error) {
	if f.at >= len(f.words) {
		return 0, fmt.Errorf("the formula ends too early")
	}
	if f.next("-") != "" {
		v, err := f.operand()
		return -v, err
	}
	if f.next("(") != "" {
		v, err := f.sum()
		if err == nil && f.next(")") == "" {
			err = fmt.Errorf("a bracket is not closed")
		}
		return v, err
	}
	word := f.words[f.at]
	f.at++
	if v, ok := f.given[word]; ok {
		return v, nil
	}
	v, err := strconv.ParseFloat(word, 64)
	if err != nil {
		return 0, fmt.Errorf("%q has no value", word)
	}
	return v, nil
}
