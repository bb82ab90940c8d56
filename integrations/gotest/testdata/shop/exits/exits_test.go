package exits

import (
	"log"
	"testing"
)

func TestStays(t *testing.T) {}

func TestExits(t *testing.T) {
	log.SetFlags(0)
	log.Fatal("no prices")
}
