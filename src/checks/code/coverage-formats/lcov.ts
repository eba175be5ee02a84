// lcov's tracefile: records of source files; the counts are taken from what was hit, not from the sums that stand beside.
import { Unreadable } from '../report-file.ts'
import { addFigures, share, type Coverage, type Figures, type Share } from './figures.ts'

interface Record {
  path: string
  lines: Map<string, boolean>
  branches: Map<string, boolean>
  functions: Map<string, boolean>
  sums: Map<string, number>
}

/** @throws Unreadable where it is no tracefile, or was cut. */
export function readLcov(path: string, text: string): Coverage {
  const files = new Map<string, Record>()
  let record: Record | null = null
  for (const line of text.split(/\r?\n/)) {
    const [, key = '', value = ''] = /^(SF|DA|BRDA|FN|FNDA|LF|LH|BRF|BRH|FNF|FNH):(.*)$/.exec(line) ?? []
    if (key === 'SF') {
      // The same file may stand in several records, one a test.
      record = files.get(value) ?? {
        path: value,
        lines: new Map(),
        branches: new Map(),
        functions: new Map(),
        sums: new Map(),
      }
      files.set(value, record)
    } else if (line.trim() === 'end_of_record') record = null
    else if (record && key) note(record, key, value)
  }
  if (files.size === 0 || record !== null) throw new Unreadable(`${path} is not a tracefile of lcov, or was cut`)
  const all = [...files.values()].map((found) => ({ path: found.path, figures: figuresOf(found) }))
  return { total: addFigures(all.map(({ figures }) => figures)), files: all }
}

function note(record: Record, key: string, value: string): void {
  const parts = value.split(',')
  const hit = (map: Map<string, boolean>, name: string, count: string | undefined): void => {
    map.set(name, (map.get(name) ?? false) || Number(count) > 0)
  }
  if (key === 'DA') hit(record.lines, parts[0] ?? '', parts[1])
  else if (key === 'BRDA') hit(record.branches, parts.slice(0, 3).join(), parts[3])
  else if (key === 'FN') hit(record.functions, parts.slice(1).join().replace(/^\d+,/, ''), '0')
  else if (key === 'FNDA') hit(record.functions, parts.slice(1).join(), parts[0])
  else record.sums.set(key, Number(value))
}

function figuresOf({ lines, branches, functions, sums }: Record): Figures {
  const of = (hits: Map<string, boolean>, found: string, covered: string): Share | undefined =>
    hits.size > 0
      ? { covered: [...hits.values()].filter(Boolean).length, total: hits.size }
      : share(sums.get(covered) ?? null, sums.get(found) ?? null)
  const figures: Figures = {}
  const known = {
    lines: of(lines, 'LF', 'LH'),
    branches: of(branches, 'BRF', 'BRH'),
    functions: of(functions, 'FNF', 'FNH'),
  }
  for (const metric of ['lines', 'branches', 'functions'] as const) {
    const found = known[metric]
    if (found) figures[metric] = found
  }
  return figures
}
