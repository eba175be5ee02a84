import { expect, it, onTestFinished, vi } from 'vitest'
import type { Capacity } from '../../targets/target.ts'
import { startCapacityWatch } from './capacity-watch.ts'
import { capacityInWords, instancesFor, isGone } from './capacity.ts'

it('tells none from some', () => {
  expect(isGone({ healthy: 0, wanted: 2 })).toBe(true)
  expect(isGone({ healthy: 1, wanted: 2 })).toBe(false)
  expect(isGone({ healthy: 2, wanted: 2 })).toBe(false)
  expect(isGone({ healthy: 0, wanted: 0 })).toBe(false)
  expect(capacityInWords({ healthy: 1, wanted: 2 })).toBe('1 of 2 instances ready')
  expect(capacityInWords({ healthy: 0, wanted: 0 })).toBe('ready')
})

it('a batch is at least one instance, and the last is all of them', () => {
  expect([0, 10, 25, 50, 75, 100].map((percent) => instancesFor(percent, 4))).toEqual([0, 1, 1, 2, 3, 4])
  expect(instancesFor(33, 1)).toBe(1)
})

it('says once that the way back is weak, and again when it becomes so again', async () => {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  const stop = new AbortController()
  const now: { capacity: Capacity | null | Error } = { capacity: { healthy: 2, wanted: 2 } }
  const told: string[] = []
  const watch = startCapacityWatch({
    ready: async () => {
      if (now.capacity instanceof Error) throw now.capacity
      return now.capacity
    },
    expectedLess: () => 0,
    onShort: (words) => void told.push(words),
    signal: stop.signal,
  })
  const see = async (capacity: typeof now.capacity): Promise<void> => {
    now.capacity = capacity
    await vi.advanceTimersByTimeAsync(1000)
  }
  await see({ healthy: 2, wanted: 2 })
  expect(told).toEqual([])
  await see({ healthy: 0, wanted: 2 })
  await see({ healthy: 0, wanted: 2 })
  expect(told).toEqual(['0 of 2 instances ready'])
  expect(watch.last()).toEqual({ healthy: 0, wanted: 2 })
  await see({ healthy: 2, wanted: 2 })
  await see({ healthy: 1, wanted: 2 })
  expect(told).toHaveLength(2)
  await see(new Error('the cluster does not answer'))
  expect(watch.last()).toBeNull()
  stop.abort()
})
