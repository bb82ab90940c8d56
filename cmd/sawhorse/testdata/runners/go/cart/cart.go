// Package cart adds up.
package cart

// Total is the sum of all prices.
func Total(prices ...int) int {
	sum := 0
	for _, price := range prices {
		sum += price
	}
	return sum
}
