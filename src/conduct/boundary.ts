// The one place where secrets are taken out of what a run writes down, shows or sends. Evidence passes in `recordOutcome`.
import type { Services } from './services.ts'

/** The same services; whatever goes to the ledger, the run's record, the screen or the mailbox is redacted on its way. */
export function redacting(services: Services): Services {
  const { ledger, runs, redactor } = services
  const clean = <T>(value: T): T => redactDeep(value, (text) => redactor.redact(text)) as T
  return {
    ...services,
    ledger: {
      ...ledger,
      append: (runId, draft, when) => ledger.append(runId, { ...draft, body: clean(draft.body) }, when),
    },
    runs: { ...runs, update: (runId, change) => runs.update(runId, clean(change)) },
    send: (message) => services.send(clean(message)),
    emit(event) {
      try {
        // Samples are numbers, and many; what they say in words was redacted when they were taken.
        services.emit(event.type === 'sample' ? event : clean(event))
      } catch {
        // A screen that breaks must not take the release with it.
      }
    },
  }
}

/** Names that gonogo gives itself: a secret that happens to be part of one must not break it. */
const OWN = new Set([
  'id',
  'type',
  'item',
  'rule',
  'sha256',
  'hash',
  'status',
  'event',
  'state',
  'plan',
  'phase',
  'stage',
])

function redactDeep(value: unknown, redact: (text: string) => string): unknown {
  if (typeof value === 'string') return redact(value)
  if (Array.isArray(value)) return value.map((entry) => redactDeep(entry, redact))
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [key, OWN.has(key) ? member : redactDeep(member, redact)]),
  )
}
