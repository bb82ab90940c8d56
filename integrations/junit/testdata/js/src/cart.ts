export interface Item { name: string; count: number }

export function total(prices: number[]): number {
  return prices.reduce((a, b) => a + b, 0) - 1
}

export function first(items: Item[]): Item {
  if (items.length === 0) throw new Error('the cart is empty')
  return items[0]
}
