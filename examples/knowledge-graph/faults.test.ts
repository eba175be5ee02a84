import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { startServer, temporaryFolder, temporaryGraph } from './fixtures.ts'
import { openDatabase } from './src/database.ts'
import { parseFault } from './src/faults.ts'

const v2 = (fault: string) => ({ GONOGO_VERSION: 'v2', FAULT: fault })

/** Asks until the answer is the wanted one; the test's own time-out is the limit. */
async function until(holds: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await holds())) await sleep(20)
}

async function statusOf(url: string): Promise<number> {
  const response = await fetch(url)
  await response.text()
  return response.status
}

test('errors: every answer is one, in version 2 only', async () => {
  const path = await temporaryGraph()
  const bad = await startServer(path, v2('errors'))
  const good = await startServer(path, { ...v2('errors'), GONOGO_VERSION: 'v1' })
  await until(async () => (await statusOf(`${bad.url}/entities/1`)) === 500)
  expect(await statusOf(`${bad.url}/health`)).toBe(500)
  expect(await statusOf(`${good.url}/entities/1`)).toBe(200)
})

test('a control file switches a fault on and off while it runs', async () => {
  const file = join(temporaryFolder(), 'fault')
  const { url } = await startServer(await temporaryGraph(), { GONOGO_VERSION: 'v2', FAULT_FILE: file })
  expect(await statusOf(`${url}/health`)).toBe(200)
  writeFileSync(file, 'errors\n')
  await until(async () => (await statusOf(`${url}/health`)) === 500)
  writeFileSync(file, 'none\n')
  await until(async () => (await statusOf(`${url}/health`)) === 200)
})

test('latency: answers take that much longer', async () => {
  const { url } = await startServer(await temporaryGraph(), v2('latency 150'))
  await until(async () => {
    const startedAt = performance.now()
    expect(await statusOf(`${url}/entities/1`)).toBe(200)
    return performance.now() - startedAt >= 150
  })
})

test('slower: answers take so many times as long', async () => {
  const file = join(temporaryFolder(), 'fault')
  const env = { GONOGO_VERSION: 'v2', FAULT_FILE: file, DEPENDENCY: '30' }
  const { url } = await startServer(await temporaryGraph(), env)
  const answeredMs = async (): Promise<number> => {
    const startedAt = performance.now()
    expect(await statusOf(`${url}/entities/1`)).toBe(200)
    return performance.now() - startedAt
  }
  expect(await answeredMs()).toBeLessThan(1000)
  writeFileSync(file, 'slower 100')
  await until(async () => (await answeredMs()) > 1000)
})

test('leak: memory in use grows', async () => {
  const { url } = await startServer(await temporaryGraph(), v2('leak 300'))
  const rssBytes = async () => ((await (await fetch(`${url}/metrics`)).json()) as { rssBytes: number }).rssBytes
  const before = await rssBytes()
  await until(async () => (await rssBytes()) > before + 60e6)
})

test('crash: the process is gone without a word', async () => {
  const { ended } = await startServer(await temporaryGraph(), { ...v2('crash'), FAULT_AFTER_MS: '100' })
  expect(await ended).toEqual([null, 'SIGKILL'])
})

test('corrupt: the integrity check finds it', async () => {
  const path = await temporaryGraph()
  const isSound = (pragma: 'integrity_check' | 'quick_check') => {
    using database = openDatabase(path, { readOnly: true })
    return database.prepare(`PRAGMA ${pragma}`).get()?.[pragma] === 'ok'
  }
  expect(isSound('integrity_check')).toBe(true)
  await startServer(path, v2('corrupt'))
  await until(() => !isSound('integrity_check'))
  expect(isSound('quick_check')).toBe(false)
})

test('faults are read strictly', () => {
  expect(parseFault('none')).toBeNull()
  expect(parseFault('')).toBeNull()
  expect(parseFault('errors')).toEqual({ kind: 'errors', amount: 1 })
  expect(parseFault('errors 0.25')).toEqual({ kind: 'errors', amount: 0.25 })
  expect(parseFault('latency:800')).toEqual({ kind: 'latency', amount: 800 })
  expect(parseFault('slower 1.25')).toEqual({ kind: 'slower', amount: 1.25 })
  for (const nonsense of ['error', 'latency soon', 'errors 1 2', 'errors -1'])
    expect(() => parseFault(nonsense)).toThrow('unknown fault')
})
