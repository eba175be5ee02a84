// What every kind of guard must do. Each kind's test calls `guardContract`; what trips it is the kind's own provocation.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { GuardKind } from '../../src/guards/guard-kind.ts'
import { createJudge, judge, type JudgeEvent, type JudgeState } from '../../src/guards/judge.ts'
import { negativeControl } from '../../src/guards/negative-control.ts'
import type { GuardRule } from '../../src/plan/guard-rule.ts'
import type { Sample } from '../../src/plan/signal.ts'

const VERSIONS = { candidate: 'v2', stable: 'v1' }
const PACE = { samplingMs: 1000, everyMs: {} }
const COMMON_FIELDS = ['kind', 'title', 'severity', 'restoreData', 'unknownMax']

export interface GuardCases {
  /** The samples of a look in the good state, at that millisecond: for the kind's example and for `others`. */
  good: (at: number) => Sample[]
  /** Other options, as written in gonogo.yaml, for which all of the contract must hold too. */
  others?: readonly unknown[]
}

/** A rule of this kind. */
export function guardOf(kind: GuardKind, given: unknown, change: Partial<GuardRule> = {}): GuardRule {
  const options = kind.options.parse(given) as Record<string, unknown>
  const said = { scope: kind.scope(options), series: kind.series(options), condition: kind.describe(options) }
  const common = { id: 'it', title: 'It', severity: 'rollback', restoreData: false, unknownMax: 0, item: null } as const
  return { ...common, kind: kind.id, options, ...said, ...change }
}

/** Events of looks, a call each or as given; the state passes through JSON each time, as it does when it is stored. */
export function judgeAll(
  kind: GuardKind,
  rule: GuardRule,
  looks: readonly (readonly Sample[])[],
  stored = true,
  before: JudgeState = createJudge([rule], { ...VERSIONS, samplingMs: PACE.samplingMs }),
) {
  let state = before
  const events: JudgeEvent[] = []
  for (const look of looks) {
    const result = judge(stored ? (JSON.parse(JSON.stringify(state)) as JudgeState) : state, look, () => kind)
    state = result.state
    events.push(...result.events)
  }
  return { events, state }
}

/** Declares the tests that every kind must pass. */
export function guardContract<Options, State>(
  declared: GuardKind<Options, State>,
  { good, others = [] }: GuardCases,
): void {
  const kind: GuardKind = declared
  describe(`${kind.id} keeps the contract of guards`, () => {
    describesItself(kind)
    describe.each([kind.example, ...others].map((given) => [JSON.stringify(given), given] as const))(
      'as %s',
      (_, given) => judgesAsItMust(kind, given, good),
    )
  })
}

function describesItself(kind: GuardKind): void {
  it('takes its example, and refuses the failing one and options it does not know', () => {
    kind.options.parse(kind.example)
    expect(kind.options.safeParse(kind.failingExample).success).toBe(false)
    const unknown = kind.options.safeParse({ ...(kind.example as object), noSuchOption: true })
    expect(JSON.stringify(unknown.error?.issues)).toContain('unrecognized_keys')
  })

  it('describes itself and every option, none of which is called like a field of every guard', () => {
    const { properties = {} } = z.toJSONSchema(kind.options, { io: 'input', unrepresentable: 'any' })
    expect(Object.keys(properties).length).toBeGreaterThan(0)
    for (const [name, property] of Object.entries(properties)) {
      expect(property, `option ${name}`).toMatchObject({ description: expect.stringMatching(/\S/) })
      expect(COMMON_FIELDS).not.toContain(name)
    }
    expect(kind.id).toMatch(/^[a-z][a-z-]*$/)
    expect(kind.summary).toMatch(/^[A-Z].{10,}[^.]$/)
  })
}

