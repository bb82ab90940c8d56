exports.total = (prices) => prices.reduce((sum, p) => sum + p, 0)
exports.first = (prices) => prices[0].name
