import { expect, onTestFinished, test, vi } from 'vitest'
import { Deadlines, Expiring } from './deadlines.ts'

class Waiting extends Expiring {
  expired = false
  readonly expiresAt: number

  constructor(inMs: number) {
    super()
    this.expiresAt = performance.now() + inMs
  }

  expire(): void {
    this.expired = true
  }
}

function start(): Deadlines<Waiting> {
  const deadlines = new Deadlines<Waiting>()
  onTestFinished(() => deadlines.close())
  return deadlines
}

test('items leave from anywhere in the list, and the rest keeps its order', () => {
  const deadlines = start()
  const [a, b, c, d] = Array.from({ length: 4 }, () => new Waiting(60_000)) as [Waiting, Waiting, Waiting, Waiting]
  for (const item of [a, b, c, d]) deadlines.add(item)
  deadlines.delete(b)
  deadlines.delete(b)
  deadlines.delete(d)
  deadlines.add(b)
  deadlines.delete(a)
  expect(deadlines.size).toBe(2)
  expect(deadlines.takeAll()).toEqual([c, b])
  deadlines.delete(c)
  expect([deadlines.size, deadlines.takeAll()]).toEqual([0, []])
})

test('what has run out is told once and waits no longer; what has not goes on waiting', async () => {
  const deadlines = start()
  const [soon, never, late] = [new Waiting(0), new Waiting(0), new Waiting(60_000)]
  for (const item of [soon, never, late]) deadlines.add(item)
  deadlines.delete(never)
  await vi.waitUntil(() => soon.expired)
  expect([never.expired, late.expired, deadlines.size]).toEqual([false, false, 1])
})
