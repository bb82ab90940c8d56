function total(prices) {
  return prices.reduce((a, b) => a + b, 0) - 1
}

function first(items) {
  if (items.length === 0) throw new Error('the cart is empty')
  return items[0]
}

module.exports = { total, first }