function judgesAsItMust(kind: GuardKind, given: unknown, good: GuardCases['good']): void {
  const rule = guardOf(kind, given)
  const provoke = () => kind.provocation(rule.options, { ...VERSIONS, ...PACE })
  const calm = (count: number, fromMs = 0) => Array.from({ length: count }, (_, index) => good(fromMs + index * 1000))

  it('reads its own parsed options again unchanged, also after a trip through JSON', () => {
    expect(kind.options.parse(JSON.parse(JSON.stringify(rule.options)))).toEqual(rule.options)
  })

  it('says in words when it trips, and what it looks at', () => {
    expect(rule.condition).toMatch(/\w/)
    expect(rule.condition).not.toMatch(/undefined|NaN|\[object/)
    expect(rule.series.length).toBeGreaterThan(0)
  })

  it('trips once on its provocation, not before the fault, and within its worst time', () => {
    const { looks, faultAt } = provoke()
    const trips = judgeAll(kind, rule, looks).events.filter(({ type }) => type === 'tripped')
    expect(trips.length).toBe(1)
    const [trip] = trips
    expect(trip?.at).toBeGreaterThanOrEqual(faultAt)
    expect(trip?.sentence).toMatch(/\w/)
    expect(trip?.sentence).not.toMatch(/undefined|NaN|\[object/)
    const control = negativeControl(rule, () => kind, PACE)
    expect(control).toMatchObject({ canTurnRed: true, sentence: expect.stringMatching(/^yes/) })
    if (control.worstMs !== null) expect(control.measuredMs).toBeLessThanOrEqual(control.worstMs)
  })

  it('says nothing of good looks', () => {
    expect(judgeAll(kind, { ...rule, unknownMax: 3 }, calm(300)).events).toEqual([])
  })

  it('neither trips nor is well where the source cannot tell: that is unknown, and told at the limit', () => {
    const blind = calm(10).map((look) => look.map(unknownOf))
    expect(judgeAll(kind, { ...rule, unknownMax: 5 }, blind).events.map(({ type }) => type)).toEqual(['unknown'])
    const { looks } = provoke()
    const lastAt = looks.at(-1)?.[0]?.at ?? 0
    const after = [...looks, ...calm(10, lastAt + 1000).map((look) => look.map(unknownOf))]
    expect(outline(judgeAll(kind, rule, after).events)).toEqual(outline(judgeAll(kind, rule, looks).events))
  })

  it('neither trips nor is well where nobody asked: that is idle', () => {
    const idle = calm(10).map((look) => look.map(idleOf))
    expect(judgeAll(kind, { ...rule, unknownMax: 5 }, idle).events).toEqual([])
    const { looks } = provoke()
    const lastAt = looks.at(-1)?.[0]?.at ?? 0
    const after = [...looks, ...calm(10, lastAt + 1000).map((look) => look.map(idleOf))]
    expect(outline(judgeAll(kind, rule, after).events)).toEqual(outline(judgeAll(kind, rule, looks).events))
  })

  it('does not trip on a fault of which only part is known to be one: errors of the source are no failures', () => {
    const { looks } = provoke()
    expect(
      judgeAll(
        kind,
        rule,
        looks.map((look) => look.map(unknownOf)),
      ).events,
    ).toEqual([])
  })

  it('comes to the same with a state that was stored, looks delivered twice, and however they are cut and shuffled', () => {
    const { looks } = provoke()
    const events = judgeAll(kind, rule, looks).events
    expect(judgeAll(kind, rule, looks, false).events).toEqual(events)
    expect(
      judgeAll(
        kind,
        rule,
        looks.flatMap((look) => [look, look]),
      ).events,
    ).toEqual(events)
    fc.assert(
      fc.property(fc.array(fc.nat(looks.length), { maxLength: 6 }), fc.boolean(), (cuts, reversed) => {
        const edges = [0, ...cuts, looks.length].toSorted((a, b) => a - b)
        const parts = edges.slice(1).map((edge, index) => looks.slice(edges[index], edge).flat())
        const cut = parts.map((part) => (reversed ? part.toReversed() : part))
        expect(judgeAll(kind, rule, cut).events).toEqual(events)
      }),
      { numRuns: 5, seed: 5 },
    )
  })

  it('leaves the state it is given as it was, and keeps one of bounded size', () => {
    const early = judgeAll(kind, rule, calm(5000), false).state
    const late = judgeAll(kind, rule, calm(5000, 5_000_000), false, early).state
    expect(JSON.stringify(late).length).toBeLessThan(1.1 * JSON.stringify(early).length + 200)
    const { looks } = provoke()
    const { state } = judgeAll(kind, rule, looks.slice(0, -1))
    const before = JSON.stringify(state)
    judge(state, looks.at(-1) ?? [], () => kind)
    expect(JSON.stringify(state)).toBe(before)
  })
}

function outline(events: readonly JudgeEvent[]): string[] {
  return events.filter(({ type }) => type !== 'unknown').map(({ type, at }) => `${type} at ${at}`)
}

/** The source did not answer. */
function unknownOf({ signal, version, at, unit }: Sample): Sample {
  return { signal, version, at, unit, value: null, observations: null, detail: 'connection refused' }
}

/** The source answered that nobody asked. */
function idleOf({ tally, ...sample }: Sample): Sample {
  const none = tally ? { tally: { requests: 0, errors: 0, latency: null } } : {}
  return { ...sample, value: tally ? 0 : null, observations: 0, ...none }
}
