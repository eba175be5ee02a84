import { expect, test } from 'vitest'
import { startServer, temporaryGraph } from './fixtures.ts'
import { startTraffic } from './traffic.ts'

test('users read, search and write, and what failed is told by version', async () => {
  const path = await temporaryGraph()
  const good = await startServer(path)
  const options = { requestsPerSecond: 200, connections: 6, durationMs: 500 }
  const served = await startTraffic({ ...options, url: good.url }).finished
  expect(served).toMatchObject({ failed: 0, lastFailureAt: null })
  expect(served.byVersion).toEqual({ v1: { answered: served.requests, failed: 0 } })
  const metrics = (await (await fetch(`${good.url}/metrics`)).json()) as { requests: number }
  expect(metrics.requests).toBe(served.requests + 1)

  const bad = await startServer(path, { GONOGO_VERSION: 'v2', FAULT: 'errors' })
  const failed = await startTraffic({ ...options, url: bad.url }).finished
  expect(failed.byVersion.v2?.failed).toBe(failed.failed)
  expect(failed.failed).toBeGreaterThan(0)
  expect(failed.lastFailureAt).not.toBeNull()
})
