package basket

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

type item struct {
	Name  string
	Count int
}

func TestItems(t *testing.T) {
	want := []item{{"apple", 1}, {"pear", 2}}
	got := []item{{"apple", 1}, {"plum", 2}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("items differ (-want +got):\n%s", diff)
	}
}

func TestFlipped(t *testing.T) {
	t.Run("names", func(t *testing.T) {
		if diff := cmp.Diff("plum", "pear"); diff != "" {
			t.Errorf("mismatch (-got +want):\n%s", diff)
		}
		t.Log("after it")
	})
}

func TestFirst(t *testing.T) {
	t.Parallel()
	for i := range 3 {
		fmt.Println("first", i)
		t.Log("first step", i)
	}
	t.Error("first failed")
}

func TestSecond(t *testing.T) {
	t.Parallel()
	for i := range 3 {
		fmt.Println("second", i)
		t.Log("second step", i)
	}
	t.Error("second failed")
}

func Example_items() {
	fmt.Println("apple")
	fmt.Println("plum")
	// Output:
	// apple
	// pear
}
