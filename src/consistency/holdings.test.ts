// What a session holds in memory, and what it gives back.
import { expect, it } from 'vitest'
import { compileStatement } from './compile.ts'
import type { Holding } from './held.ts'
import { Holdings, type WantedHoldings } from './holdings.ts'

const MB = 2 ** 20

function holdingOf(key: string, megabytes: number): Holding {
  const table = {
    name: key,
    kind: 'table' as const,
    columns: [],
    primaryKey: ['id'],
    rowidColumn: 'id',
    isWithoutRowid: false,
    foreignKeys: [],
    unique: [],
    checks: [],
  }
  const grouping = { table: key, by: 'ref', aggregates: [] }
  return {
    key,
    grouping,
    table,
    portions: [{ first: 1, last: 9 }],
    least: 1,
    most: 9,
    bytes: megabytes * MB,
    describe: '',
  }
}

/** A session that answers as `fit` says, and what it was asked. */
function sessionOf(fit: (query: string) => number) {
  const asked: string[] = []
  const holdings = new Holdings((query) => {
    const text = compileStatement('sqlite', query).sql
    asked.push(/gonogo_(\w+)\((\d+)/.exec(text)?.slice(1).join(' ') ?? text)
    return Promise.resolve([{ fit: fit(text) }])
  })
  const want = async (...wanted: Holding[]) => {
    const places: WantedHoldings = new Map()
    const ids = wanted.map((holding) => holdings.place(holding, places))
    return { ids, made: await holdings.make(places) }
  }
  return { asked, want }
}

it('makes each once, and gives back what is not wanted when there is no more room', async () => {
  const { asked, want } = sessionOf(() => 1)
  const [a, b] = [holdingOf('a', 80), holdingOf('b', 40)]
  expect(await want(a)).toEqual({ ids: [1], made: true })
  expect(await want(a, b)).toEqual({ ids: [1, 2], made: true })
  expect(await want(holdingOf('c', 60), b)).toEqual({ ids: [3, 2], made: true })
  expect(asked).toEqual(['hold 1', 'fill 1', 'hold 2', 'fill 2', 'drop 1', 'hold 3', 'fill 3'])
})

it('offers nothing that is too large', async () => {
  const { asked, want } = sessionOf(() => 1)
  expect(await want(holdingOf('a', 129))).toEqual({ ids: [null], made: true })
  expect(await want(holdingOf('a', 80), holdingOf('b', 80))).toEqual({ ids: [1, null], made: true })
  expect(asked).toEqual(['hold 1', 'fill 1'])
})

it('gives back what turns out unfit and does not offer it again', async () => {
  for (const unfit of [
    () => 0,
    () => {
      throw new Error('too large')
    },
  ]) {
    const { asked, want } = sessionOf((query) => (query.includes('fill') ? unfit() : 1))
    expect(await want(holdingOf('a', 1))).toEqual({ ids: [1], made: false })
    expect(await want(holdingOf('a', 1))).toEqual({ ids: [null], made: true })
    expect(asked).toEqual(['hold 1', 'fill 1', 'drop 1'])
  }
})
