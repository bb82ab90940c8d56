package tasks

import "testing"

func TestAWholePackageIsCalledOne(t *testing.T) {
	for _, c := range []struct {
		of   TestResult
		want string
	}{
		{TestResult{Suite: "cart", Name: WholeFile}, "(package)"},
		{TestResult{Suite: "src/cart.test.ts", Name: WholeFile}, "(file)"},
		{TestResult{Suite: "cart", Name: "TestTotal"}, "TestTotal"},
	} {
		if got := c.of.Shown(); got != c.want {
			t.Errorf("%+v is called %q", c.of, got)
		}
	}
}
