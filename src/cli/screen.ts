// How gonogo looks on a terminal: aligned, coloured only where somebody looks, plain when piped.
import { styleText } from 'node:util'
import type { Status } from '../plan/outcome.ts'
import { cut, displayWidth, padTo } from './display-width.ts'

type Colour = 'green' | 'red' | 'yellow' | 'cyan' | 'dim' | 'bold'

/** Colours text for a stream that is a terminal, unless NO_COLOR says otherwise. */
export function paint(colour: Colour, text: string, stream: NodeJS.WriteStream = process.stdout): string {
  return styleText(colour, text, { stream, validateStream: true })
}

export type Mark = Status | 'running' | 'asked' | 'waived'

const MARKS: Record<Mark, { sign: string; colour: Colour }> = {
  passed: { sign: '✓', colour: 'green' },
  failed: { sign: '✗', colour: 'red' },
  unverified: { sign: '?', colour: 'yellow' },
  skipped: { sign: '-', colour: 'dim' },
  waived: { sign: '~', colour: 'yellow' },
  running: { sign: '>', colour: 'cyan' },
  asked: { sign: '»', colour: 'cyan' },
}

/** One sign; every status has a sign of its own, so that colour is never the only signal. */
export function mark(kind: Mark): string {
  const { sign, colour } = MARKS[kind]
  return paint(colour, sign)
}

/** Cuts text to a width, with an ellipsis; the terminal's own wrapping breaks alignment. */
export function fit(text: string, widthMax: number): string {
  return padTo(cut(text.replaceAll(/\s+/g, ' '), widthMax), widthMax)
}

/** Columns of the terminal; wide when piped, so that nothing is cut there. */
export function columns(): number {
  return process.stdout.isTTY ? (process.stdout.columns ?? 100) : 200
}

/** Rows as aligned columns; the last column is not padded. */
export function table(rows: readonly (readonly string[])[], indent = ''): string {
  const widths: number[] = []
  for (const row of rows)
    for (const [index, cell] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, visibleLength(cell))
  return rows
    .map(
      (row) =>
        indent +
        row
          .map((cell, index) =>
            index === row.length - 1 ? cell : cell + ' '.repeat((widths[index] ?? 0) - visibleLength(cell)),
          )
          .join('  ')
          .trimEnd(),
    )
    .join('\n')
}

function visibleLength(text: string): number {
  // oxlint-disable-next-line no-control-regex -- colour codes are control characters
  return displayWidth(text.replaceAll(/\u001B\[\d+m/g, ''))
}
