const assert = require('node:assert')
const cart = require('../cart')

it('stands alone', () => {})

describe('cart', () => {
  it('adds up', () => assert.strictEqual(cart.total([1, 2]), 3))

  it('is empty', () => {
    assert.strictEqual(cart.total([]), 1)
  })

  it('waits', (done) => setTimeout(done, 60)) // slow enough to be measured

  it('is written later')
  it.skip('is left out', () => {})

  describe('with a discount', () => {
    it('says who', () => {
      console.log('  printed by the test')
      assert.deepStrictEqual({ who: 'ada', items: [1, 2, 3] }, { who: 'bob', items: [1, 3] })
    })
    it('breaks: badly', () => {
      cart.first([])
    })
  })
})

describe('hooks', () => {
  beforeEach(() => {
    throw new Error('no database\nis it up?')
  })
  it('never runs', () => {})
})

describe('slow', () => {
  it('takes too long', function (done) {
    this.timeout(20)
  })
})
