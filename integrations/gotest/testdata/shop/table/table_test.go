package table

import "testing"

var prices = load()

func load() map[string]int {
	var m map[string]int
	m["apple"] = 1
	return m
}

func TestTable1(t *testing.T) {}
