// One line that is kept up to date while something long goes on; nothing where nobody watches.
import { columns, fit, paint } from './screen.ts'

export interface ProgressLine {
  show(text: string): void
  /** Takes the line away. */
  close(): void
}

/** Written to standard error, so that what is piped stays clean. */
export function progressLine(): ProgressLine {
  const stream = process.stderr
  let isShown = false
  const erase = (): void => {
    if (isShown) stream.write('\r\u001B[2K')
    isShown = false
  }
  return {
    show(text) {
      if (!stream.isTTY) return
      erase()
      stream.write(paint('dim', fit(text, columns() - 1).trimEnd(), stream))
      isShown = true
    },
    close: erase,
  }
}
