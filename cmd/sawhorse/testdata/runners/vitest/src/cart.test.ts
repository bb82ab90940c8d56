import { describe, expect, it } from 'vitest'
import { total } from './cart'

describe('cart', () => {
  it('adds up', () => {
    expect(total([1, 2, 3])).toBe(6)
  })
})
