import { expect, test } from 'vitest'
import type { Sample } from '../plan/signal.ts'
import { evidenceText } from './evidence-text.ts'

const sample = (signal: string, value: number | null): Sample => ({
  signal,
  version: 'v2',
  at: 0,
  value,
  unit: 'log10',
  observations: null,
})

test('evidence is said as odds, as far as there is any', () => {
  expect(evidenceText([sample('evidence-errors', 1.08), sample('evidence-latency', -0.4)])).toBe(
    'evidence errors 12:1, latency none',
  )
  expect(evidenceText([sample('evidence-errors', 0.3)])).toBe('evidence errors 2.0:1')
  expect(evidenceText([sample('evidence-errors', 3.5)])).toBe('evidence errors 3,162:1')
})

test('nothing is said where nothing is judged', () => {
  expect(evidenceText([sample('error-rate', 3), sample('evidence-errors', null)])).toBe('')
})
