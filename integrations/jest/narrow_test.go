package jest

import (
	"testing"

	"github.com/sawhorse-dev/sawhorse/integrations/integrationtest"
)

func TestLessThanAllOfIt(t *testing.T) {
	integrationtest.JavaScript(t, Definition(), []integrationtest.Less{
		{Line: "jest", Want: "jest --passWithNoTests --findRelatedTests src/cart.ts # the tests that reach 1 file"},
		{Line: "jest -c j.js --ci -t cart", Want: "jest -c j.js --ci -t cart --passWithNoTests --findRelatedTests src/cart.ts # the tests that reach 1 file"},
		{Line: "npx jest --watch=false", Want: "jest --watch=false --passWithNoTests --findRelatedTests src/cart.ts # the tests that reach 1 file"},
		{Line: "jest --coverage", Want: "its coverage is of all tests"},
		{Line: "jest src", Want: "its command names files itself"},
		{Line: "jest --watchAll", Want: "jest --watchAll chooses its tests itself"},
		{Line: "eslint ."},
	}, []integrationtest.Less{
		{Line: "jest --coverage -t old", Want: "jest --coverage -t (^| )(adds up$) --runTestsByPath src/cart.test.ts # 1 test"},
	}, []integrationtest.Less{
		{Line: "jest", Want: "jest --runTestsByPath src/cart.test.ts # 1 file"},
	})
}
