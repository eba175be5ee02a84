// The reader and documents that are broken or made to harm it: it reads or refuses them, and does not take long.
import { describe, expect, it } from 'vitest'
import { HOSTILE, STRUCTURES } from '../../bench/reading/hostile.ts'
import { mutate, originals, randomFrom } from '../../bench/reading/mutations.ts'
import { busyMs } from '../../bench/reading/processor-time.ts'
import { readChecklist } from '../../src/checklist/read.ts'
import { PlanError } from '../../src/lib/errors.ts'

const CASES = 2000
/** The bench holds the reader to 1 s over a megabyte; code that has just been loaded is slower. */
const SECONDS_PER_MB_MAX = 5
const BYTES_JUDGED_MIN = 20_000

/** Seconds of the processor per megabyte, the best of up to three readings: other programs' time is not the reader's. */
function secondsPerMb(bytes: Uint8Array): number {
  const megabytes = Math.max(bytes.length, BYTES_JUDGED_MIN) / 1e6
  let best = Number.POSITIVE_INFINITY
  for (let tries = 0; tries < 3 && best > SECONDS_PER_MB_MAX; tries++)
    best = Math.min(best, secondsToRead(bytes) / megabytes)
  return best
}

function secondsToRead(bytes: Uint8Array): number {
  return (
    busyMs(() => {
      try {
        readChecklist('x.md', bytes)
      } catch (error) {
        if (!(error instanceof PlanError)) throw error
      }
    }) / 1000
  )
}

describe('a hostile document', () => {
  it.each(STRUCTURES)('of $name is read in time', ({ make }) => {
    expect(secondsPerMb(Buffer.from(make(20_000)))).toBeLessThan(SECONDS_PER_MB_MAX)
  })

  it('of any sign or word we look for, repeated anywhere, is read in time', () => {
    const slow = HOSTILE.slice(STRUCTURES.length).flatMap(({ name, make }) => {
      const seconds = secondsPerMb(Buffer.from(make(2000)))
      return seconds > SECONDS_PER_MB_MAX ? [`${name}: ${seconds.toFixed(1)} s/MB`] : []
    })
    expect(slow).toEqual([])
  })
})

it(`${CASES} documents changed at random are read or refused, and none takes long`, () => {
  const { documents, absent } = originals()
  for (const folder of absent) console.warn(`SKIPPED: mutations of the documents of ${folder}, which is absent`)
  const random = randomFrom(1)
  let read = 0
  for (let index = 0; index < CASES; index++) {
    const bytes = mutate(documents, random)
    expect(secondsPerMb(bytes), `case ${index}`).toBeLessThan(SECONDS_PER_MB_MAX)
    read += bytes.length
  }
  expect(read).toBeGreaterThan(1_000_000)
})
