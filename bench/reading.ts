// Reading a checklist against remark alone on the same text, in turns; how it grows; the worst of documents made to be slow.
import remarkGfm from 'remark-gfm'
import remarkParse from 'remark-parse'
import { unified } from 'unified'
import { readChecklist } from '../src/checklist/read.ts'
import { PlanError } from '../src/lib/errors.ts'
import { HOSTILE } from './reading/hostile.ts'
import { originals } from './reading/mutations.ts'
import { busyMs } from './reading/processor-time.ts'
import { median, type Bench, type BenchOptions, type BenchResult, type Measure } from './result.ts'

const RATIO_MAX = 1.5
const GROWTH_MAX = 1.5
const SECONDS_PER_MB_MAX = 1
const REFERENCE_DOCUMENTS = 5
/** Enough to tell what is not linear, and hundreds of them in minutes. */
const HOSTILE_BYTES = 200_000

export const bench: Bench = {
  name: 'reading',
  summary: 'reading a checklist ÷ remark alone on the same text; time per item up to 100,000; hostile documents',
  run,
}

async function run({ quick, progress }: BenchOptions): Promise<BenchResult> {
  const { documents, absent } = originals()
  const [, , ...shared] = documents
  warmUp(documents)
  const rounds = quick ? 8 : 25
  const measures: Measure[] = []
  if (shared.length > 0) {
    measures.push(besideRemark('reference documents', shared.slice(0, REFERENCE_DOCUMENTS), rounds))
    measures.push(besideRemark(`all ${shared.length} shared documents`, shared, Math.ceil(rounds / 2)))
  }
  measures.push(besideRemark('our own documents', documents.slice(0, 2), rounds))
  for (const [items, share] of [
    [1000, 1],
    [10_000, 0.2],
  ] as const)
    measures.push(besideRemark(`${items} made items`, [madeDocument(items)], Math.ceil(rounds * share)))
  progress('beside remark: done')
  measures.push(...growth(quick ? 3 : 7))
  progress('growth: done')
  measures.push(...worstOfEach(quick ? HOSTILE_BYTES / 4 : HOSTILE_BYTES, progress))
  const notes = [
    'processor time of the main thread',
    `${HOSTILE.length} hostile documents of ${quick ? '0.05' : '0.2'} MB, the slowest of each construct, median of 3 readings`,
  ]
  return { measures, notes: [...notes, ...absent.map((folder) => `SKIPPED: ${folder} is absent`)] }
}

const remark = unified().use(remarkParse).use(remarkGfm)

function besideRemark(what: string, documents: readonly Buffer[], rounds: number): Measure {
  const texts = documents.map((bytes) => bytes.toString())
  const ours: number[] = []
  const theirs: number[] = []
  for (let round = 0; round < Math.max(3, rounds); round++) {
    theirs.push(busyMs(() => texts.forEach((text) => remark.parse(text))))
    ours.push(busyMs(() => documents.forEach((bytes) => readChecklist('bench.md', bytes))))
  }
  return {
    what,
    measured: median(ours),
    unit: 'ms',
    peer: { name: 'remark-parse + remark-gfm', measured: median(theirs) },
    pairedRatio: median(ours.map((ms, round) => ms / (theirs[round] ?? Number.NaN))),
    target: { atMost: RATIO_MAX },
  }
}

/** Time per item at ten times the items, against that at fewer. */
function growth(rounds: number): Measure[] {
  const times = [1000, 10_000, 100_000].map((items) => {
    const bytes = madeDocument(items)
    const repeats = Math.max(1, Math.round(10_000 / items))
    const perItem = Array.from({ length: rounds }, () => {
      const ms = busyMs(() => {
        for (let repeat = 0; repeat < repeats; repeat++) {
          const read = readChecklist('bench.md', bytes).items.length
          if (read !== items) throw new Error(`${read} of ${items} items were read`)
        }
      })
      return (ms * 1000) / (items * repeats)
    })
    return { items, perItem: median(perItem) }
  })
  return times.flatMap(({ items, perItem }, index): Measure[] => {
    const fewer = times[index - 1]
    const own = { what: `time per item of ${items}`, measured: perItem, unit: 'µs' }
    const peer = fewer && { name: `of ${fewer.items}`, measured: fewer.perItem }
    return [peer ? { ...own, peer, target: { atMost: GROWTH_MAX } } : own]
  })
}

/** Of each construct the slowest of its documents, in seconds of the processor per megabyte, slowest first. */
function worstOfEach(bytes: number, progress: BenchOptions['progress']): Measure[] {
  const slowest = new Map<string, { name: string; seconds: number }>()
  for (const [index, { construct, name, make }] of HOSTILE.entries()) {
    if (index % 100 === 0) progress(`hostile documents: ${index} of ${HOSTILE.length}`)
    const seconds = secondsPerMb(Buffer.from(make(bytes)))
    if (seconds > (slowest.get(construct)?.seconds ?? -1)) slowest.set(construct, { name, seconds })
  }
  return [...slowest.values()]
    .toSorted((a, b) => b.seconds - a.seconds)
    .map(({ name, seconds }) => ({
      what: `hostile: ${name}`,
      measured: seconds,
      unit: 's/MB',
      target: { atMost: SECONDS_PER_MB_MAX },
    }))
}

/** The median of three readings; one reading will do of a document that is nowhere near the limit. */
function secondsPerMb(document: Buffer): number {
  const read = () => busyMs(() => readOrRefuse(document)) / 1000 / (document.length / 1e6)
  const first = read()
  return first > SECONDS_PER_MB_MAX / 4 ? median([first, read(), read()]) : first
}

function readOrRefuse(bytes: Uint8Array): void {
  try {
    readChecklist('bench.md', bytes)
  } catch (error) {
    if (!(error instanceof PlanError)) throw error
  }
}

function warmUp(documents: readonly Buffer[]): void {
  for (let round = 0; round < 5; round++)
    for (const bytes of documents) {
      readOrRefuse(bytes)
      remark.parse(bytes.toString())
    }
}

/** Boxes as people write them, twenty under a heading. */
function madeDocument(items: number): Buffer {
  const parts = ['# Release\n']
  for (let index = 0; index < items; index++) {
    if (index % 20 === 0)
      parts.push(`\n## Part ${index / 20} of the release\n\nWhat matters here, and whom to ask.\n\n`)
    parts.push(madeItem(index))
  }
  return Buffer.from(parts.join(''))
}

function madeItem(index: number): string {
  switch (index % 5) {
    case 0:
      return `- [ ] **Load ${index}**: fewer than ${100 + (index % 50)} requests wait, response time below ${index % 900} ms\n`
    case 1:
      return `- [ ] Errors of service ${index} stay under ${1 + (index % 4)}%\n`
    case 2:
      return `- [x] Disk ${index} has more than ${10 + (index % 90)} GB free (\`df -h /data\`)\n`
    case 3:
      return `  - [ ] Setting PART_${index} is in place\n`
    default:
      return `- [ ] Backup ${index}: \`____ GB\`, finished at \`____\`\n`
  }
}
