// One clock for all processes of this machine: it never jumps, and backends, clients and the bench compare its readings.

/** Milliseconds, with a fraction, since a moment that is the same in every process. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6
}
