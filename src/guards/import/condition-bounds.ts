// What a condition of Argo Rollouts says about one measured value, as bounds a guard can have.
import { oppositeOf, type Operator } from '../../plan/threshold.ts'
import { ConditionError, parseCondition, type Comparison, type Expression } from '../../verdict/peers/argo-condition.ts'
import { conditionHolds, type ArgoValue } from '../../verdict/peers/argo-evaluate.ts'

export interface Bounded {
  is: Operator
  value: number
  valueMax?: number
}

export interface ConditionBounds {
  /** The condition holds where all of these do (`all`), or one of them (`any`); of a single one both are true. */
  joint: 'all' | 'any'
  bounds: Bounded[]
  /** What of several series counts: `all(result, # < 5)` is about the highest. Null: it is about one series. */
  fold: 'max' | 'min' | null
  /** Whether it holds where nothing was measured, or what was measured is no number. */
  holdsWithoutData: boolean
}

/**
 * A condition as bounds: it is read into a tree, and tried on values around every figure it compares with.
 * @throws ConditionError where it says more than bounds can.
 */
export function conditionBounds(source: string): ConditionBounds {
  const expression = parseCondition(source)
  const shape = shapeOf(expression)
  const wrap = (value: number): ArgoValue => (shape.isScalar ? value : [value])
  const figures = [...shape.figures].toSorted((a, b) => a - b)
  const truths = trialsAround(figures).map((value) => {
    const truth = conditionHolds(expression, wrap(value))
    if (truth === 'error') throw new ConditionError('cannot be evaluated for a number')
    return truth
  })
  return {
    ...boundsOf(figures, truths),
    fold: shape.isQuantified ? foldOf(expression, figures) : null,
    holdsWithoutData: [[], [Number.NaN], Number.NaN, null].some(
      (nothing) => conditionHolds(expression, nothing) === true,
    ),
  }
}

/** The condition that holds where this one does not. @throws ConditionError where bounds cannot say that. */
export function opposite({ joint, bounds, ...rest }: ConditionBounds): ConditionBounds {
  const [only] = bounds
  const turned = only && bounds.length === 1 ? oppositeOf(only.is) : undefined
  if (only && turned) return { ...rest, joint, bounds: [{ is: turned, value: only.value }] }
  if (only?.valueMax !== undefined)
    return {
      ...rest,
      joint: 'any',
      bounds: [
        { is: '<', value: only.value },
        { is: '>', value: only.valueMax },
      ],
    }
  const [low, high] = bounds
  if (joint === 'any' && low?.is === '<' && high?.is === '>')
    return { ...rest, joint: 'all', bounds: [{ is: 'between', value: low.value, valueMax: high.value }] }
  const both = bounds.map(({ is, value }) => ({ is: oppositeOf(is) ?? is, value }))
  return { ...rest, joint: joint === 'all' ? 'any' : 'all', bounds: both }
}

interface Shape {
  /** Where comparisons turn. */
  figures: Set<number>
  /** `result` is used as a number, not as a list. */
  isScalar: boolean
  isFirst: boolean
  isQuantified: boolean
}

function shapeOf(expression: Expression): Shape {
  const shape: Shape = { figures: new Set(), isScalar: false, isFirst: false, isQuantified: false }
  walk(expression, shape)
  if (Number(shape.isScalar) + Number(shape.isFirst) + Number(shape.isQuantified) > 1)
    throw new ConditionError('takes the result for one number and for several')
  return shape
}

const COMPARISONS: readonly string[] = ['==', '!=', '<', '<=', '>', '>=']

function walk(expression: Expression, shape: Shape): void {
  if (expression.kind === 'constant' && typeof expression.value === 'boolean') return
  if (expression.kind === 'unary' && expression.operator === '!') return walk(expression.of, shape)
  if (expression.kind === 'binary') {
    const { operator, left, right } = expression
    if (operator === '&&' || operator === '||') {
      walk(left, shape)
      return walk(right, shape)
    }
    if (COMPARISONS.includes(operator)) return compared(operator as Comparison, left, right, shape)
  }
  if (expression.kind === 'call' && ['isNaN', 'isInf', 'isNil'].includes(expression.name)) {
    if (expression.args[0]?.kind !== 'result') linear(expression.args[0], shape)
    return
  }
  if (expression.kind === 'quantified' && expression.of.kind === 'result' && expression.name !== 'one') {
    shape.isQuantified = true
    return walk(expression.predicate, shape)
  }
  throw new ConditionError('says something that is no comparison with a figure')
}

function compared(operator: Comparison, left: Expression, right: Expression, shape: Shape): void {
  const [one, other] = [left, right]
  const isNil = (side: Expression): boolean => side.kind === 'constant' && side.value === null
  if (isNil(one) || isNil(other)) {
    if (operator !== '==' && operator !== '!=') throw new ConditionError('compares with nil')
    const side = isNil(one) ? other : one
    if (side.kind !== 'result') linear(side, shape)
    return
  }
  const [a, b] = [linear(one, shape), linear(other, shape)]
  const slope = a.slope - b.slope
  if (slope !== 0) shape.figures.add((b.offset - a.offset) / slope)
}

