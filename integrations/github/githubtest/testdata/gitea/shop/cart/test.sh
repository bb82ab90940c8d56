echo "--- FAIL: TestDiscount (0.12s)"
echo "    cart/cart_test.go:5: want 32, got 40"
echo "FAIL"
echo "FAIL	shop/cart	0.2s"
echo "::error file=cart/cart_test.go,line=5::the discount is wrong"
exit 1
