// What every kind of rule must do, on any engine. Each kind's test calls `ruleContract`; the cases are data, so that both engines get the same.
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { rules as kinds } from '../../src/catalog/rules.ts'
import type { RuleResult } from '../../src/consistency/result.ts'
import type { Rule, RuleKind } from '../../src/consistency/rule.ts'
import { validate, type ValidateOptions } from '../../src/consistency/validate.ts'
import type { Database } from '../../src/databases/database.ts'
import { NOW, ruleCases, type RuleCases } from './rule-cases.ts'

/** A database with these tables, there while the test runs. */
export type Open = (sql: string) => Promise<Database> | Database

/** A rule as configuration gives it. */
export function ruleOf(kind: string, options: unknown, change: Partial<Rule> = {}): Rule {
  const found = kinds.find(({ id }) => id === kind) as RuleKind | undefined
  if (!found) throw new Error(`no rule kind ${kind}`)
  const parsed = found.options.parse(options)
  return { name: 'it', kind: found, options: parsed, database: 'main', max: 0, severity: 'error', fix: null, ...change }
}

/** What a validation of these rules comes to; each is called by its place. */
export async function judge(
  database: Database,
  rules: readonly Rule[],
  options: Partial<ValidateOptions> = {},
): Promise<RuleResult[]> {
  const named = rules.map((rule, index) => ({ ...rule, name: `rule ${index}` }))
  const { results } = await validate(database, named, { signal: AbortSignal.timeout(60_000), now: NOW, ...options })
  return results
}

/** Declares the tests that every kind must pass. @returns the cases, for tests of the kind's own. */
export function ruleContract(id: string, open: Open): RuleCases {
  const given = ruleCases[id]
  if (!given) throw new Error(`no cases for rule kind ${id}`)
  const { sql, cases, rowsBefore = null } = given
  const options = { rowsBefore: () => rowsBefore }
  describe(`${id} keeps the contract of rules`, () => {
    it(`finds what breaks it: ${cases.map(({ what }) => what).join('; ')}`, async () => {
      const results = await judge(
        await open(sql),
        cases.map((one) => ruleOf(id, one.options)),
        options,
      )
      expect(results.map(({ keys, problem }) => ({ keys, problem }))).toEqual(
        cases.map(({ keys }) => ({ keys, problem: null })),
      )
      for (const [index, { keys }] of cases.entries())
        expect(results[index]).toMatchObject({
          status: keys.length === 0 ? 'passed' : 'failed',
          certainty: 'exact',
          count: keys.length,
          way: 'sql',
        })
      for (const { keyColumns, keys, judged, count } of results) {
        for (const key of keys) expect(key).toHaveLength(keyColumns.length)
        expect(Number(judged)).toBeGreaterThanOrEqual(Number(count))
      }
    })

    it('accepts as many as `max` says, counts all and lists as many keys as asked for', async () => {
      const [, failing] = cases
      const rules = [failing.keys.length, failing.keys.length - 1].map((max) => ruleOf(id, failing.options, { max }))
      const results = await judge(await open(sql), rules, { ...options, keysMax: 1 })
      expect(results.map(({ status }) => status)).toEqual(['passed', 'failed'])
      for (const { count, keys } of results) {
        expect(count).toBe(failing.keys.length)
        expect(keys).toEqual(failing.keys.slice(0, 1))
      }
    })

    it('never passes by a sample', async () => {
      const results = await judge(
        await open(sql),
        cases.map((one) => ruleOf(id, one.options)),
        { ...options, mode: 'sampled' },
      )
      for (const [index, { status, count }] of results.entries()) {
        expect(['failed', 'unverified']).toContain(status)
        // A lower bound of what there is.
        expect(count ?? 0).toBeLessThanOrEqual(cases[index]?.keys.length ?? 0)
      }
    })

    it('has no say of its own about what the database cannot answer: an error is no pass', async () => {
      const database = silenced(await open(sql))
      const results = await judge(
        database,
        cases.map((one) => ruleOf(id, one.options)),
        options,
      )
      for (const result of results)
        expect(result).toMatchObject({
          status: 'unverified',
          certainty: 'error',
          count: null,
          problem: expect.stringContaining('broken pipe'),
        })
    })

    describesItself(kinds.find((kind) => kind.id === id) as unknown as RuleKind)
  })
  return given
}

function describesItself(kind: RuleKind): void {
  it('has an example that is valid, and refuses options it does not know', () => {
    kind.options.parse(kind.example)
    const result = kind.options.safeParse({ ...(kind.example as object), noSuchOption: true })
    expect(result.error?.issues.map((issue) => issue.code)).toContain('unrecognized_keys')
  })

  it('reads its own parsed options again unchanged, also after a trip through JSON', () => {
    const once = kind.options.parse(kind.example)
    expect(kind.options.parse(JSON.parse(JSON.stringify(once)))).toEqual(once)
  })

  it('describes itself, and every option', () => {
    const { properties = {} } = z.toJSONSchema(kind.options, { io: 'input' })
    expect(Object.keys(properties).length).toBeGreaterThan(0)
    for (const [name, property] of Object.entries(properties))
      expect(property, `option ${name}`).toMatchObject({ description: expect.stringMatching(/\S/) })
    expect(kind.summary).toMatch(/^[a-z].{10,}[^.]$/i)
    expect(kind.describe(kind.options.parse(kind.example))).not.toMatch(/undefined|\[object/)
  })
}

/** The same database, whose sessions read nothing. */
function silenced(database: Database): Database {
  return {
    ...database,
    schema: (signal) => database.schema(signal),
    snapshot: (readers, signal, use) =>
      database.snapshot(readers, signal, (snapshot) =>
        use({
          ...snapshot,
          sessions: snapshot.sessions.map(() => ({
            all: () => Promise.reject(new Error('broken pipe')),
            run: () => Promise.reject(new Error('broken pipe')),
          })),
        }),
      ),
  }
}
