// Asks a page scan what it can tell; the rest, with the reason why not, is left to SQL.
import type { PageScan, ScanRule } from '../databases/page-scan.ts'
import type { DatabaseSchema } from '../databases/schema.ts'
import { messageOf } from '../lib/errors.ts'
import type { Rule } from './rule.ts'
import type { Answer } from './rule-result.ts'

export interface ScanAsk {
  schema: DatabaseSchema
  rules: readonly Rule[]
  keysMax: number
  workers: number
  signal: AbortSignal
  /** Rows read so far, of about so many. */
  progress?: (rowsDone: number, rowsTotal: number) => void
}

/** Answers by name of rule, `found` or `not-eligible`; none of rules that no scan is for. */
export async function scanRules(scan: PageScan, { schema, rules, ...options }: ScanAsk): Promise<Map<string, Answer>> {
  const asked = rules.flatMap((rule): { rule: Rule; question: ScanRule }[] => {
    const question = rule.kind.scan?.(rule.options, schema) ?? null
    return question ? [{ rule, question }] : []
  })
  const answers = new Map<string, Answer>()
  if (asked.length === 0) return answers
  const began = performance.now()
  try {
    const found = await scan(
      asked.map(({ question }) => question),
      options,
    )
    const durationMs = performance.now() - began
    for (const [index, { rule }] of asked.entries()) {
      const one = found[index]
      if (one?.type === 'exact') {
        const keys = one.keys.map((key) => [key])
        answers.set(rule.name, { ...one, type: 'found', way: 'pages', keys, plan: [], durationMs })
      } else answers.set(rule.name, { type: 'not-eligible', problem: one?.reason ?? 'no answer', durationMs })
    }
  } catch (error) {
    options.signal.throwIfAborted()
    // SQL says for itself whether the file can be read.
    for (const { rule } of asked)
      answers.set(rule.name, { type: 'not-eligible', problem: messageOf(error), durationMs: 0 })
  }
  return answers
}