/** `slope * value + offset`. */
interface Linear {
  slope: number
  offset: number
}

const VALUE: Linear = { slope: 1, offset: 0 }

function linear(expression: Expression | undefined, shape: Shape): Linear {
  switch (expression?.kind) {
    case 'constant':
      if (typeof expression.value === 'number') return { slope: 0, offset: expression.value }
      throw new ConditionError('compares with a text')
    case 'result':
      shape.isScalar = true
      return VALUE
    case 'element':
      return VALUE
    case 'index': {
      const { of, index } = expression
      if (of.kind !== 'result' || index.kind !== 'constant' || index.value !== 0)
        throw new ConditionError('looks at a series other than the first')
      shape.isFirst = true
      return VALUE
    }
    case 'unary': {
      const { slope, offset } = linear(expression.of, shape)
      return { slope: -slope, offset: -offset }
    }
    case 'call':
      return linearCall(expression, shape)
    case 'binary':
      return linearBinary(expression, shape)
    default:
      throw new ConditionError('calculates what bounds cannot')
  }
}

function linearCall({ name, args: [value] }: Extract<Expression, { kind: 'call' }>, shape: Shape): Linear {
  // One series has been asked for.
  if (name === 'len' && value?.kind === 'result') return { slope: 0, offset: 1 }
  if (name === 'default' || name === 'asFloat' || name === 'float') return linear(value, shape)
  throw new ConditionError(`"${name}" is more than a comparison`)
}

function linearBinary({ operator, left, right }: Extract<Expression, { kind: 'binary' }>, shape: Shape): Linear {
  const [a, b] = [linear(left, shape), linear(right, shape)]
  if (operator === '??') return a
  if (operator === '+') return { slope: a.slope + b.slope, offset: a.offset + b.offset }
  if (operator === '-') return { slope: a.slope - b.slope, offset: a.offset - b.offset }
  if (operator === '*' && a.slope * b.slope === 0)
    return { slope: a.slope * b.offset + b.slope * a.offset, offset: a.offset * b.offset }
  if (operator === '/' && b.slope === 0) return { slope: a.slope / b.offset, offset: a.offset / b.offset }
  throw new ConditionError('calculates what bounds cannot')
}

/** Below the lowest figure, at each of them, between two, and above the highest. */
function trialsAround(figures: readonly number[]): number[] {
  const [lowest] = figures
  const highest = figures.at(-1)
  if (lowest === undefined || highest === undefined) throw new ConditionError('does not depend on the value')
  const inner = figures.flatMap((figure, index) => {
    const next = figures[index + 1]
    return next === undefined ? [figure] : [figure, figure + (next - figure) / 2]
  })
  return [lowest - Math.max(1, Math.abs(lowest)), ...inner, highest + Math.max(1, Math.abs(highest))]
}

/** Truth below, at and above a figure → the comparison. */
const RAYS: Readonly<Record<string, Operator>> = {
  TTF: '<=',
  TFF: '<',
  FTT: '>=',
  FFT: '>',
  FTF: '==',
  TFT: '!=',
}

function boundsOf(figures: readonly number[], truths: readonly boolean[]): Pick<ConditionBounds, 'joint' | 'bounds'> {
  const letters = (from: number): string =>
    truths
      .slice(from, from + 3)
      .map((truth) => (truth ? 'T' : 'F'))
      .join('')
  const turns = figures.flatMap((value, index) => {
    const is = RAYS[letters(2 * index)]
    return is === undefined ? [] : [{ is, value }]
  })
  const [first, second, ...more] = turns
  if (!first) throw new ConditionError('does not depend on the value')
  if (!second) return { joint: 'all', bounds: [first] }
  const rising = first.is.startsWith('>') && second.is.startsWith('<')
  const falling = first.is.startsWith('<') && second.is.startsWith('>')
  if (more.length > 0 || (!rising && !falling)) throw new ConditionError('is more than one range')
  if (falling) return { joint: 'any', bounds: [first, second] }
  if (first.is === '>=' && second.is === '<=')
    return { joint: 'all', bounds: [{ is: 'between', value: first.value, valueMax: second.value }] }
  return { joint: 'all', bounds: [first, second] }
}

/** Whether the highest or the lowest of several values decides: tried on every pair of values. */
function foldOf(expression: Expression, figures: readonly number[]): 'max' | 'min' {
  const trials = trialsAround(figures)
  const decides = (fold: 'max' | 'min'): boolean =>
    trials.every((a) =>
      trials.every((b) => conditionHolds(expression, [a, b]) === conditionHolds(expression, [Math[fold](a, b)])),
    )
  if (decides('max')) return 'max'
  if (decides('min')) return 'min'
  throw new ConditionError('asks of several series what neither the highest nor the lowest decides')
}
