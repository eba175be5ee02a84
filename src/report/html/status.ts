// A status is a word first; its colour only repeats it.
import { statusWord } from '../format.ts'
import type { ItemStatus, StageStatus, Tone } from '../shape.ts'
import type { RunState } from '../../plan/run-record.ts'
import { html, type Markup } from './markup.ts'

/** How a status or run state is meant. */
export function toneOf(status: ItemStatus | StageStatus | RunState): Tone {
  switch (status) {
    case 'passed':
    case 'succeeded':
      return 'good'
    case 'failed':
    case 'interrupted':
    case 'rolled-back':
    case 'aborted':
      return 'bad'
    case 'unverified':
    case 'waived':
    case 'paused':
      return 'warning'
    default:
      return 'neutral'
  }
}

/** `word` where the status has another name in its place. */
export function statusMarkup(status: ItemStatus | StageStatus | RunState, word = statusWord(status)): Markup {
  return html`<span class="status ${toneOf(status)}">${word}</span>`
}
