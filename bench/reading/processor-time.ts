// How long a piece of work keeps the main thread at work, whatever else the machine does meanwhile.

/** Milliseconds of the processor that this thread takes; those of threads that clean up beside it are not counted. */
export function busyMs(work: () => void): number {
  const before = process.threadCpuUsage()
  work()
  const { user, system } = process.threadCpuUsage(before)
  return (user + system) / 1000
}
