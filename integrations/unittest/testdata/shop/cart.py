def total(prices):
    return sum(prices)


def first(prices):
    return prices[0]
