// A bound on a measurement, as a document states it.

export type Operator = '<' | '<=' | '>' | '>=' | '==' | '!=' | 'between'

/** Base units: time in `ms`, sizes in `bytes`, shares in `percent` (0..100), plain numbers `count`, rates `per-second`, versions `version`. */
export type Unit = 'ms' | 'bytes' | 'percent' | 'count' | 'per-second' | 'bytes-per-second' | 'version' | (string & {})

export interface Threshold {
  /** What is bounded, in the document's words: `error rate`. */
  subject: string
  /** `avg`, `max`, `sum`, `p50`, `p95`, ...; null where none is named. */
  aggregate: string | null
  operator: Operator
  /** Null for a qualitative bound ("within SLA"): a question for a person, never a pass by itself. */
  value: number | null
  /** Upper end of `between`. */
  valueMax: number | null
  unit: Unit | null
  /** "for 5 minutes", "in the first hour". */
  windowMs: number | null
  /** "5 consecutive". */
  consecutive: number | null
  /** The value is a difference or ratio to this rather than absolute. */
  relativeTo: 'baseline' | 'previous' | null
  /** The words it was read from. */
  text: string
}

const OPPOSITES: Record<Operator, Operator | null> = {
  '<': '>=',
  '<=': '>',
  '>': '<=',
  '>=': '<',
  '==': '!=',
  '!=': '==',
  between: null,
}

/** What holds where the operator does not; null where that is no single operator. */
export function oppositeOf(operator: Operator): Operator | null {
  return OPPOSITES[operator]
}

/** Whether a measured value, in the threshold's unit, satisfies it; null when the threshold has no number. */
export function satisfies(
  threshold: Pick<Threshold, 'operator' | 'value' | 'valueMax'>,
  measured: number,
): boolean | null {
  const { operator, value, valueMax } = threshold
  if (value === null) return null
  switch (operator) {
    case '<':
      return measured < value
    case '<=':
      return measured <= value
    case '>':
      return measured > value
    case '>=':
      return measured >= value
    case '==':
      return measured === value
    case '!=':
      return measured !== value
    case 'between':
      return measured >= value && measured <= (valueMax ?? Number.POSITIVE_INFINITY)
  }
}
