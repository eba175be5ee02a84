import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { satisfies } from '../../plan/threshold.ts'
import { ConditionError, parseCondition } from '../../verdict/peers/argo-condition.ts'
import { conditionHolds } from '../../verdict/peers/argo-evaluate.ts'
import { conditionBounds, opposite, type ConditionBounds } from './condition-bounds.ts'

const words = ({ joint, bounds, fold }: ConditionBounds): string =>
  bounds
    .map(({ is, value, valueMax }) => [is, value, ...(valueMax === undefined ? [] : [valueMax])].join(' '))
    .join(joint === 'all' ? ' and ' : ' or ') + (fold ? ` of the ${fold}` : '')

function hold({ joint, bounds }: ConditionBounds, value: number): boolean {
  const each = bounds.map(({ is: operator, value: low, valueMax = null }) =>
    satisfies({ operator, value: low, valueMax }, value),
  )
  return joint === 'all' ? each.every(Boolean) : each.some(Boolean)
}

describe('a condition as bounds', () => {
  it.each([
    ['result[0] >= 0.95', '>= 0.95'],
    ['result < 5', '< 5'],
    ['0.95 <= result[0]', '>= 0.95'],
    ['result[0] != 0', '!= 0'],
    ['!(result[0] > 5)', '<= 5'],
    ['result[0] * 100 >= 95', '>= 0.95'],
    ['1 - result[0] < 0.25', '> 0.75'],
    ['result[0] / 2 + 1 <= 3', '<= 4'],
    ['-result[0] > -5', '< 5'],
    ['asFloat(result) <= 1.5', '<= 1.5'],
    ['default(result, 0) < 5', '< 5'],
    ['(result[0] ?? 0) < 5', '< 5'],
    ['isNaN(result[0]) || result[0] >= 0.95', '>= 0.95'],
    ['len(result) == 0 || result[0] < 5', '< 5'],
    ['len(result) > 0 && result[0] != nil && result[0] < 5', '< 5'],
    ['result[0] >= 1 && result[0] <= 2', 'between 1 2'],
    ['result[0] > 0 && result[0] <= 0.05', '> 0 and <= 0.05'],
    ['result[0] < 1 || result[0] > 2', '< 1 or > 2'],
    ['result[0] < 1 || result[0] < 2', '< 2'],
    ['result[0] <= 1 or result[0] == 1', '<= 1'],
    ['all(result, # < 5)', '< 5 of the max'],
    ['all(result, {# >= 0.9})', '>= 0.9 of the min'],
    ['any(result, # > 5)', '> 5 of the max'],
    ['!any(result, # > 5)', '<= 5 of the max'],
    ['none(result, # < 1)', '>= 1 of the min'],
    ['len(result) == 0 || all(result, # < 5)', '< 5 of the max'],
  ])('%s is %s', (condition, expected) => {
    expect(words(conditionBounds(condition))).toBe(expected)
  })

  it.each([
    ['result[1] > 5', 'looks at a series other than the first'],
    ['result[0] > 5 && all(result, # > 1)', 'takes the result for one number and for several'],
    ['result > 5 || result[0] > 5', 'takes the result for one number and for several'],
    ["result == 'ok'", 'compares with a text'],
    ['true', 'does not depend on the value'],
    ['result[0] > 5 || result[0] <= 5', 'does not depend on the value'],
    ['len(result) > 0', 'does not depend on the value'],
    ['result[0] < 1 || (result[0] > 2 && result[0] < 3)', 'is more than one range'],
    ['result[0] * result[0] > 4', 'calculates what bounds cannot'],
    ['asInt(result[0]) > 4', '"asInt" is more than a comparison'],
    ['abs(result[0]) < 4', '"abs" is more than a comparison'],
    ['all(result, # > 1 && # < 5)', 'asks of several series what neither the highest nor the lowest decides'],
    ['one(result, # > 1)', 'says something that is no comparison with a figure'],
    ['result[0]', 'says something that is no comparison with a figure'],
    ['result[0] in [1, 2]', 'unexpected "["'],
  ])('%s is none: %s', (condition, says) => {
    expect(() => conditionBounds(condition)).toThrow(new ConditionError(says))
  })

  it('says whether no data counts', () => {
    const counts = [
      'isNaN(result[0]) || result[0] > 1',
      'len(result) == 0 || result[0] > 1',
      'default(result, 2) > 1',
      'result[0] > 1',
    ]
    expect(counts.map((condition) => conditionBounds(condition).holdsWithoutData)).toEqual([true, true, true, false])
  })
})

describe('whatever the condition', () => {
  const figure = fc.integer({ min: -5, max: 5 })
  const comparison = fc
    .tuple(fc.constantFrom('<', '<=', '>', '>=', '==', '!='), figure, fc.constantFrom(1, 2, -1))
    .map(([operator, value, factor]) => `result[0] * ${factor} ${operator} ${value}`)
  const condition = fc
    .tuple(comparison, fc.constantFrom('&&', '||'), comparison, fc.boolean())
    .map(([a, joint, b, isNegated]) => `${isNegated ? '!' : ''}(${a} ${joint} ${b})`)

  it('its bounds hold exactly where it does, and their opposite where it does not', () => {
    fc.assert(
      fc.property(
        condition,
        fc.array(fc.double({ min: -8, max: 8, noNaN: true }), { minLength: 5 }),
        (source, values) => {
          let bounds: ConditionBounds
          try {
            bounds = conditionBounds(source)
          } catch (error) {
            expect(error).toBeInstanceOf(ConditionError)
            return
          }
          const turned = opposite(bounds)
          for (const value of [...values, -5, -2.5, -1, 0, 1, 2.5, 5]) {
            const truth = conditionHolds(parseCondition(source), [value])
            expect([hold(bounds, value), hold(turned, value)], `${source} of ${value}`).toEqual([truth, !truth])
          }
        },
      ),
      { numRuns: 300, seed: 7 },
    )
  })
})
