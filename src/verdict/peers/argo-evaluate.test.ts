import { describe, expect, it } from 'vitest'
import { ConditionError, parseCondition } from './argo-condition.ts'
import { conditionHolds, type ArgoValue, type Truth } from './argo-evaluate.ts'

// Expected results: argo-rollouts, utils/evaluate/evaluate_test.go; those on several series and on none after its documentation.
describe('a condition', () => {
  it.each<{ condition: string; result: ArgoValue; holds: Truth }>([
    { condition: 'result == true', result: true, holds: true },
    { condition: 'result == false', result: true, holds: false },
    { condition: '1', result: true, holds: 'error' },
    { condition: '2 in result', result: [2, 2], holds: true },
    { condition: 'result > 1', result: 5, holds: true },
    { condition: 'asInt(result) == 1', result: '1', holds: true },
    { condition: 'asInt(result) == 1', result: 1.123, holds: true },
    { condition: 'asInt(result) == 1.1', result: '1.1', holds: 'error' },
    { condition: 'asFloat(result) >= 1.1', result: '1.1', holds: true },
    { condition: 'asFloat(result) == 1.1', result: 'NotANum', holds: 'error' },
    { condition: 'asFloat(result) == "1.1"', result: '1.1', holds: 'error' },
    { condition: 'result[0] >= 0.95', result: [0.95], holds: true },
    { condition: 'result[0] >= 0.95', result: [], holds: 'error' },
    { condition: 'result[0] >= 0.95', result: [Number.NaN], holds: false },
    { condition: 'isNaN(result[0]) || result[0] >= 0.95', result: [Number.NaN], holds: true },
    { condition: 'len(result) == 0 || result[0] < 5', result: [], holds: true },
    { condition: 'len(result) == 0 or not (result[0] >= 5)', result: [7], holds: false },
    { condition: 'default(result, 0) < 5', result: null, holds: true },
    { condition: '(result ?? 0) < 5', result: null, holds: true },
    { condition: 'isNil(result) || result[0] == nil', result: [1], holds: false },
    { condition: 'isInf(result[0])', result: [Number.POSITIVE_INFINITY], holds: true },
    { condition: 'all(result, # < 5)', result: [1, 4], holds: true },
    { condition: 'all(result, {# > 1})', result: [2, 1], holds: false },
    { condition: 'any(result, # >= 5)', result: [], holds: false },
    { condition: 'none(result, # < 0) && one(result, # == 4)', result: [4, 2], holds: true },
    { condition: '1 - result[0] * 2 <= -3 + 4 / 2', result: [1], holds: true },
    { condition: "result == 'ok'", result: 'ok', holds: true },
    { condition: 'result < 5', result: [1], holds: 'error' },
  ])('$condition of $result: $holds', ({ condition, result, holds }) => {
    expect(conditionHolds(parseCondition(condition), result)).toBe(holds)
  })

  it.each([
    { condition: 'invalidVariable', says: 'unknown name "invalidVariable"' },
    { condition: 'a == true', says: 'unknown name "a"' },
    { condition: "result.Name() == 'hi'", says: 'a field of the result is read; only numbers are understood' },
    { condition: 'sort(result)[0] > 1', says: 'unknown function "sort"' },
    { condition: 'toString(result) == 1', says: 'unknown function "toString"' },
    { condition: 'result >', says: 'ends too early' },
    { condition: 'result > 5)', says: 'unexpected ")"' },
    { condition: 'result > 5 ? true : false', says: 'unexpected "?"' },
    { condition: 'default(result) < 1', says: '"default" has 1 argument' },
    { condition: `${'('.repeat(80)}1${')'.repeat(80)}`, says: 'nested more than 60 deep' },
    { condition: '!'.repeat(3900), says: 'nested more than 60 deep' },
    { condition: 'x'.repeat(5000), says: 'longer than 4000 characters' },
  ])('refuses $condition', ({ condition, says }) => {
    expect(() => parseCondition(condition)).toThrow(new ConditionError(says))
  })
})
