package sum

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestSum(t *testing.T) {
	t.Log("adding")
	assert.Equal(t, 3, 4, "sums differ")
	check(t, "b")
}

func check(t *testing.T, s string) {
	assert.Equal(t, "a", s)
}
