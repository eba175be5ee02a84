// A few of the pairs that `npm run bench -- pairs` tries all of: every target and every router once, by the command line alone.
import { afterAll, expect, test } from 'vitest'
import { Machine } from '../../bench/pairs/machine.ts'
import { covering, nameOf, supportedPairs, type Pair } from '../../bench/pairs/pairs.ts'
import type { Need } from '../../bench/pairs/scene.ts'
import { failuresOf, tryPair } from '../../bench/pairs/trial.ts'

const machine = new Machine()
const { pairs, skipped } = await supportedPairs(machine)
for (const reason of skipped) console.warn(reason)
const chosen = covering(pairs)
/** What the pair runs on beside this machine. */
const needOf = ({ target, router }: Pair): Need | 'nothing' => target.needs[0] ?? router?.needs[0] ?? 'nothing'

afterAll(() => machine[Symbol.asyncDispose]())

// Much of a pair is waiting, so these go side by side.
test.concurrent.each([...new Set(chosen.map(needOf))])(
  'with %s beside this machine: promoted, rolled back by a guard, taken back by the watchdog',
  async (need) => {
    const failures: string[] = []
    for (const [index, pair] of chosen.filter((one) => needOf(one) === need).entries()) {
      const trial = await tryPair(pair, machine, `${need}-${index + 1}`)
      failures.push(...failuresOf(trial).map((why) => `${nameOf(pair)}: ${why}`))
    }
    expect(failures).toEqual([])
  },
)

test('every kind of target and router is in it, but those that are said to be skipped', () => {
  const tried = chosen.flatMap(({ target, router }) => [target.kind, ...(router ? [router.kind] : [])])
  const possible = pairs.flatMap(({ target, router }) => [target.kind, ...(router ? [router.kind] : [])])
  expect([...new Set(tried)].toSorted()).toEqual([...new Set(possible)].toSorted())
})
