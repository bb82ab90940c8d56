const { nothing } = require('./nothing')

test('never', () => { nothing() })
