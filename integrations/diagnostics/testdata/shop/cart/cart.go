package cart

import (
	"fmt"
	"os"
)

func Total() {
	os.Remove("x")
	fmt.Printf("%d\n", "x")
}
