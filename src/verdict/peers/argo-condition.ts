// Conditions of Argo Rollouts' metrics (`result[0] >= 0.95 || isNaN(result[0])`): read into a tree. A subset of expr-lang.

export type Expression =
  | { kind: 'constant'; value: number | string | boolean | null }
  /** The measured value: a number, or a list of one number a series. */
  | { kind: 'result' }
  /** `#`: the element that a predicate is about. */
  | { kind: 'element' }
  | { kind: 'index'; of: Expression; index: Expression }
  | { kind: 'call'; name: CallName; args: Expression[] }
  | { kind: 'quantified'; name: Quantifier; of: Expression; predicate: Expression }
  | { kind: 'unary'; operator: '!' | '-'; of: Expression }
  | { kind: 'binary'; operator: BinaryOperator; left: Expression; right: Expression }

export type BinaryOperator = '||' | '&&' | Comparison | 'in' | '??' | '+' | '-' | '*' | '/' | '%'
export type Comparison = '==' | '!=' | '<' | '<=' | '>' | '>='
export type Quantifier = 'all' | 'any' | 'none' | 'one'
export type CallName = (typeof CALLS)[number]

const CALLS = ['len', 'isNaN', 'isInf', 'isNil', 'default', 'asInt', 'asFloat', 'float', 'int', 'abs'] as const
const QUANTIFIERS: readonly string[] = ['all', 'any', 'none', 'one']
const CONSTANTS: Readonly<Record<string, boolean | null>> = { true: true, false: false, nil: null }
const WORD_OPERATORS: Readonly<Record<string, string>> = { and: '&&', or: '||', not: '!', in: 'in' }

/** From the weakest to the strongest; those of a row bind alike, from the left. */
const PRECEDENCE: readonly (readonly string[])[] = [
  ['||'],
  ['&&'],
  ['==', '!=', '<', '<=', '>', '>=', 'in'],
  ['+', '-'],
  ['*', '/', '%'],
  ['??'],
]

/** Conditions are written by hand; longer or deeper ones are refused rather than recursed into. */
const LENGTH_MAX = 4000
const DEPTH_MAX = 60

/** A condition that is no expression, or one that uses what is not understood here. */
export class ConditionError extends Error {
  override readonly name = 'ConditionError'
}

interface Token {
  type: 'number' | 'text' | 'word' | 'sign'
  text: string
}

/** @throws {ConditionError} that says what is not understood. */
export function parseCondition(source: string): Expression {
  if (source.length > LENGTH_MAX) throw new ConditionError(`longer than ${LENGTH_MAX} characters`)
  const reader = new Reader(tokensOf(source))
  const expression = reader.binary(0)
  if (!reader.atEnd()) throw new ConditionError(`unexpected "${reader.peek()}"`)
  return expression
}

function tokensOf(source: string): Token[] {
  const pattern =
    /\s+|(?<number>\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+)|(?<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(?<word>[A-Za-z_]\w*)|(?<sign>\|\||&&|==|!=|<=|>=|\?\?|[-+*/%<>!()[\]{},#.])|(?<other>.)/gsy
  const tokens: Token[] = []
  for (const { groups = {} } of source.matchAll(pattern)) {
    if (groups.other !== undefined) throw new ConditionError(`unexpected "${groups.other}"`)
    const type = (['number', 'text', 'word', 'sign'] as const).find((name) => groups[name] !== undefined)
    if (!type) continue
    const text = groups[type] ?? ''
    const operator = type === 'word' && Object.hasOwn(WORD_OPERATORS, text) ? WORD_OPERATORS[text] : undefined
    tokens.push(operator === undefined ? { type, text } : { type: 'sign', text: operator })
  }
  return tokens
}

class Reader {
  readonly #tokens: readonly Token[]
  #at = 0
  #depth = 0

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens
  }

  atEnd(): boolean {
    return this.#at >= this.#tokens.length
  }

  peek(): string {
    return this.#tokens[this.#at]?.text ?? 'the end'
  }

  binary(level: number): Expression {
    const operators = PRECEDENCE[level]
    if (!operators) return this.#unary()
    let left = this.binary(level + 1)
    for (;;) {
      const operator = operators.find((sign) => this.#takes(sign))
      if (operator === undefined) return left
      left = { kind: 'binary', operator: operator as BinaryOperator, left, right: this.binary(level + 1) }
    }
  }

  #unary(): Expression {
    const operator = (['!', '-'] as const).find((sign) => this.#takes(sign))
    if (operator) return this.#deeper(() => ({ kind: 'unary', operator, of: this.#unary() }))
    let expression = this.#deeper(() => this.#primary())
    while (this.#takes('[')) {
      expression = { kind: 'index', of: expression, index: this.binary(0) }
      this.#expect(']')
    }
    if (this.peek() === '.') throw new ConditionError('a field of the result is read; only numbers are understood')
    return expression
  }

  #primary(): Expression {
    const token = this.#tokens[this.#at]
    if (!token) throw new ConditionError('ends too early')
    this.#at += 1
    if (token.type === 'number') return { kind: 'constant', value: Number(token.text) }
    if (token.type === 'text') return { kind: 'constant', value: token.text.slice(1, -1).replaceAll(/\\(.)/gs, '$1') }
    if (token.type === 'word') return this.#word(token.text)
    if (token.text === '#') return { kind: 'element' }
    if (token.text !== '(') throw new ConditionError(`unexpected "${token.text}"`)
    const inner = this.binary(0)
    this.#expect(')')
    return inner
  }

  #word(name: string): Expression {
    if (name === 'result') return { kind: 'result' }
    if (Object.hasOwn(CONSTANTS, name)) return { kind: 'constant', value: CONSTANTS[name] ?? null }
    if (!this.#takes('(')) throw new ConditionError(`unknown name "${name}"`)
    const call = CALLS.find((known) => known === name)
    const expression = QUANTIFIERS.includes(name) ? this.#quantified(name as Quantifier) : this.#call(name, call)
    this.#expect(')')
    return expression
  }

  #call(name: string, call: CallName | undefined): Expression {
    if (!call) throw new ConditionError(`unknown function "${name}"`)
    const args = [this.binary(0)]
    while (this.#takes(',')) args.push(this.binary(0))
    if (args.length !== (call === 'default' ? 2 : 1))
      throw new ConditionError(`"${name}" has ${args.length} argument${args.length === 1 ? '' : 's'}`)
    return { kind: 'call', name: call, args }
  }

  /** `all(result, # < 5)`, also with braces around the predicate. */
  #quantified(name: Quantifier): Expression {
    const of = this.binary(0)
    this.#expect(',')
    const braced = this.#takes('{')
    const predicate = this.binary(0)
    if (braced) this.#expect('}')
    return { kind: 'quantified', name, of, predicate }
  }

  #deeper(read: () => Expression): Expression {
    if (++this.#depth > DEPTH_MAX) throw new ConditionError(`nested more than ${DEPTH_MAX} deep`)
    const expression = read()
    this.#depth -= 1
    return expression
  }

  #takes(sign: string): boolean {
    const token = this.#tokens[this.#at]
    if (token?.type !== 'sign' || token.text !== sign) return false
    this.#at += 1
    return true
  }

  #expect(sign: string): void {
    if (!this.#takes(sign)) throw new ConditionError(`expected "${sign}", found "${this.peek()}"`)
  }
}
