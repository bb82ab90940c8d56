package lint

import "fmt"

// F prints.
func F() { fmt.Printf("%d\n", "x") }
