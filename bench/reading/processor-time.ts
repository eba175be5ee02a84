// How long a piece of work keeps this process busy, whatever else the machine does meanwhile.

/** Milliseconds of the processor or of the clock, whichever are fewer: threads that clean up beside the work count only once. */
export function busyMs(work: () => void): number {
  const before = process.cpuUsage()
  const startedAt = performance.now()
  work()
  const { user, system } = process.cpuUsage(before)
  return Math.min((user + system) / 1000, performance.now() - startedAt)
}
