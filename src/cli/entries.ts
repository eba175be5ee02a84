// Entries of gonogo.yaml on the screen: as they would stand in the file.
import { stringify } from 'yaml'
import type { ProposedEntry } from '../planning/propose.ts'

/** `{ guard: { signal: error-rate, is: ">", value: 50 } }` on one line. */
export function describeEntry(entry: Readonly<Record<string, unknown>>): string {
  return stringify(entry, { collectionStyle: 'flow', lineWidth: 0 }).trim()
}

/** `90 % sure: says "Node.js v18+"` */
export function describeProposal({ confidence, why }: Pick<ProposedEntry, 'confidence' | 'why'>): string {
  return `${Math.round(confidence * 100)} % sure: ${why}`
}
