// The JSON summary of Istanbul (c8, nyc, Jest, Vitest).
import { z } from 'zod'
import { Unreadable } from '../report-file.ts'
import { addFigures, figuresOf, share, type Coverage, type Figures } from './figures.ts'

const counts = z.object({ covered: z.number(), total: z.number() }).optional()
const entry = z.object({ lines: counts, branches: counts, functions: counts, statements: counts })
const shape = z.record(z.string(), entry)

/** @throws Unreadable where it is no such summary. */
export function readJsonSummary(path: string, text: string): Coverage {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new Unreadable(`${path} is not coverage that is known here: lcov, Cobertura, Clover, JaCoCo, JSON summary`)
  }
  const result = shape.safeParse(value)
  if (!result.success) throw new Unreadable(`${path} is not a JSON summary of coverage (coverage-summary.json)`)
  const files = Object.entries(result.data)
    .filter(([name]) => name !== 'total')
    .map(([name, found]) => ({ path: name, figures: figuresIn(found) }))
  const { total } = result.data
  return { total: total ? figuresIn(total) : addFigures(files.map(({ figures }) => figures)), files }
}

function figuresIn(found: z.infer<typeof entry>): Figures {
  const of = (given: z.infer<typeof counts>) => (given ? share(given.covered, given.total) : undefined)
  return figuresOf({
    lines: of(found.lines),
    branches: of(found.branches),
    functions: of(found.functions),
    statements: of(found.statements),
  })
}
