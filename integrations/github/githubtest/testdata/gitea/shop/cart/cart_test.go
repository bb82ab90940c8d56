package cart

import "testing"

func TestDiscount(t *testing.T) { t.Error("want 32, got 40") }
