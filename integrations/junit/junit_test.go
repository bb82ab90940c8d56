package junit

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/integrations/integrationtest"
)

// readFile gives a recorded document to the reader of files.
func readFile(t *testing.T, name, dir string) *integrationtest.Found {
	t.Helper()
	root := integrationtest.Root(t, "testdata/"+dir)
	found := &integrationtest.Found{}
	if !Definition().File(integrationtest.Task(root, ""), []byte(strings.Join(integrationtest.Lines(t, "testdata/"+name, root), "\n")), found) {
		t.Errorf("%s is not read", name)
	}
	return found
}

func TestTestsAreNamedAsInTheOutputOfTheirRunners(t *testing.T) {
	root := integrationtest.Root(t, "testdata/js")
	for _, c := range []struct {
		file, dir string
		want      []string
	}{
		{"pytest.xml", "py", []string{
			"failed test_cart.py TestLabel::test_label test_cart.py:10 AssertionError: assert 'cart of ann' == 'cart of bob'",
			"failed test_cart.py TestLabel::test_param[a::b] test_cart.py:14 AssertionError: assert 'cart of a::b' == 'x'",
			"failed test_cart.py TestLabel::test_param[c[d]] test_cart.py:14 AssertionError: assert 'cart of c[d]' == 'x'",
			"failed test_cart.py test_items test_cart.py:17 AssertionError: assert {'apple': 1, ... 'plum': None} == {'apple': 1, ... 'plum': None}",
			"failed test_cart.py test_lines test_cart.py:23 AssertionError: assert 'a\\nb\\nc' == 'a\\nx\\nc'",
			"failed test_cart.py test_lists test_cart.py:20 assert [1, 2, 3] == [1, 3]",
			"failed test_cart.py test_total test_cart.py:6 assert 5 == 6",
			"passed test_cart.py test_passes",
		}},
		{"vitest.xml", "js", []string{
			"failed src/broken.test.ts (file) src/broken.test.ts:1:1 Error: Cannot find module './nothing' imported from " + root + "/src/broken.test.ts",
			"failed src/cart.test.ts cart > adds up src/cart.test.ts:7:30 AssertionError: expected 5 to be 6",
			"failed src/cart.test.ts cart > has a first item src/cart.test.ts:10:50 AssertionError: expected { name: 'apple', count: 1 } to deeply equal { name: 'pear', count: 1, weight: 3 }",
			"failed src/cart.test.ts cart > when empty > has none src/cart.ts:8:33 Error: the cart is empty",
			"failed src/cart.test.ts waits src/cart.test.ts:24:1 Error: Test timed out in 100ms.",
			"passed src/cart.test.ts cart > is fine",
			"passed src/price.test.ts a price",
			"skipped src/cart.test.ts cart > is skipped",
			"skipped src/cart.test.ts cart > is written later",
		}},
		{"nextest.xml", "rs", []string{
			"failed shop tests::adds_up src/lib.rs:24:9 assertion `left == right` failed left: 5 right: 6",
			"failed shop tests::has_a_first src/lib.rs:29:9 assertion `left == right` failed: first of 1 left: \"apple\" right: \"pear\"",
			"failed shop tests::should_panic src/lib.rs:12:9 the cart is empty",
			"failed shop tests::when_empty::errs  Error: \"no such item\"",
			"failed shop tests::when_empty::has_none src/lib.rs:12:9 the cart is empty",
			"failed shop::whole fails_too tests/whole.rs:8:5 want two",
			"passed shop tests::is_fine",
			"passed shop::whole a_price",
		}},
	} {
		rows := readFile(t, c.file, c.dir).Rows()
		slices.Sort(rows)
		if diff := cmp.Diff(c.want, rows); diff != "" {
			t.Errorf("%s: %s", c.file, diff)
		}
	}
}

