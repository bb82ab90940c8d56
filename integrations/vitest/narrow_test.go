package vitest

import (
	"testing"

	"github.com/sawhorse-dev/sawhorse/integrations/integrationtest"
)

func TestLessThanAllOfIt(t *testing.T) {
	integrationtest.JavaScript(t, Definition(), []integrationtest.Less{
		{Line: "vitest", Want: "vitest related --run src/cart.ts # the tests that reach 1 file"},
		{Line: "vitest run -c v.ts --bail=1 -t cart", Want: "vitest related --run -c v.ts --bail=1 -t cart src/cart.ts # the tests that reach 1 file"},
		{Line: "npx vitest --watch=false", Want: "vitest related --run src/cart.ts # the tests that reach 1 file"},
		{Line: "vitest run --coverage", Want: "its coverage is of all tests"},
		{Line: "vitest run src", Want: "its command names files itself"},
		{Line: "vitest bench", Want: "vitest bench chooses its tests itself"},
		{Line: "vitest --changed", Want: "vitest --changed chooses its tests itself"},
		{Line: "eslint ."},
	}, []integrationtest.Less{
		{Line: "vitest run --coverage -t old", Want: "vitest run --coverage src/cart.test.ts -t (^| )(adds up$) # 1 test"},
	}, []integrationtest.Less{
		{Line: "vitest", Want: "vitest run src/cart.test.ts # 1 file"},
	})
}
