// The report for machines. Its shape is `ReportModel` in `shape.ts`, told apart by `format` and `formatVersion`.
import type { ReportModel } from './shape.ts'

/** Indented JSON. A number beyond every scale is the text `"Infinity"`: `null` would read as "not known". */
export function renderJson(model: ReportModel): string {
  return `${JSON.stringify(model, writeBeyond, 2)}\n`
}

function writeBeyond(_key: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value
}
