import { describe, expect, it } from 'vitest'
import { checkedRelease } from './checked.fixture.ts'
import type { CheckedRelease } from './checked.ts'
import { renderSarif } from './sarif.ts'

interface Result {
  ruleId: string
  ruleIndex: number
  kind: string
  level: string
  message: { text: string }
  locations: { physicalLocation: { artifactLocation: { uri: string }; region: { startLine: number } } }[]
  fingerprints: Record<string, string>
  partialFingerprints: { primaryLocationLineHash: string }
}

interface Log {
  $schema: string
  version: string
  runs: {
    tool: { driver: { name: string; rules: { id: string; shortDescription: { text: string } }[] } }
    invocations: Record<string, unknown>[]
    results: Result[]
  }[]
}

function run(change: Partial<CheckedRelease> = {}): Log['runs'][number] {
  const log = JSON.parse(renderSarif(checkedRelease(change))) as Log
  expect(log).toMatchObject({ $schema: expect.stringContaining('sarif-2.1.0'), version: '2.1.0' })
  expect(log.runs).toHaveLength(1)
  return log.runs[0] as Log['runs'][number]
}

describe('SARIF', () => {
  it('has a rule for each kind that was used and for whatever else was found, and every result names its rule', () => {
    const { tool, results } = run()
    const ids = tool.driver.rules.map(({ id }) => id)
    expect(ids).toEqual(['disk', 'http', 'unbound', 'guard'])
    for (const { ruleId, ruleIndex } of results) expect(ids[ruleIndex]).toBe(ruleId)
    expect(run({ unbound: [], blindGuards: [] }).tool.driver.rules.map(({ id }) => id)).toEqual(['disk', 'http'])
  })

  it('has an error for what failed, a warning for what is not verified, information for what was skipped, nothing for what passed', () => {
    const found = run().results.map(({ level, kind, fingerprints, locations }) => [
      level,
      kind,
      fingerprints['gonogo/item/v1'],
      locations[0]?.physicalLocation.region.startLine,
    ])
    expect(found).toEqual([
      ['error', 'fail', 'before/health-9xqe', 14],
      ['warning', 'fail', 'before/scan-p2xv', 15],
      ['none', 'informational', 'before/beta-c6wd', 16],
      ['warning', 'fail', 'before/moon-h7ro', 18],
      ['error', 'fail', 'errors', 1],
    ])
  })

  it('names the place as an address, the reason and what to do', () => {
    const [first] = run().results
    expect(first?.locations[0]?.physicalLocation.artifactLocation).toEqual({
      uri: 'docs/RELEASE%20CHECKLIST.md',
      uriBaseId: '%SRCROOT%',
    })
    expect(first?.message.text).toBe('Health, 50%: ok: status 500, not 200: 100% wrong. How to fix: read its log')
    const outside = run({ file: '/elsewhere/a b.md' }).results[0]?.locations[0]?.physicalLocation.artifactLocation
    expect(outside).toEqual({ uri: 'file:///elsewhere/a%20b.md' })
  })

  it('is known again by item and kind, wherever the line has gone', () => {
    const prints = (change: Partial<CheckedRelease>) =>
      run(change).results.map(({ partialFingerprints }) => partialFingerprints.primaryLocationLineHash)
    const moved = checkedRelease().items.map((item) => ({ ...item, line: item.line + 40, summary: 'other words' }))
    expect(prints({ items: moved })).toEqual(prints({}))
    expect(new Set(prints({})).size).toBe(5)
  })

  it('says how the command ended, and that a cancelled one did not end well', () => {
    expect(run().invocations).toEqual([
      {
        executionSuccessful: true,
        exitCode: 1,
        exitCodeDescription: 'NO-GO',
        startTimeUtc: '2026-11-21T10:15:00.000Z',
        endTimeUtc: '2026-11-21T10:15:04.000Z',
      },
    ])
    expect(run({ cancelled: true }).invocations[0]).toMatchObject({ executionSuccessful: false })
  })
})
