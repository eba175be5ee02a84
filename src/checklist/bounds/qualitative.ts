// Bounds without a number: "within SLA", "memory usage stable". A question for a person, never a pass by itself.
import type { Threshold } from '../../plan/threshold.ts'

const MEASURED = '(?:usage|rates?|metrics?|performance|times?|latency|trends?|levels?|load|throughput|utili[sz]ation)'
const PATTERNS: [RegExp, Threshold['relativeTo']][] = [
  [
    /\b(?:within|meets?|meeting)\s+(?:the\s+)?(?:SLAs?|SLOs?|(?:acceptable|expected|normal|defined|reasonable|agreed)\b[\w ]*|thresholds?|limits?)/i,
    null,
  ],
  [/\b(?:below|under|above)\s+(?:the\s+)?(?:acceptable\s+)?(?:thresholds?|limits?)\b/i, null],
  [/\b(?:returned to|at|near|matches|similar to)\s+(?:the\s+)?baseline\b/i, 'baseline'],
  [
    new RegExp(
      String.raw`\b${MEASURED}\s+(?:is\s+|are\s+|remains?\s+)?(?:normal(?:i[sz]ed)?|stable|acceptable|optimal|good)\b`,
      'i',
    ),
    null,
  ],
]
const HINT = /within|meet|threshold|limit|baseline|normal|stable|acceptable|optimal|good|\bno(?:t)?\b/i
const NOT_INCREASING =
  /\b(?:should|must|does|do|did)\s+not\s+(?:increase|grow|regress|degrade)|\bno\s+(?:increase|growth|regression|degradation)\s+in\b/i

/** A bound of which nothing is known yet. */
export const EMPTY_THRESHOLD: Threshold = {
  subject: '',
  aggregate: null,
  operator: '>=',
  value: null,
  valueMax: null,
  unit: null,
  windowMs: null,
  consecutive: null,
  relativeTo: null,
  text: '',
}

/** The bound a text states in words alone, or null. */
export function qualitativeBound(text: string): Threshold | null {
  if (!HINT.test(text)) return null
  const still = NOT_INCREASING.exec(text)
  if (still) return { ...bound(text, still.index, still[0]), relativeTo: 'baseline' }
  for (const [pattern, relativeTo] of PATTERNS) {
    const match = pattern.exec(text)
    if (match) return { ...bound(text, match.index, match[0]), relativeTo }
  }
  return null
}

function bound(text: string, at: number, words: string): Threshold {
  const before = text
    .slice(0, at)
    .replace(/[\s:(–—-]+$/, '')
    .split(/[:(]/)
    .at(-1)
  const measured = new RegExp(String.raw`^(.*?${MEASURED})\b`, 'i').exec(words)?.[1]
  const subject = (measured ? `${before ?? ''} ${measured}` : (before ?? ''))
    .replace(/\b(?:is|are|that|confirm|verify|ensure)\b/gi, ' ')
    .replace(/\s+/g, ' ')
  return {
    ...EMPTY_THRESHOLD,
    subject: subject.trim().toLowerCase().slice(0, 80),
    operator: '<=',
    text: words.trim(),
  }
}
