// Canary stages written as items: "**Smoke (1% traffic, 5 min)**: ...". The figures are a course of action, not bounds.
import type { Item } from '../../plan/plan.ts'
import type { Stage } from '../../plan/stage.ts'
import { DURATION_UNIT, durationMs } from '../bounds/durations.ts'

const STAGE = new RegExp(
  String.raw`\(?\b(\d+(?:\.\d+)?)\s*%\s*(?:of\s+)?(?:the\s+)?(?:traffic|users|requests)\b(?:\s*(?:,|for|-|–|—|\/|:)\s*(?:for\s+)?(\d+(?:\.\d+)?)\s*(${DURATION_UNIT}))?\)?`,
  'i',
)

/** "95% of requests complete within a second": what so many of them are to do, or do wrong. */
const DO_SO =
  /^\s+(?:complet\w*|serv\w+\b(?! (?:by|from|to))|succe\w+|return\w*|respond\w*|finish\w*|fail\w*|answer\w*|process\w*|(?:in )?under|within|below|can|see\b|experienc\w+|affected|report\w*)/i

/** The stage an item describes, or null. `durationMs` is 0 where none is stated. */
export function readStage(item: Pick<Item, 'text' | 'label'>): Stage | null {
  const match = STAGE.exec(item.text)
  if (!match) return null
  const weight = Number(match[1])
  if (weight > 100 || /[<>≤≥]\s*$/.test(item.text.slice(0, match.index))) return null
  if (DO_SO.test(item.text.slice(match.index + match[0].length))) return null
  const name =
    (item.label ?? item.text)
      .replace(STAGE, '')
      .split(':')[0]
      ?.replace(/[\s(–—-]+$/, '')
      .trim() ?? ''
  return {
    name: name === '' ? `${weight}%` : name.toLowerCase(),
    weight,
    durationMs: match[3] ? (durationMs(Number(match[2]), match[3]) ?? 0) : 0,
    preview: false,
  }
}

/** The stages a document lists, in order, each with the item that stands for it. */
export function readStages(items: readonly Item[]): { item: string; stage: Stage }[] {
  return items.flatMap((item) => {
    const stage = item.kind === 'reference' || item.kind === 'trigger' ? null : readStage(item)
    return stage ? [{ item: item.id, stage }] : []
  })
}
