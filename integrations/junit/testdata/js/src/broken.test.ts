import { nothing } from './nothing'
import { test } from 'vitest'

test('never', () => { nothing() })
