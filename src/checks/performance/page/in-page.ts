// What is asked inside the page, as text: it runs there, under the page's own eyes, so every figure is checked when it comes back.
import { z } from 'zod'

const figure = z.number().finite().min(0).nullable().catch(null)

/** Milliseconds from the start of the navigation; null where the page or the browser has no such figure. */
export const vitals = z.object({
  domContentLoadedMs: figure,
  loadMs: figure,
  firstContentfulPaintMs: figure,
  largestContentfulPaintMs: figure,
  /** The largest sum of shifts in a window of at most 5 s without a second's pause, as web.dev defines the score. */
  layoutShift: figure,
  text: z.string().catch(''),
})

export type Vitals = z.infer<typeof vitals>

/** Text of a page that is looked through for what is wanted, at most. */
const TEXT_CHARS_MAX = 2_000_000
/** Observers give what they have kept a moment after they are asked. */
const OBSERVED_MS = 100

/** Gives {@link Vitals}. */
export const READ_VITALS = `(async () => {
  const kept = { 'largest-contentful-paint': [], 'layout-shift': [] }
  for (const type of Object.keys(kept)) {
    try { new PerformanceObserver((list) => kept[type].push(...list.getEntries())).observe({ type, buffered: true }) } catch {}
  }
  await new Promise((resolve) => setTimeout(resolve, ${OBSERVED_MS}))
  const [navigation] = performance.getEntriesByType('navigation')
  const paint = performance.getEntriesByName('first-contentful-paint')[0]
  let [score, sum, first, last] = [0, 0, -Infinity, -Infinity]
  for (const { value, startTime, hadRecentInput } of kept['layout-shift']) {
    if (hadRecentInput) continue
    if (startTime - last >= 1000 || startTime - first >= 5000) [sum, first] = [0, startTime]
    sum += value
    last = startTime
    score = Math.max(score, sum)
  }
  return {
    domContentLoadedMs: navigation?.domContentLoadedEventEnd || null,
    loadMs: navigation?.loadEventEnd || null,
    firstContentfulPaintMs: paint?.startTime ?? null,
    largestContentfulPaintMs: kept['largest-contentful-paint'].at(-1)?.startTime ?? null,
    layoutShift: score,
    text: (document.body?.innerText ?? '').slice(0, ${TEXT_CHARS_MAX}),
  }
})()`

const short = z.string().transform((text) => text.slice(0, 300))

/** What axe found, as much of it as is kept. */
export const violations = z
  .array(
    z.object({
      id: short,
      impact: z.enum(['minor', 'moderate', 'serious', 'critical']).nullable().catch(null),
      help: short,
      elements: z.number(),
      first: short,
    }),
  )
  .max(500)

export type Violation = z.infer<typeof violations>[number]

/** Gives {@link violations}; axe's own source must have been run in the page before. */
export function axeScript(options: Record<string, unknown>): string {
  return `axe.run(document, ${JSON.stringify({ ...options, resultTypes: ['violations'] })}).then(({ violations }) =>
    violations.slice(0, 500).map(({ id, impact, help, nodes }) => ({
      id: String(id), impact: impact ?? null, help: String(help), elements: nodes.length,
      first: String(nodes[0]?.target?.flat?.(3)?.join(' ') ?? ''),
    })))`
}
