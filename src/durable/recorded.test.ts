import { describe, expect, it } from 'vitest'
import { OutsideError, PlanError } from '../lib/errors.ts'
import { record, replay } from './recorded.ts'

/** As it comes back from the database. */
const stored = async (work: () => Promise<unknown>) => JSON.parse(JSON.stringify(await record(work))) as never

function thrownBy(work: () => unknown): unknown {
  try {
    return work()
  } catch (error) {
    return error
  }
}

describe('a recorded outcome', () => {
  it('gives the first execution what a replay will give', async () => {
    const value = { at: new Date(0), gone: undefined, list: [1, null] }
    expect(replay(await record(async () => value))).toEqual({ at: '1970-01-01T00:00:00.000Z', list: [1, null] })
    expect(replay(await stored(async () => value))).toEqual({ at: '1970-01-01T00:00:00.000Z', list: [1, null] })
    expect(replay(await record(async () => undefined))).toBeUndefined()
    expect(replay(await stored(async () => undefined))).toBeUndefined()
  })

  it.each([
    new PlanError('unknown kind', { file: 'gonogo.yaml', line: 3, hint: 'did you mean http?' }),
    new OutsideError('router edge', 'refused', { retryable: true, hint: 'start it' }),
    new TypeError('x is not a function'),
  ])('throws an error of the same class again: $name', async (error) => {
    const recorded = await stored(async () => {
      throw error
    })
    const again = thrownBy(() => replay(recorded))
    expect(again).toBeInstanceOf(error.constructor === TypeError ? Error : error.constructor)
    expect(again).toMatchObject({ ...error, name: error.name, message: error.message, stack: error.stack })
  })
})
