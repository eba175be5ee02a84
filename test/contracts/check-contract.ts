// What every kind of check must do. Each kind's test calls `checkContract` with cases against real servers, files and programs.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { Check, CheckContext } from '../../src/checks/check.ts'
import { runKind } from '../../src/checks/look.ts'
import { exec } from '../../src/lib/exec.ts'
import type { Outcome, Status } from '../../src/plan/outcome.ts'
import type { CommandStep, Item } from '../../src/plan/plan.ts'
import { noData } from './no-data.ts'
import type { Operator, Threshold } from '../../src/plan/threshold.ts'

export interface Case {
  /** Options as a user would write them. */
  options: unknown
  context?: Partial<Pick<CheckContext, 'directory' | 'env' | 'signal' | 'data'>>
}

/** Evaluated when the test runs, so that it can name the port of a server started in `beforeAll`. */
type LazyCase = () => Case

export interface CheckContract {
  passing: LazyCase
  failing: LazyCase
  unverified?: LazyCase
  /** The system outside never answers. Without it (a look that takes no time) only an earlier stop is tried. */
  slow?: LazyCase
  /** What it asks is not there. `failed` only where being there is what is claimed; else it could not look: `unverified`. */
  unreachable?: { status: 'failed' | 'unverified'; case: LazyCase }
  /** What it asks means harm: endless answers, endless redirects, certificates nobody trusts, escapes for terminals. By name. */
  hostile?: Readonly<Record<string, { status: Status; case: LazyCase }>>
  /** A case whose options hold this secret; wanted where the kind has secret fields. */
  secret?: { value: string; case: LazyCase }
  /** What the dry-run text of `passing` must name. */
  mentions: () => string[]
  /** Where the failing example goes red: in this context; asked of the server of this case, where it asks one that no test may ask; or
   * nowhere, with the reason, where no machine can promise it. */
  failingExample?: (() => Case['context']) | { against: LazyCase } | { skipped: string }
  /** Items whose words are clear, and items that are not: a proposal for each of the former, none for the latter. */
  recognises?: { clear: (string | Words)[]; unclear: (string | Words)[] }
}

type Words = Partial<Pick<Item, 'text' | 'label' | 'code' | 'thresholds' | 'commands'>> & { text: string }

const CONTEXT_TIMEOUT_MS = 30_000

/** A context as the conductor makes one: programs run under its signal, in its directory. */
function checkContext(given: Case['context'] = {}): CheckContext {
  const signal = given.signal ?? AbortSignal.timeout(CONTEXT_TIMEOUT_MS)
  const directory = given.directory ?? process.cwd()
  const env = given.env ?? (process.env as Record<string, string>)
  return {
    signal,
    directory,
    env,
    data: given.data ?? noData,
    exec: (file, args, options) =>
      exec(file, args, { cwd: directory, env, timeoutMs: CONTEXT_TIMEOUT_MS, signal, ...options }),
  }
}

/** Parses the options and runs the check, as the conductor does. */
export function runCheck<Options>(check: Check<Options>, { options, context }: Case): Promise<Outcome> {
  return runKind(check, check.options.parse(options), checkContext(context))
}

/** An item with these words and nothing else, as the reader gives it: code stands apart, its marks are taken off. */
export function itemOf(words: string | Words): Parameters<NonNullable<Check['recognise']>>[0] {
  const { text, label = null, ...rest } = typeof words === 'string' ? { text: words } : words
  const plain = (marked: string): string => marked.replaceAll('`', '')
  const code = [...`${label ?? ''} ${text}`.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? '')
  return { thresholds: [], commands: [], code, ...rest, text: plain(text), label: label === null ? null : plain(label) }
}

/** A bound as the reader finds it in an item. */
export function thresholdOf(operator: Operator, value: number, unit: string, text: string): Threshold {
  const none = { aggregate: null, valueMax: null, windowMs: null, consecutive: null, relativeTo: null }
  return { subject: '', operator, value, unit, text, ...none }
}

