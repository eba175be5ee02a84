import { expect, test } from 'vitest'
import { createLog } from './log.ts'

test('a flood is cut after 60 lines a minute, and its size is said in the next', () => {
  let now = 0
  const written: string[] = []
  const log = createLog(
    (text) => written.push(text),
    () => now,
  )
  for (let i = 0; i < 1000; i++) log('backend broke')
  expect(written).toHaveLength(60)
  now = 60_000
  log('calm again')
  expect(written.slice(60).join('')).toMatch(/940 more lines[\s\S]*calm again/)
})
