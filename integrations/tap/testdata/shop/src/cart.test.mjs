import { describe, it, test } from 'node:test'
import assert from 'node:assert/strict'

function first(items) {
  if (items.length === 0) throw new Error('the cart is empty')
  return items[0]
}

describe('cart', () => {
  it('adds up', () => {
    console.log('three prices')
    assert.equal(1 + 2, 4)
  })
  it('has a first item', () => {
    assert.deepEqual({ name: 'apple', count: 1 }, { name: 'pear', count: 1 })
  })
  describe('when empty', () => {
    it('has none', () => {
      first([])
    })
  })
  it('is fine', () => {})
  it.skip('is skipped', () => {})
  it.todo('is written later')
})

test('fails alone', () => {
  assert.ok(false, 'nothing is there')
})
