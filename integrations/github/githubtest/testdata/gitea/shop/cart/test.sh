echo "--- FAIL: TestDiscount (0.12s)"
echo "    cart/cart_test.go:5: want 32, got 40"
echo "FAIL"
echo "FAIL	shop/cart	0.2s"
cat >cart/junit.xml <<'END'
<testsuites><testsuite name="cart">
<testcase classname="cart" name="TestDiscount" time="0.12"><failure message="want 32, got 40">cart/cart_test.go:5: want 32, got 40</failure></testcase>
<testcase classname="cart" name="TestTotal" time="0.01"/>
</testsuite></testsuites>
END
echo "::error file=cart/cart_test.go,line=5::the discount is wrong"
exit 1
