// The proxy's log: standard output, at most so many lines a minute, so that a dying backend cannot fill the disk.

const LINES_A_MINUTE_MAX = 60

export type Log = (line: string) => void

/** A log that drops what is too much and says afterwards how much it dropped. */
export function createLog(write: (text: string) => void, now: () => number = Date.now): Log {
  let minute = 0
  let lines = 0
  return (line) => {
    const current = Math.floor(now() / 60_000)
    if (current !== minute) {
      if (lines > LINES_A_MINUTE_MAX) write(`... ${lines - LINES_A_MINUTE_MAX} more lines in the minute before\n`)
      minute = current
      lines = 0
    }
    lines++
    if (lines <= LINES_A_MINUTE_MAX) write(`${new Date(now()).toISOString()} ${line}\n`)
  }
}
