test('a price', () => {
  expect(1).toBe(1)
})
