package setup

import (
	"fmt"
	"os"
	"testing"
)

func TestMain(m *testing.M) {
	fmt.Println("no database at 127.0.0.1:5432")
	os.Exit(3)
}

func TestSetUp(t *testing.T) {}
