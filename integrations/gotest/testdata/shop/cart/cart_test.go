package cart

import (
	"fmt"
	"testing"
	"time"
)

func TestTotal(t *testing.T) {
	t.Log("three prices")
	if got := Total([]int{1, 2}); got != 4 {
		t.Errorf("want 4, got %d", got)
	}
}

func TestPasses(t *testing.T) { t.Log("fine") }

func TestSkipped(t *testing.T) { t.Skip("not today") }

func TestTable(t *testing.T) {
	for _, name := range []string{"empty", "one item", "two"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if name == "two" {
				t.Fatal("want two")
			}
			time.Sleep(time.Millisecond)
			t.Log("item", name)
		})
	}
}

func ExampleTotal() {
	fmt.Println(Total([]int{1, 2}))
	// Output: 4
}
