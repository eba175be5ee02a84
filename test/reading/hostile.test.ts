// The reader and documents that are broken or made to harm it: it reads or refuses them. How long it takes, the benches say.
import { describe, expect, it } from 'vitest'
import { HOSTILE } from '../../bench/reading/hostile.ts'
import { mutate, originals, randomFrom } from '../../bench/reading/mutations.ts'
import { readChecklist } from '../../src/checklist/read.ts'
import { PlanError } from '../../src/lib/errors.ts'
import type { Checklist } from '../../src/plan/plan.ts'

const CASES = 250
const HOSTILE_BYTES = 2000
/** Nested too deep, or nothing but front matter. */
const REFUSED: ReadonlySet<string> = new Set(['">" in one line', '">" in lines', 'front matter without end'])

/** What is read, or null where the document is refused; anything else that is thrown fails the test. */
function readOrRefuse(bytes: Uint8Array): Checklist | null {
  try {
    return readChecklist('x.md', bytes)
  } catch (error) {
    if (error instanceof PlanError) return null
    throw error
  }
}

/** Every item has an id of its own, stands in a phase and in the document, and its box lies within it. */
function expectComplete({ items, phases, document }: Checklist): void {
  const phaseIds = new Set(phases.map(({ id }) => id))
  const ids = new Set(items.map(({ id }) => id))
  expect(items.length).toBeGreaterThan(0)
  expect(ids.size).toBe(items.length)
  expect(phaseIds.size).toBe(phases.length)
  expect(items.filter(({ phase }) => !phaseIds.has(phase))).toEqual([])
  expect(items.filter(({ parent }) => parent !== null && !ids.has(parent))).toEqual([])
  expect(items.filter(({ line }) => !(line >= 1))).toEqual([])
  expect(items.filter(({ box }) => box && !(box.start <= box.end && box.end <= document.bytes))).toEqual([])
}

describe('a hostile document', () => {
  it.each([...Map.groupBy(HOSTILE, ({ construct }) => construct)])(
    'of %s is read as a whole or refused',
    (_, documents) => {
      for (const { name, make } of documents) {
        const read = readOrRefuse(Buffer.from(make(HOSTILE_BYTES)))
        expect(read === null, name).toBe(REFUSED.has(name))
        if (read) expectComplete(read)
      }
    },
  )
})

it(`${CASES} documents changed at random are read as a whole or refused`, () => {
  const { documents, absent } = originals()
  for (const folder of absent) console.warn(`SKIPPED: mutations of the documents of ${folder}, which is absent`)
  const random = randomFrom(1)
  let read = 0
  for (let index = 0; index < CASES; index++) {
    const checklist = readOrRefuse(mutate(documents, random))
    if (!checklist) continue
    expectComplete(checklist)
    read++
  }
  expect(read).toBeGreaterThan(CASES / 2)
})
