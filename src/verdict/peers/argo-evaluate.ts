// What a condition of Argo Rollouts comes to for a measured value.
import { ConditionError, type BinaryOperator, type CallName, type Expression } from './argo-condition.ts'

/** What a provider measured: a number, one a series, or nothing. */
export type ArgoValue = number | string | boolean | null | readonly ArgoValue[]

/** `error`: the condition could not be evaluated, which is no failure of the release. */
export type Truth = boolean | 'error'

/** Facts of `EvalCondition` (argoproj/argo-rollouts, utils/evaluate). */
export function conditionHolds(condition: Expression, result: ArgoValue): Truth {
  try {
    const value = evaluate(condition, { result, element: null })
    return typeof value === 'boolean' ? value : 'error'
  } catch (error) {
    if (error instanceof ConditionError) return 'error'
    throw error
  }
}

interface Scope {
  result: ArgoValue
  element: ArgoValue
}

function evaluate(expression: Expression, scope: Scope): ArgoValue {
  switch (expression.kind) {
    case 'constant':
      return expression.value
    case 'result':
      return scope.result
    case 'element':
      return scope.element
    case 'index':
      return elementAt(listOf(evaluate(expression.of, scope)), numberOf(evaluate(expression.index, scope)))
    case 'call':
      return callOf(
        expression.name,
        expression.args.map((arg) => evaluate(arg, scope)),
      )
    case 'quantified': {
      const holds = listOf(evaluate(expression.of, scope)).filter((element) =>
        booleanOf(evaluate(expression.predicate, { ...scope, element })),
      ).length
      const total = listOf(evaluate(expression.of, scope)).length
      return { all: holds === total, any: holds > 0, none: holds === 0, one: holds === 1 }[expression.name]
    }
    case 'unary': {
      const value = evaluate(expression.of, scope)
      return expression.operator === '!' ? !booleanOf(value) : -numberOf(value)
    }
    case 'binary':
      return binaryOf(expression.operator, expression.left, expression.right, scope)
  }
}

function binaryOf(operator: BinaryOperator, left: Expression, right: Expression, scope: Scope): ArgoValue {
  const a = evaluate(left, scope)
  // What decides already keeps the other side from being looked at: `len(result) == 0 || result[0] < 5`.
  if (operator === '||') return booleanOf(a) || booleanOf(evaluate(right, scope))
  if (operator === '&&') return booleanOf(a) && booleanOf(evaluate(right, scope))
  if (operator === '??') return a ?? evaluate(right, scope)
  const b = evaluate(right, scope)
  if (operator === 'in') return listOf(b).includes(a)
  if (operator === '==' || operator === '!=') return isEqual(a, b) === (operator === '==')
  return operator in compare
    ? compare[operator as keyof typeof compare](numberOf(a), numberOf(b))
    : calculate[operator as keyof typeof calculate](numberOf(a), numberOf(b))
}

const compare = {
  '<': (a: number, b: number) => a < b,
  '<=': (a: number, b: number) => a <= b,
  '>': (a: number, b: number) => a > b,
  '>=': (a: number, b: number) => a >= b,
}

const calculate = {
  '+': (a: number, b: number) => a + b,
  '-': (a: number, b: number) => a - b,
  '*': (a: number, b: number) => a * b,
  '/': (a: number, b: number) => a / b,
  '%': (a: number, b: number) => a % b,
}

/** Values of two types are not compared; nil may be with anything. */
function isEqual(a: ArgoValue, b: ArgoValue): boolean {
  if (a === null || b === null) return a === b
  if (typeof a !== typeof b || typeof a === 'object') throw new ConditionError('compares values of two types')
  return a === b
}

function callOf(name: CallName, [value = null, fallback = null]: ArgoValue[]): ArgoValue {
  switch (name) {
    case 'len':
      return typeof value === 'string' ? value.length : listOf(value).length
    case 'isNaN':
      return Number.isNaN(numberOf(value))
    case 'isInf':
      return Math.abs(numberOf(value)) === Number.POSITIVE_INFINITY
    case 'isNil':
      return value === null
    case 'default':
      return value ?? fallback
    case 'abs':
      return Math.abs(numberOf(value))
    case 'asFloat':
    case 'float':
      return typeof value === 'string' ? parsed(value, /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/) : numberOf(value)
    case 'asInt':
    case 'int':
      return typeof value === 'string' ? parsed(value, /^[+-]?\d+$/) : Math.trunc(numberOf(value))
  }
}

function parsed(text: string, form: RegExp): number {
  if (!form.test(text)) throw new ConditionError(`"${text}" is no number of that kind`)
  return Number(text)
}

function elementAt(list: readonly ArgoValue[], index: number): ArgoValue {
  const element = list.at(index)
  if (element === undefined) throw new ConditionError(`there is no element ${index}`)
  return element
}

function listOf(value: ArgoValue): readonly ArgoValue[] {
  if (typeof value !== 'object' || value === null) throw new ConditionError('is no list')
  return value
}

function numberOf(value: ArgoValue): number {
  if (typeof value !== 'number') throw new ConditionError('is no number')
  return value
}

function booleanOf(value: ArgoValue): boolean {
  if (typeof value !== 'boolean') throw new ConditionError('is neither true nor false')
  return value
}
