import { expect, it } from 'vitest'
import type { Value } from '../databases/database.ts'
import { nodesOnCycles } from './cycles.ts'

it('follows a chain as long as the graph without running out of stack', () => {
  const chain = Array.from({ length: 100_000 }, (_, at): [number, number] => [at, at + 1])
  expect(nodesOnCycles(chain)).toEqual([])
  expect(nodesOnCycles([...chain, [100_000, 0]])).toHaveLength(100_001)
})

it('takes no longer where there are many paths', () => {
  const layers = Array.from({ length: 500 }, (_, at) =>
    [0, 1, 2].flatMap((a) => [0, 1, 2].map((b): [string, string] => [`${at}.${a}`, `${at + 1}.${b}`])),
  )
  expect(nodesOnCycles(layers.flat())).toEqual([])
})

it('tells texts from numbers and bytes', () => {
  const bytes = (text: string) => Buffer.from(text)
  const edges: [Value, Value][] = [
    ['1', 1],
    [1, '1'],
    [bytes('a'), bytes('b')],
    [bytes('b'), 2],
    [2n ** 60n, 2n ** 60n],
  ]
  expect(new Set(nodesOnCycles(edges))).toEqual(new Set(['1', 1, 2n ** 60n]))
})
