package cart

// Total is what is paid.
func Total(prices []int) int {
	sum := 0
	for i := 0; i < len(prices); i++ {
		sum += prices[i]
	}
	return sum
}

// First is the first price.
func First(prices []int) int {
	return prices[0]
}
