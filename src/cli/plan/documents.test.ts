// Every document there is, read, printed and judged by the published schema. Third-party text is read where it exists and
// never shown: a failure says the document and the place, not the words.
import { existsSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, test } from 'vitest'
import { displayWidth } from '../display-width.ts'
import { planAsJson } from './as-json.ts'
import { planAsMarkdown } from './as-markdown.ts'
import { planAsText } from './as-text.ts'
import { explainItem } from './explain.ts'
import { planJsonSchema, planSchema } from './plan-schema.ts'
import { readPlan, type Reading } from './reading.ts'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const shared = ['../shared/checklists', '../shared/corpus'].map((folder) => join(root, folder)).filter(existsSync)
const example = join(root, 'examples/knowledge-graph')
const elsewhere = mkdtempSync(join(tmpdir(), 'gonogo-plan-'))

const documents: [name: string, read: () => Promise<Reading>][] = [
  ['the example, with its gonogo.yaml', () => readPlan(undefined, { project: example })],
  ['the example, without', () => readPlan(join(example, 'CHECKLIST.md'), { project: elsewhere })],
  ...shared.flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => name.endsWith('.md'))
      .map((name): [string, () => Promise<Reading>] => [name, () => readPlan(name, { project: folder })]),
  ),
]

test.skipIf(shared.length === 2)('the shared documents are not here: only the example is read', ({ skip }) => {
  skip('../shared/checklists or ../shared/corpus is missing')
})

/** The keys that issue and page promise, in their order; others come after them. */
const KEYS = {
  document: ['path', 'title', 'bytes', 'encoding'],
  phase: ['id', 'title', 'line', 'kind', 'anchor', 'budgetMs', 'every'],
  item: (
    'id line phase text label kind state polarity condition thresholds blanks choices commands table proposal binding ' +
    'verifiable'
  ).split(' '),
  proposal: ['check', 'options', 'confidence', 'why'],
}

describe.each(documents)('%s', async (name, read) => {
  const reading = await read()
  const printed = JSON.parse(JSON.stringify(planAsJson(reading))) as ReturnType<typeof planAsJson>

  it('is printed as the schema says, with every key', () => {
    const { error } = planSchema.safeParse(printed)
    const places =
      error?.issues.map(({ path, code, message }) => `${name}: ${path.join('/')}: ${code} ${message}`) ?? []
    expect(places.slice(0, 10)).toEqual([])
    const begins = (value: object, keys: readonly string[]) =>
      Object.keys(value).slice(0, keys.length).join() === keys.join()
    expect(Object.keys(printed)).toEqual([
      'document',
      'phases',
      'items',
      'triggers',
      'coverage',
      'verification',
      'plan',
      'sampleSize',
      'guards',
    ])
    expect(begins(printed.document, KEYS.document)).toBe(true)
    expect(printed.phases.filter((phase) => !begins(phase, KEYS.phase)).length).toBe(0)
    expect(printed.items.filter((item) => !begins(item, KEYS.item)).length).toBe(0)
    expect(printed.items.filter(({ proposal }) => proposal && !begins(proposal, KEYS.proposal)).length).toBe(0)
  })

  it('is counted in full, and every step promises items that are open', () => {
    const { total, bound, asWritten, proposed, person, unverifiable, phases, next, others } = printed.coverage
    expect(bound + asWritten + proposed + person + unverifiable).toBe(total)
    expect(total).toBe(printed.items.filter(({ kind }) => kind !== 'reference').length)
    expect(phases.reduce((sum, phase) => sum + phase.total, 0)).toBe(total)
    const ids = new Set(printed.items.map(({ id }) => id))
    const steps = [...(next ? [next] : []), ...others]
    expect(steps.every(({ covers, items }) => items.length === covers && items.every((id) => ids.has(id)))).toBe(true)
    expect(steps.map(({ covers }) => covers)).toEqual(steps.map(({ covers }) => covers).toSorted((a, b) => b - a))
    if (unverifiable > 0 || proposed > 0) expect(next).not.toBeNull()
  })

  it('fits a terminal, and so does all that is said of each of its items', () => {
    const wide = (text: string, width: number): number[] =>
      withoutColour(text)
        .split('\n')
        .flatMap((line, index) => (displayWidth(line) > width && !isToCopy(line) ? [index + 1] : []))
    for (const width of [80, 120]) expect(wide(planAsText(reading, width), width)).toEqual([])
    const explained = reading.checklist.items.filter((item) => wide(explainItem(reading, item, 80), 80).length > 0)
    expect(explained.map(({ line }) => line)).toEqual([])
  })

  it('shows every item in a file, none of it cut, and as a table in Markdown', () => {
    const text = planAsText(reading, null)
    const numbers = new Set([...text.matchAll(/^ *(\d+)  \S/gm)].map(([, line]) => Number(line)))
    expect(reading.checklist.items.filter(({ line }) => !numbers.has(line)).map(({ line }) => line)).toEqual([])
    expect(text.split('\n').filter((line) => line.endsWith('…')).length).toBe(
      reading.checklist.items.filter((item) => item.text.trimEnd().endsWith('…')).length,
    )
    const rows = planAsMarkdown(reading)
      .split('\n')
      .filter((line) => /^\| \d+ \|/.test(line))
    expect(rows.length).toBe(reading.checklist.items.length)
  })
})

interface JsonSchema {
  $schema?: string
  properties?: Record<string, JsonSchema>
  required?: string[]
}

/** Every object that a schema describes, wherever it stands in it. */
function objectsIn(value: unknown): JsonSchema[] {
  if (value === null || typeof value !== 'object') return []
  const own = 'properties' in value && 'type' in value ? [value as JsonSchema] : []
  return [...own, ...Object.values(value).flatMap(objectsIn)]
}

/** What is to be typed is not broken, nor is an id. */
function isToCopy(line: string): boolean {
  return /^(?:next|then)? +gonogo \S/.test(line) || /^\S+\/\S+$/.test(line)
}

function withoutColour(text: string): string {
  // oxlint-disable-next-line no-control-regex -- colour codes are control characters
  return text.replaceAll(/\u001B\[\d+m/g, '')
}

describe('the published schema', () => {
  it('is draft 2020-12, and requires every key it knows', () => {
    const schema = planJsonSchema() as JsonSchema
    expect(schema.$schema).toBe('https://json-schema.org/draft/2020-12/schema')
    const loose = objectsIn(schema).filter(
      ({ properties, required }) => Object.keys(properties ?? {}).length !== (required ?? []).length,
    )
    expect(loose).toEqual([])
  })

  it('has a page that names every key of an item', () => {
    const page = readFileSync(join(root, 'docs/plan-json.md'), 'utf8')
    const keys = Object.keys(planSchema.shape.items.element.shape)
    expect(keys.filter((key) => !page.includes(`\`${key}\``))).toEqual([])
  })
})