const surefire = `<?xml version="1.0" encoding="UTF-8"?>
<testsuite name="com.shop.CartTest" tests="3">
  <properties><property name="java.version" value="21"/></properties>
  <testcase name="addsUp" classname="com.shop.CartTest" time="1,204.5">
    <failure message="expected: &lt;6&gt; but was: &lt;5&gt;" type="org.opentest4j.AssertionFailedError"><![CDATA[org.opentest4j.AssertionFailedError: expected
	at org.junit.jupiter.api.AssertionUtils.fail(AssertionUtils.java:55)
	at com.shop.CartTest.addsUp(CartTest.java:12)]]></failure>
  </testcase>
  <testcase name="waits" classname="com.shop.CartTest"><skipped message="later"/></testcase>
  <testcase name="flaky" classname="com.shop.CartTest"><flakyFailure message="boom"/></testcase>
</testsuite>`

func TestOtherRunnersAreReadToo(t *testing.T) {
	want := []string{
		"failed com.shop.CartTest addsUp src/test/java/com/shop/CartTest.java:12 expected: <6> but was: <5>",
		"skipped com.shop.CartTest waits  later",
		"passed com.shop.CartTest flaky",
	}
	root := integrationtest.Root(t, "testdata/jvm")
	found := integrationtest.Read(Definition(), integrationtest.Task(root, ""), strings.Split("building\n"+surefire+"\ndone", "\n"))
	if diff := cmp.Diff(want, found.Rows()); diff != "" {
		t.Error(diff)
	}
	if found.Tests[0].Duration.Seconds() != 1204.5 {
		t.Errorf("it took %v", found.Tests[0].Duration)
	}
	if len(found.Own) != len(strings.Split(surefire, "\n")) {
		t.Errorf("its own are %q", found.Own)
	}

	root = integrationtest.Root(t, "testdata/go")
	goTest := `<testsuites><testsuite name="example.com/shop/cart">
<testcase classname="example.com/shop/cart" name="TestTotal/two"><failure message="Failed">=== RUN   TestTotal/two
    cart_test.go:7: want 4, got 3
--- FAIL: TestTotal/two (0.00s)
</failure></testcase></testsuite></testsuites>`
	want = []string{"failed cart TestTotal/two cart/cart_test.go:7 want 4, got 3"}
	if diff := cmp.Diff(want, integrationtest.Read(Definition(), integrationtest.Task(root, ""), strings.Split(goTest, "\n")).Rows()); diff != "" {
		t.Error(diff)
	}
}

func TestOnlyJUnitIsRead(t *testing.T) {
	for _, other := range []string{"", "text", "{}", "<html><body/></html>", `<?xml version="1.0"?><coverage/>`} {
		if Definition().File(integrationtest.Task(t.TempDir(), ""), []byte(other), &integrationtest.Found{}) {
			t.Errorf("%q is read", other)
		}
	}
	found := &integrationtest.Found{}
	if !Definition().File(integrationtest.Task(t.TempDir(), ""), []byte(surefire[:len(surefire)/2]), found) || len(found.Tests) != 0 {
		t.Errorf("of a document that is cut off: %q", found.Rows())
	}
}

func TestTheContractHolds(t *testing.T) {
	integrationtest.Contract(t, Definition(), strings.Split(surefire, "\n")...)
}

func FuzzAnyDocumentIsSurvived(f *testing.F) {
	root := integrationtest.Root(f, "testdata/py")
	for _, file := range []string{"testdata/pytest.xml", "testdata/vitest.xml", "testdata/nextest.xml"} {
		f.Add(strings.Join(integrationtest.Lines(f, file, root), "\n"))
	}
	f.Add(surefire)
	f.Fuzz(func(t *testing.T, text string) {
		found := &integrationtest.Found{}
		Definition().File(integrationtest.Task(root, ""), []byte(text), found)
		for _, r := range append(found.Tests, integrationtest.Read(Definition(), integrationtest.Task(root, ""), strings.Split(text, "\n")).Tests...) {
			if r.Name == "" || r.Status == "" {
				t.Fatalf("a test without a name or a status: %+v", r)
			}
		}
	})
}
