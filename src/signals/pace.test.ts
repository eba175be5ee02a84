import { expect, it } from 'vitest'
import { createPace } from './pace.ts'

it('is not known before anybody was heard twice', () => {
  const pace = createPace()
  expect(pace.intervalMs()).toBeNull()
  pace.hear('a', [1000])
  expect(pace.intervalMs()).toBeNull()
  pace.hear('a', [])
  pace.hear('a', [2000])
  expect(pace.intervalMs()).toBe(1000)
})

it('is that of whoever speaks least often, of those who still speak', () => {
  const pace = createPace()
  pace.hear('slow', [0, 30_000, 60_000])
  pace.hear('fast', [0, 1000, 2000])
  expect(pace.intervalMs()).toBe(30_000)
  pace.hear('fast', [399_000, 400_000])
  expect(pace.intervalMs()).toBe(1000)
})

it('is learned anew, and not from one word that was missed or came out of turn', () => {
  const pace = createPace()
  pace.hear('a', [0, 1000, 2000, 9000, 10_000, 10_100, 11_000])
  expect(pace.intervalMs()).toBe(1000)
  for (let atMs = 16_000; atMs < 60_000; atMs += 5000) pace.hear('a', [atMs])
  expect(pace.intervalMs()).toBe(5000)
})
