// How strong the evidence against the candidate is, in a few characters of the status line.
import type { Sample } from '../plan/signal.ts'

const SIGNAL = /^evidence-(.+)$/

/** `evidence errors 12:1, latency none`; empty where nothing is judged by statistics. */
export function evidenceText(samples: Iterable<Sample>): string {
  const metrics = [...samples].flatMap(({ signal, value }) => {
    const metric = SIGNAL.exec(signal)?.[1]
    return metric && value !== null ? [`${metric} ${oddsText(value)}`] : []
  })
  return metrics.length > 0 ? `evidence ${metrics.join(', ')}` : ''
}

/** From a decimal logarithm: less than 1:1 speaks for the candidate, not against it. */
function oddsText(log10: number): string {
  if (log10 <= 0) return 'none'
  const odds = 10 ** log10
  return odds < 10 ? `${odds.toFixed(1)}:1` : `${Math.round(odds).toLocaleString('en-US')}:1`
}
