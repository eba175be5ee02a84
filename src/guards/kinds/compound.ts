// Guard `compound`: all, any or not of other conditions, each of a kind of its own; what is unknown decides nothing.
import { formatDuration } from '../../lib/duration.ts'
import type { Scope } from '../../plan/guard-rule.ts'
import { evaluated, inWords, negatedIn, supporting, type Formula } from './compound/formula.ts'
import { formulaIn, optionsOver, type CompoundOptions } from './compound/options.ts'
import { judgedPart, newPart, truthAt, versionOf, type Part, type PartState } from './compound/part.ts'
import { provoked, reactionOf } from './compound/provoke.ts'
import { defineGuard, type GuardContext, type GuardKind, type GuardReading, type Look } from '../guard-kind.ts'

/** The kind, over conditions of these kinds. */
export function compoundOf(kinds: readonly GuardKind[]) {
  const options = optionsOver(kinds)
  const formulaOf = (given: CompoundOptions) => formulaIn(given, kinds)

  return defineGuard<CompoundOptions, PartState[]>({
    id: 'compound',
    summary: 'All, any or not of other conditions; what is unknown makes it neither red nor well',
    options,
    example: {
      all: [
        { signal: 'error-rate', is: '>', value: 5, observationsMin: 40 },
        { not: { signal: 'request-rate', is: '<', value: 1 } },
      ],
      for: '10 s',
    },
    failingExample: { all: [{ signal: 'error-rate', is: '>', value: 5 }], any: [] },
    scope(given) {
      const scopes = new Set(formulaOf(given).parts.map(scopeOf))
      return scopes.has('candidate') ? 'candidate' : scopes.has('service') ? 'service' : 'stable'
    },
    series(given) {
      const { formula, parts } = formulaOf(given)
      const negated = negatedIn(formula)
      const all = parts.flatMap(({ kind, options: own }, index) =>
        kind.series(own).map((series) => (negated.has(index) ? { ...series, bad: null } : series)),
      )
      return all.filter(
        ({ signal, scope }, index) => index === all.findIndex((one) => one.signal === signal && one.scope === scope),
      )
    },
    describe(given) {
      const { formula, parts } = formulaOf(given)
      const words = parts.map(({ kind, options: own }) => kind.describe(own))
      const lasting = [
        ...(given.consecutive > 1 ? [`${given.consecutive} looks in a row`] : []),
        ...(given.for > 0 ? [`for ${formatDuration(given.for)}`] : []),
      ]
      return [inWords(formula, words), ...lasting].join(', ')
    },
    lasting: ({ consecutive, for: forMs }) => ({ consecutive, forMs, clearMs: 0 }),
    start: (given) => formulaOf(given).parts.map(() => newPart),
    judge(given, before, look, context) {
      const { formula, parts } = formulaOf(given)
      const state = parts.map((part, index) => judgedPart(part, before[index] ?? newPart, look, context))
      return { state, reading: readingOf(formula, parts, state, look, context) }
    },
    provocation(given, context) {
      return provoked(formulaOf(given), { consecutive: given.consecutive, forMs: given.for }, context)
    },
    reaction(given, context) {
      return reactionOf(formulaOf(given), { consecutive: given.consecutive, forMs: given.for }, context)
    },
  })
}

function scopeOf({ kind, options }: Part): Scope {
  return kind.scope(options)
}

function readingOf(
  formula: Formula,
  parts: readonly Part[],
  states: readonly PartState[],
  look: Look,
  context: GuardContext,
): GuardReading {
  const truths = states.map((state) => truthAt(state, look.at, context.samplingMs))
  const truth = evaluated(formula, truths)
  const indices = truth === 'holds' ? supporting(formula, truths) : []
  const [sample] = indices.flatMap(({ index }) => {
    const { kind, options } = parts[index] as Part
    return kind
      .series(options)
      .flatMap((one) =>
        look.samples.filter(({ signal, version }) => one.signal === signal && versionOf(one, context) === version),
      )
  })
  const reading = { sample: sample ?? (look.samples[0] as NonNullable<typeof sample>) }
  if (truth === 'holds') {
    const said = indices.map(({ index, negated }) => {
      const sentence = states[index]?.sentence ?? ''
      return negated ? `not (${parts[index]?.kind.describe(parts[index].options)})` : sentence
    })
    return { ...reading, kind: 'bad', sentence: said.join(' and ') }
  }
  if (truth === 'fails') return { ...reading, kind: 'good', sentence: 'not all of it holds' }
  const why = states.find((_, index) => truths[index] === truth)?.sentence ?? 'nothing was measured yet'
  return { ...reading, kind: truth, sentence: why }
}
