import { expect, test } from 'vitest'
import { verdictRule } from '../fixtures/verdict-run.ts'
import { rule } from '../fixtures/plan.ts'
import { judgedMetrics } from './judged-metrics.ts'

const designsOf = (given: object) =>
  judgedMetrics(verdictRule(given)).metrics.map(({ metric, budgetPercent, threshold }) => [
    metric,
    budgetPercent,
    Math.round(10 ** threshold),
  ])

test('the budget is shared by weight, and each share says how much evidence its metric takes', () => {
  expect(designsOf({})).toEqual([
    ['errors', 0.5, 200],
    ['latency', 0.5, 200],
  ])
  const objective = { errorsMax: 2, weight: 2 }
  expect(designsOf({ falseAlarms: 2, errors: { weight: 5 }, objective })).toEqual([
    ['errors', 1.25, 80],
    ['latency', 0.25, 400],
    ['objective', 0.5, 200],
  ])
})

test('a metric that is not judged has no share', () => {
  expect(designsOf({ latency: null })).toEqual([['errors', 1, 100]])
})

test('what a guard accepts is a ratio: odds as they are, response times in percent slower', () => {
  const { metrics } = judgedMetrics(verdictRule({ errors: { margin: 1.5 }, latency: { margin: 10 } }))
  expect(metrics.map(({ accepted }) => accepted)).toEqual([1.5, 1.1])
})

test('options of another shape judge nothing rather than something made up', () => {
  expect(judgedMetrics(rule({ kind: 'verdict' }))).toEqual({ falseAlarmPercent: 0, metrics: [] })
})