/** A command as the reader finds it in an item. */
export function stepOf(script: string, change: Partial<CommandStep> = {}): CommandStep {
  const flags = { background: false, endless: false, interactive: false, destructive: false, looksOnly: false }
  const open = { placeholders: [], variables: [], alternative: null, expects: null, setup: [], problem: null }
  return { script, title: null, line: 7, language: 'shell', ...flags, ...open, ...change }
}

/** Declares the tests that every kind of check must pass. */
export function checkContract<Options>(check: Check<Options>, contract: CheckContract): void {
  describe(`${check.id} keeps the contract of checks`, () => {
    judges(check, contract)
    withstands(check, contract)
    stops(check, contract)
    describesItself(check, contract)
    keepsSecrets(check, contract)
    if (check.recognise || contract.recognises) recognises(check, contract)
  })
}

function judges<Options>(check: Check<Options>, contract: CheckContract): void {
  let empty = ''
  beforeAll(() => {
    empty = mkdtempSync(join(tmpdir(), 'gonogo-check-'))
  })
  afterAll(() => rmSync(empty, { recursive: true, force: true }))

  it('passes what is as it should be', async () => {
    expect(await runCheck(check, contract.passing())).toMatchObject({
      status: 'passed',
      summary: expect.stringMatching(/\S/),
    })
  })

  it('turns red', async () => {
    expect(await runCheck(check, contract.failing())).toMatchObject({
      status: 'failed',
      summary: expect.stringMatching(/\S/),
    })
  })

  if (contract.unverified)
    it('is unverified where it could not look', async () => {
      expect(await runCheck(check, (contract.unverified as LazyCase)())).toMatchObject({ status: 'unverified' })
    })

  const { failingExample = () => ({ directory: empty }) } = contract
  if (typeof failingExample === 'function' || 'against' in failingExample)
    it('turns red with its own failing example', async () => {
      const asked =
        typeof failingExample === 'function'
          ? { options: check.failingExample, context: failingExample() }
          : askedOf(check.failingExample, failingExample.against())
      expect(await runCheck(check, asked)).toMatchObject({ status: 'failed' })
    })
  else it.skip(`turns red with its own failing example (skipped: ${failingExample.skipped})`, () => {})
}

const EVIDENCE_CHARS_MAX = 300_000
// oxlint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/

/** The same question, put to another address. */
function askedOf(example: unknown, { options, context }: Case): Case {
  const { url, apiUrl } = options as { url?: string; apiUrl?: string }
  const address = { ...(url === undefined ? {} : { url }), ...(apiUrl === undefined ? {} : { apiUrl }) }
  return { options: { ...(example as object), ...address }, ...(context ? { context } : {}) }
}

function withstands<Options>(check: Check<Options>, { unreachable, hostile = {} }: CheckContract): void {
  if (unreachable)
    it(`is ${unreachable.status} where nothing answers, and says what to do`, async () => {
      expect(await runCheck(check, unreachable.case())).toMatchObject({
        status: unreachable.status,
        remedy: expect.stringMatching(/\S/),
      })
    })
  for (const [name, { status, case: lazy }] of Object.entries(hostile))
    it(`is ${status} in the face of: ${name}`, async () => {
      const outcome = await runCheck(check, lazy())
      expect(outcome).toMatchObject({ status })
      const texts = [outcome.summary, outcome.remedy ?? '', ...outcome.evidence.map(({ content }) => content)]
      for (const text of texts) expect(text).not.toMatch(CONTROL)
      expect(texts.join('').length).toBeLessThan(EVIDENCE_CHARS_MAX)
    })
}

