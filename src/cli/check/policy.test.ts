// What `gonogo check` makes of checks that must hold, are tried again, are waived or do not apply.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { gonogo } from '../commands/command-line.fixture.ts'

const LOOKS = '[sh, -c, "printf x >> looks; test ! -e red"]'

let directory = ''
let id = ''
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'gonogo-policy-cli-'))
  writeFileSync(join(directory, 'CHECKLIST.md'), '# Release\n\n## Before\n\n- [ ] The moon holds\n')
  writeFileSync(join(directory, 'gonogo.yaml'), 'service: shop\nchecklist: CHECKLIST.md\n')
  const { out } = await gonogo(directory, 'plan', '--format', 'json')
  id = (JSON.parse(out) as { items: { id: string }[] }).items[0]?.id ?? ''
})
afterEach(() => {
  process.exitCode = 0
  rmSync(directory, { recursive: true, force: true })
})

function bind(policy: string): void {
  const text = `service: shop\nchecklist: CHECKLIST.md\nenvironments: { staging: {} }\npeople: { dba: [ann] }\nbindings:\n  ${id}: { check: command, with: { run: ${LOOKS} }, ${policy} }\n`
  writeFileSync(join(directory, 'gonogo.yaml'), text)
}
const turnRed = (): void => writeFileSync(join(directory, 'red'), '')
const looks = (): number => readFileSync(join(directory, 'looks'), 'utf8').length

it('looks for as long as it must hold', async () => {
  bind('for: 200ms, every: 50ms')
  const { code, out } = await gonogo(directory, 'check')
  expect([code, out]).toEqual([0, expect.stringMatching(/✓ The moon holds .*\d looks in .*all green/)])
  expect(looks()).toBeGreaterThanOrEqual(3)
})

it('shows what is waived as waived, by whom and until when, and goes by it', async () => {
  bind('waive: { by: ann, reason: known, until: 2999-12-31 }')
  turnRed()
  const { code, out } = await gonogo(directory, 'check')
  expect([code, out]).toEqual([
    0,
    expect.stringMatching(/~ The moon holds .*waived by ann until 3000-01-01T00:00Z: known; .*\n\nGO\n$/s),
  ])
  const json = JSON.parse((await gonogo(directory, 'check', '--format', 'json')).out) as { results: object[] }
  expect(json.results[0]).toMatchObject({
    status: 'failed',
    waiver: { by: 'ann', reason: 'known', until: '3000-01-01T00:00:00.000Z' },
  })
  const sarif = JSON.parse((await gonogo(directory, 'check', '--format', 'sarif')).out) as {
    runs: { results: object[] }[]
  }
  expect(sarif.runs[0]?.results[0]).toMatchObject({ level: 'warning', suppressions: [{ status: 'accepted' }] })
  expect((await gonogo(directory, 'check', '--format', 'github')).out).toMatch(/^::notice file=.*waived by ann/m)
})

it('is NO-GO again when the last day of a waiver is over', async () => {
  bind('waive: { by: ann, reason: known, until: 2020-01-31 }')
  turnRed()
  const { code, out } = await gonogo(directory, 'check')
  expect([code, out]).toEqual([1, expect.stringMatching(/✗ The moon holds/)])
})

it('skips by a stated condition, which it names', async () => {
  bind('when: { environment: staging }')
  const { out } = await gonogo(directory, 'check')
  expect(out).toContain('does not apply: wanted only when environment is staging')
  expect((await gonogo(directory, 'check', '--environment', 'staging')).out).toContain('✓ The moon holds')
})
