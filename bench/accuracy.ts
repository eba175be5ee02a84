// How often the reader agrees with labels made by hand, on the documents it was tuned to and on those it was not.
import { compare, sharesOf, type Aspect, type Case } from './reading/compare.ts'
import { documentsAreThere, loadLabelled, SPLITS, type Split } from './reading/labels.ts'
import { readWithProposals } from './reading/reading.ts'
import type { Bench, Measure } from './result.ts'

/** Percent that must agree on the blind half. */
const TARGETS: Record<Aspect, { title: string; atLeast: number }> = {
  boxes: { title: 'boxes found, none invented', atLeast: 99.9 },
  thresholds: { title: 'lines with bounds: all bounds, all fields', atLeast: 95 },
  polarity: { title: 'polarity', atLeast: 98 },
  phases: { title: 'kind of phase', atLeast: 95 },
  machine: { title: '"a machine can tell": precision', atLeast: 95 },
  recall: { title: '"a machine can tell": recall', atLeast: 75 },
  proposals: { title: 'proposals: kind and main option', atLeast: 95 },
}

export const bench: Bench = {
  name: 'accuracy',
  summary: "agreement of the reader with labels made by hand from other teams' checklists",
  run: async () => {
    if (!documentsAreThere())
      return { measures: [], notes: ['the labelled documents are third-party text and not here: nothing measured'] }
    const cases = SPLITS.map((split): [Split, Case[]] => [split, judge(split)])
    return { measures: cases.flatMap(([split, judged]) => measuresOf(split, judged)), notes: cases.map(noteOf) }
  },
}

function judge(split: Split): Case[] {
  return loadLabelled(split).flatMap((labelled) => compare(labelled, readWithProposals(labelled)))
}

function measuresOf(split: Split, cases: readonly Case[]): Measure[] {
  return sharesOf(cases).map(({ aspect, agreed, all }) => ({
    what: `${split}: ${TARGETS[aspect].title} (${agreed} of ${all})`,
    measured: (100 * agreed) / all,
    unit: '%',
    ...(split === 'blind' ? { target: { atLeast: TARGETS[aspect].atLeast } } : {}),
  }))
}

function noteOf([split]: [Split, Case[]]): string {
  const documents = loadLabelled(split)
  const items = documents.reduce((sum, { labels }) => sum + labels.items.length, 0)
  return `${split}: ${documents.length} documents, ${items} labelled items`
}