function stops<Options>(check: Check<Options>, contract: CheckContract): void {
  const slow = contract.slow ?? contract.passing
  const stopped = async (signal: AbortSignal): Promise<Outcome> => {
    const { options, context } = slow()
    return runCheck(check, { options, context: { ...context, signal } })
  }

  it('does not look when it was cancelled before', async () => {
    expect(await stopped(AbortSignal.abort())).toMatchObject({
      status: 'unverified',
      summary: expect.stringContaining('cancelled'),
    })
  })

  it('does not look past the deadline', async () => {
    const past = AbortSignal.abort(new DOMException('late', 'TimeoutError'))
    expect(await stopped(past)).toMatchObject({ status: 'unverified', summary: expect.stringContaining('deadline') })
  })

  if (!contract.slow) return
  it('comes back unverified when it is cancelled while nobody answers', async () => {
    const controller = new AbortController()
    setTimeout(() => controller.abort(), 100)
    expect(await stopped(controller.signal)).toMatchObject({
      status: 'unverified',
      summary: expect.stringContaining('cancelled'),
    })
  })

  it('comes back unverified at the deadline while nobody answers', async () => {
    expect(await stopped(AbortSignal.timeout(100))).toMatchObject({
      status: 'unverified',
      summary: expect.stringContaining('deadline'),
    })
  })
}

function describesItself<Options>(check: Check<Options>, contract: CheckContract): void {
  it('has an example and a failing example that are valid and differ', () => {
    check.options.parse(check.example)
    check.options.parse(check.failingExample)
    expect(check.failingExample).not.toEqual(check.example)
  })

  it('says how to fix what it finds', () => {
    expect(check.remedy).toMatch(/^\S.{10,}[^.]$/)
  })

  it('refuses options it does not know', () => {
    const result = check.options.safeParse({ ...(check.example as object), noSuchOption: true })
    expect(result.error?.issues.map((issue) => issue.code)).toEqual(['unrecognized_keys'])
  })

  it('reads its own parsed options again unchanged, also after a trip through JSON', () => {
    const once = check.options.parse(check.example)
    expect(check.options.parse(JSON.parse(JSON.stringify(once)))).toEqual(once)
  })

  it('describes every option', () => {
    const schema = z.toJSONSchema(check.options, { io: 'input' })
    const properties = Object.entries(schema.properties ?? {})
    expect(properties.length).toBeGreaterThan(0)
    for (const [name, property] of properties)
      expect(property, `option ${name}`).toMatchObject({ description: expect.stringMatching(/\S/) })
    for (const field of check.secretFields) expect(properties.map(([name]) => name)).toContain(field)
  })

  it('says in the dry run what it would look at', () => {
    const text = check.describe(check.options.parse(contract.passing().options))
    for (const words of contract.mentions()) expect(text).toContain(words)
    expect(text).not.toMatch(/undefined|\[object/)
  })
}

function keepsSecrets<Options>(check: Check<Options>, { secret }: CheckContract): void {
  if (check.secretFields.length === 0 && !secret) return
  it('shows no secret in the dry run or in what it came to', async () => {
    if (!secret) throw new Error(`${check.id} has secret fields: its contract wants a case with a secret`)
    const given = secret.case()
    expect(JSON.stringify(given)).toContain(secret.value)
    expect(check.describe(check.options.parse(given.options))).not.toContain(secret.value)
    expect(JSON.stringify(await runCheck(check, given))).not.toContain(secret.value)
  })
}

function recognises<Options>(check: Check<Options>, contract: CheckContract): void {
  it('proposes where the words are clear, with options that are valid and a reason that quotes them', () => {
    const clear = contract.recognises?.clear ?? []
    expect(clear.length).toBeGreaterThanOrEqual(3)
    for (const words of clear) {
      const item = itemOf(words)
      const proposal = check.recognise?.(item)
      if (!proposal) throw new Error(`no proposal for: ${item.text}`)
      check.options.parse(proposal.options)
      expect(proposal.confidence).toBeGreaterThan(0)
      expect(proposal.confidence).toBeLessThan(1)
      const said = [`${item.label}: ${item.text}`, ...item.commands.map((step) => step.script)].join('\n')
      const quotes = [...proposal.why.matchAll(/"([^"]+)"/g)].map((match) => match[1] as string)
      expect(quotes.length).toBeGreaterThan(0)
      for (const quote of quotes) expect(said).toContain(quote)
    }
  })

  it('abstains where they are not', () => {
    const unclear = contract.recognises?.unclear ?? []
    expect(unclear.length).toBeGreaterThanOrEqual(3)
    for (const words of unclear) expect(check.recognise?.(itemOf(words)), itemOf(words).text).toBeNull()
  })
}
