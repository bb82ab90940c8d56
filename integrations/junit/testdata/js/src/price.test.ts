import { expect, test } from 'vitest'

test('a price', () => {
  expect(1).toBe(1)
})
