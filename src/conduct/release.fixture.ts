// A small release for tests of its delivery: one document, one configuration, choices where the tests differ.
import { createBench, type Bench, type BenchOptions } from './conduct.fixture.ts'

const DOCUMENT = `# Release

## Deployment Execution
- [ ] Schema is migrated
- [ ] Canary is delivered

## Rollback Procedures
### Automatic Rollback Triggers
- [ ] Error rate exceeds 50%
- [ ] Health check fails

### Rollback Verification
- [ ] Old version answers

## Sign-off
- [ ] **Product Owner**: accepts
`

export interface Choices extends Partial<Omit<BenchOptions, 'document' | 'config'>> {
  /** YAML of the strategy. */
  strategy?: string
  autoPromote?: boolean
  migrate?: string
  restore?: boolean
  after?: string
  /** YAML: lines of the delivery, and sections of their own. */
  delivery?: string
  sections?: string
}

export const LONG =
  '{ kind: canary, stages: [{ name: few, weight: 10, duration: 30s }, { name: all, weight: 100, duration: 30s }] }'
export const SHORT =
  '{ kind: canary, stages: [{ name: few, weight: 10, duration: 20ms }, { name: all, weight: 100, duration: 20ms }] }'

/** A bench for this release. */
export function createRelease(choices: Choices = {}): Bench {
  return createBench({ ...choices, document: DOCUMENT, config: configOf(choices) })
}

const configOf =
  ({ strategy = SHORT, autoPromote = true, migrate, after = 'true', delivery = '', sections = '' }: Choices) =>
  (id: (words: string) => string): string =>
    `
people: { release-manager: [ann], tester: [tom] }
targets: { app: { kind: process-group, command: [node, x.js] } }
routers: { edge: { kind: builtin-proxy, listen: { port: 18080 } } }
signals: { traffic: { kind: router }, health: { kind: health, path: /health } }
delivery:
  target: app
  router: edge
  candidate: v2
  stable: v1
  autoPromote: ${autoPromote}
  strategy: ${strategy}
  sampling: 10ms
${delivery}${sections}bindings:
  ${id('Schema is migrated')}: { action: command, with: ${migrate ?? '{ shell: "echo up >> log", undo: "echo down >> log", verify: "test -f log" }'} }
  ${id('Canary is delivered')}: { rollout: true }
  ${id('Error rate exceeds')}: { guard: { signal: error-rate, is: ">", value: 50 } }
  ${id('Health check fails')}: { guard: { signal: health, is: "<", value: 1 } }
  ${id('Old version answers')}: { check: command, with: { run: ["${after}"] } }
  ${id('Product Owner')}: { poll: release-manager }
`

/** A source whose values the test sets. */
export function createSignals() {
  const now: Record<string, number | null> = { 'error-rate': 0, health: 1 }
  const signals = Object.keys(now)
  const sample = async (at: number) =>
    signals.map((signal) => ({
      signal,
      version: 'v2',
      at,
      value: now[signal] ?? null,
      unit: 'percent' as const,
      observations: 100,
    }))
  return { now, source: { name: 'test', signals, source: { sample } } }
}
