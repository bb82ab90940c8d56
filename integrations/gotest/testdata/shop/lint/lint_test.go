package lint

import "testing"

func TestF(t *testing.T) { F() }
