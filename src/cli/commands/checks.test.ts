import { tmpdir } from 'node:os'
import { afterEach, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { findKind } from '../../catalog/catalog.ts'
import { checkFamilies } from '../../catalog/checks.ts'
import { gonogo } from './command-line.fixture.ts'

const checks = (...args: string[]) => gonogo(tmpdir(), 'checks', ...args)

afterEach(() => {
  // `main` sets the exit code of this very process, which is the test runner's.
  process.exitCode = 0
})

describe('gonogo checks', () => {
  it('lists every kind under its family, and where else to look', async () => {
    const { code, out } = await checks()
    expect(code).toBe(0)
    let from = 0
    for (const [family, kinds] of Object.entries(checkFamilies)) {
      from = out.indexOf(`${family}\n`, from)
      expect(from).toBeGreaterThanOrEqual(0)
      for (const id of Object.keys(kinds)) {
        expect(out.indexOf(`\n  ${id} `, from)).toBeGreaterThan(0)
        expect(out).toContain(findKind('check', id, { path: 'check' }).summary.slice(0, 60))
      }
    }
    expect(out).toContain('gonogo kinds')
    expect((await gonogo(tmpdir(), 'kinds')).out).toContain('gonogo checks')
  })

  it('lists one family', async () => {
    const { out } = await checks('--family', 'people')
    expect(out).toContain('attestation')
    expect(out).not.toContain('tls')
    const { code, err } = await checks('--family', 'poeple')
    expect([code, err]).toEqual([2, expect.stringMatching(/expected one of network, .*people/)])
  })

  it('explains one: options, an entry to paste, what turns it red, what is kept secret, the remedy', async () => {
    const { code, out } = await checks('redis-ping')
    expect(code).toBe(0)
    expect(out).toMatch(/how to fix +\S/)
    expect(out).toMatch(/kept secret +url/)
    expect(out).toMatch(/ {2}url +\S.*\n +text, default/)
    const entry = /In gonogo\.yaml\n([^]*?)\n\n/.exec(out)?.[1] ?? ''
    expect(parse(entry)).toMatchObject({
      bindings: { 'ITEM-ID': { check: 'redis-ping', with: { url: expect.any(String) } } },
    })
    expect(out).toMatch(/Turns red\n {2}\{ with: \{/)
  })

  it('gives machines the same', async () => {
    const all = JSON.parse((await checks('--format', 'json')).out) as { id: string; family: string }[]
    expect(all.map(({ id }) => id)).toEqual(Object.values(checkFamilies).flatMap((kinds) => Object.keys(kinds)))
    expect(JSON.parse((await checks('tls', '--format', 'json')).out)).toMatchObject({
      id: 'tls',
      family: 'network',
      needs: null,
      secretFields: [],
      failingExample: expect.any(Object),
      options: expect.arrayContaining([expect.objectContaining({ name: 'daysLeftMin', default: '14' })]),
    })
  })

  it.each([
    [['htpt'], /there is no check "htpt"; did you mean "http"\?/],
    [['integrity'], /did you mean sqlite-integrity\?/],
    [['zzzzzz'], /"gonogo checks" lists them/],
  ])('suggests the nearest for %s', async (args, said) => {
    const { code, err } = await checks(...args)
    expect([code, err]).toEqual([2, expect.stringMatching(said)])
  })
})
