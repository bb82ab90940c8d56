import { describe, expect, it, test } from 'vitest'
import { first, total } from './cart'

describe('cart', () => {
  it('adds up', () => {
    console.log('three prices')
    expect(total([1, 2, 3])).toBe(6)
  })
  it('has a first item', () => {
    expect(first([{ name: 'apple', count: 1 }])).toEqual({ name: 'pear', count: 1, weight: 3 })
  })
  describe('when empty', () => {
    it('has none', () => {
      first([])
    })
  })
  it('is fine', () => {
    expect(total([1])).toBe(0)
  })
  it.skip('is skipped', () => {})
  it.todo('is written later')
})

test('waits', async () => {
  await new Promise((resolve) => setTimeout(resolve, 400))
}, 100)
