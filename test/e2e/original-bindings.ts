// gonogo.yaml for the original document, made from what its reader made of it: items are found by where they stand and a few
// letters of what they say, so that no sentence of a third party's document has to stand in this project.
import { readStages } from '../../src/checklist/items/stages.ts'
import {
  guardFromThreshold,
  guardFromWords,
  watchFromThreshold,
  type ProposedGuard,
} from '../../src/guards/from-threshold.ts'
import type { WatchSpec } from '../../src/plan/binding.ts'
import type { Severity } from '../../src/plan/guard-rule.ts'
import type { Checklist, Item, Phase } from '../../src/plan/plan.ts'

type Entry = Record<string, unknown>

interface Rule {
  /** What the section's title says. */
  section: RegExp
  /** What the item says; left out: every item of it that nothing above binds. */
  item?: RegExp
  entry: Entry | ((item: Item) => Entry | null)
}

/** Phases that a release goes through: their commands are run as written. */
const CONDUCTED = new Set(['readiness', 'execute', 'verify'])

const check = (kind: string, options: Entry): Entry => ({ check: kind, with: options })
const run = (...command: string[]): Entry => check('command', { run: command })
const watch = (...watches: Entry[]): Entry => ({ watch: watches })
const ask = (role: string): Entry => ({ poll: role })

/** Every binding of the document. @throws Error when a rule finds nothing: then the document is another one. */
export function bindOriginal(checklist: Checklist, serviceUrl: string): Record<string, Entry> {
  const phases = new Map(checklist.phases.map((phase) => [phase.id, phase]))
  const rules = rulesFor(serviceUrl)
  const used = new Set<Rule>()
  const bindings: Record<string, Entry> = {}
  for (const { item, stage } of stagesOf(checklist)) bindings[item] = { rollout: stage.name }
  for (const item of checklist.items) {
    const phase = phases.get(item.phase)
    if (!phase || item.kind === 'reference' || item.kind === 'record' || bindings[item.id]) continue
    const entry = bindByStructure(item, phase) ?? bindByRule(item, phase, rules, used) ?? bindTheRest(item)
    if (entry) bindings[item.id] = entry
  }
  const idle = rules.filter((rule) => !used.has(rule))
  if (idle.length > 0) throw new Error(`found nothing for ${idle.map((rule) => `${rule.section} ${rule.item}`).join()}`)
  return bindings
}

/** The canary stages as the document lists them. */
export function stagesOf(checklist: Checklist) {
  return readStages(checklist.items)
}

/** Commands, triggers, alerts and measurable thresholds need no words of ours. */
function bindByStructure(item: Item, phase: Phase): Entry | null {
  if (item.commands.length > 0 && CONDUCTED.has(phase.kind))
    return copiesDatabase(item) ? { backup: 'database' } : { action: 'command', with: { readOnly: true } }
  if (item.polarity === 'bad-state') return bindGuard(item, item.kind === 'trigger' ? 'rollback' : 'notify')
  if (item.proposal && item.proposal.confidence >= 0.8 && item.proposal.check === 'node-version')
    return check('node-version', item.proposal.options)
  return bindWatch(item)
}

/** What a plain `cp` takes of a database in use is no backup: gonogo refuses it as written and takes its own. Every other command looks. */
export function copiesDatabase(item: Item): boolean {
  return item.commands.some(({ script }) => /^cp\b/.test(script))
}

function bindGuard(item: Item, severity: Severity): Entry | null {
  const context = { id: item.id, title: item.text, item: item.id, severity }
  const proposals = item.thresholds.map((threshold) =>
    guardFromThreshold(threshold, { ...context, polarity: 'bad-state' }),
  )
  const found = [...proposals, ...(item.thresholds.length === 0 ? [guardFromWords(item.text, context)] : [])]
  const rules = found.filter((proposal) => proposal !== null).map(({ rule }) => guardEntry(rule))
  return rules.length > 0 ? { guard: rules } : null
}

/** A rule of the plan as gonogo.yaml writes it. */
function guardEntry({ kind, options, severity, restoreData, unknownMax }: ProposedGuard): Entry {
  return { kind, ...options, severity, restoreData, unknownMax }
}

function bindWatch(item: Item): Entry | null {
  // Over all that was recorded: the two versions ran at the same time only before the last stage.
  const found = item.thresholds.map((threshold) => watchFromThreshold(threshold, { polarity: 'good', forMs: 0 }))
  const watches = found.filter((proposal) => proposal !== null).map((proposal) => watchEntry(proposal.watch))
  return watches.length > 0 ? { watch: watches } : null
}

function watchEntry({ operator: is, forMs, ...rest }: WatchSpec): Entry {
  return { ...rest, is, for: forMs }
}

function bindByRule(item: Item, { title }: Phase, rules: readonly Rule[], used: Set<Rule>): Entry | null {
  for (const rule of rules) {
    if (!rule.section.test(title) || (rule.item && !rule.item.test(item.text))) continue
    const entry = typeof rule.entry === 'function' ? rule.entry(item) : rule.entry
    if (!entry) continue
    used.add(rule)
    return entry
  }
  return null
}

/** What only a person can answer is left to `defaults.ask`; what nobody can verify by a machine is asked by name. */
function bindTheRest(item: Item): Entry | null {
  const personal = item.verifiable === 'person' || item.kind === 'poll' || item.condition !== null
  return personal && item.polarity === 'good' ? null : ask(item.polarity === 'good' ? 'release-manager' : 'dba')
}

const DATABASE = 'data/database.db'
const MIGRATIONS = { tool: 'sql-folder', database: DATABASE }
const consistency = (options: Entry = {}): Entry => check('consistency', options)
const rules = (...names: string[]): Entry => consistency({ rules: names })
const ORPHANS = rules('orphaned-sources', 'orphaned-targets')
const OUT_OF_LINE = rules('inconsistent-confidence')
const fullCheck = consistency({ mode: 'full-check' })
const judged = (...options: string[]): Entry => run('node', 'validate-consistency-fixes.js', ...options)
const HEALTHY = { signal: 'health', scope: 'stable', aggregate: 'last', is: '==', value: 1 }
const QUICK = { signal: 'response-time', scope: 'candidate', is: '<', value: 1000 }
const CALM = { signal: 'error-rate', scope: 'candidate', is: '<', value: 1 }

/** First match wins. */
function rulesFor(serviceUrl: string): Rule[] {
  const reached = (path: string): Entry => check('http', { url: serviceUrl + path })
  const writable = (path: string | string[]): Entry => check('file-permissions', { path, writable: true })
  const port = Number(new URL(serviceUrl).port)
  const connections = check('command', {
    shell: `node -e 'fetch(process.env.SERVICE_URL + "/metrics").then((r) => r.json()).then((m) => process.exit(m.connections.percent < 80 ? 0 : 1))'`,
  })
  const backupProved = check('backup-age', { backup: 'database', ageMax: '24 h', verify: true })
  const integrity = check('sqlite-integrity', { path: DATABASE })
  return [
    { section: /environment/i, item: /^database/i, entry: writable(DATABASE) },
    { section: /environment/i, item: /^backup/i, entry: writable('backups') },
    { section: /environment/i, item: /^monitoring/i, entry: reached('/metrics') },
    { section: /environment/i, item: /^network/i, entry: check('tcp', { host: '127.0.0.1', port }) },
    { section: /environment/i, item: /^disk/i, entry: check('disk', { path: '.', freeBytesMin: '200 MB' }) },
    { section: /environment/i, item: /^memory/i, entry: check('memory', { freeBytesMin: '100 MB' }) },
    {
      section: /environment/i,
      item: /^environment/i,
      entry: check('env', { present: ['SERVICE_URL', 'DATABASE_PATH'] }),
    },

    { section: /database prep/i, item: /backup/i, entry: { backup: 'database' } },
    { section: /database prep/i, item: /integrity/i, entry: integrity },
    {
      section: /database prep/i,
      item: /schema/i,
      entry: check('migration-status', { ...MIGRATIONS, expectVersion: '0001', pendingMax: 1 }),
    },
    { section: /database prep/i, item: /baseline/i, entry: watch({ ...QUICK, scope: 'stable', for: '3 s' }) },
    { section: /database prep/i, item: /connection/i, entry: connections },
    { section: /database prep/i, item: /lock/i, entry: ask('dba') },
    {
      section: /database prep/i,
      item: /transaction/i,
      entry: run('node', 'fix-data-consistency-issues.js', '--dry-run'),
    },

    { section: /security/i, entry: ask('security') },

    { section: /dependencies/i, item: /redis/i, entry: { skip: 'this installation has no Redis' } },
    { section: /dependencies/i, item: /neo4j/i, entry: { skip: 'this installation has no Neo4j' } },
    { section: /dependencies/i, item: /file system/i, entry: writable(['data', 'logs', 'backups']) },
    { section: /dependencies/i, item: /external/i, entry: { skip: 'evidence is loaded from files here' } },
    { section: /dependencies/i, item: /balancer/i, entry: reached('/health') },

    { section: /^phase 1/i, item: /validation/i, entry: judged('--pre-check') },
    { section: /^phase 1/i, item: /backup/i, entry: backupProved },
    { section: /^phase 1/i, item: /safety/i, entry: reached('/health') },

    { section: /^phase 2/i, item: /real-time/i, entry: watch({ ...HEALTHY, for: '3 s' }) },
    { section: /^phase 2/i, item: /alert/i, entry: ask('on-call') },
    {
      section: /^phase 2/i,
      item: /rollback/i,
      entry: check('command', {
        run: ['node', '../../bin/gonogo.js', 'status', '--format', 'json'],
        stdoutContains: 'wayBack',
      }),
    },
    { section: /^phase 2/i, item: /health/i, entry: watch(HEALTHY) },

    { section: /^phase 3/i, item: /alerts/i, entry: watch({ ...CALM, scope: 'any', is: '<=', value: 10 }) },

    {
      section: /^phase 4/i,
      item: /fixes/i,
      entry: { action: 'data-fix', with: { database: 'graph' } },
    },
    {
      section: /^phase 4/i,
      item: /schema/i,
      entry: { action: 'migration', with: { ...MIGRATIONS, down: 'required' } },
    },
    { section: /^phase 4/i, item: /^pre-/i, entry: judged('--pre-check') },
    { section: /^phase 4/i, item: /backup/i, entry: backupProved },
    { section: /^phase 4/i, item: /^post-/i, entry: fullCheck },
    {
      section: /^phase 4/i,
      item: /performance/i,
      entry: run('node', 'canary-deployment-tests.js', '--performance-only'),
    },

    { section: /^real-time/i, item: /connections/i, entry: connections },
    { section: /^real-time/i, item: /disk/i, entry: judged('--performance-test') },
    { section: /^(real-time|alert)/i, item: /orphaned/i, entry: ORPHANS },
    { section: /^real-time/i, item: /confidence/i, entry: OUT_OF_LINE },
    { section: /^real-time/i, item: /evidence/i, entry: rules('missing-evidence') },
    { section: /^real-time/i, item: /semantic/i, entry: rules('duplicate-semantic-ids') },
    { section: /^real-time/i, item: /success/i, entry: consistency({ successPercentMin: 95 }) },

    // Going back moves traffic; whether data was restored is for a person to say.
    { section: /^manual rollback/i, item: /database/i, entry: ask('dba') },
    { section: /^manual rollback/i, item: /integrity/i, entry: integrity },
    { section: /^manual rollback/i, item: /performance/i, entry: watch({ ...QUICK, scope: 'stable' }) },
    { section: /^manual rollback/i, item: /error/i, entry: watch({ ...CALM, scope: 'stable' }) },
    { section: /^manual rollback/i, item: /services/i, entry: reached('/health') },

    { section: /indicators/i, item: /validation/i, entry: consistency() },
    { section: /indicators/i, item: /orphaned/i, entry: ORPHANS },
    { section: /indicators/i, item: /confidence/i, entry: OUT_OF_LINE },
    { section: /indicators/i, item: /performance/i, entry: watch(QUICK) },
    { section: /indicators/i, item: /integrity/i, entry: integrity },
    { section: /indicators/i, item: /monitoring/i, entry: watch({ ...HEALTHY, scope: 'candidate' }) },
    { section: /indicators/i, item: /alerting/i, entry: ask('on-call') },
    {
      section: /benchmarks/i,
      item: /connections/i,
      entry: run('node', 'canary-deployment-tests.js', '--performance-only'),
    },
    { section: /benchmarks/i, entry: judged('--performance-test') },

    { section: /^immediate/i, item: /^monitoring/i, entry: watch(CALM, QUICK) },
    { section: /^immediate/i, item: /alert/i, entry: ask('on-call') },
    { section: /^immediate/i, item: /performance/i, entry: watch(QUICK) },
    { section: /^immediate/i, item: /user/i, entry: reached('/search?q=a') },
    { section: /^immediate/i, item: /^error/i, entry: watch(CALM) },
    { section: /^short/i, item: /trend/i, entry: watch(QUICK) },
    {
      section: /^long/i,
      item: /stability/i,
      entry: watch({ signal: 'restarts', aggregate: 'max', is: '==', value: 0 }),
    },

    { section: /completion/i, item: /automated/i, entry: fullCheck },
    { section: /completion|declaration/i, item: /critical/i, entry: watch({ ...CALM, is: '<=', value: 10 }) },
    { section: /completion/i, item: /engineering manager/i, entry: ask('manager') },
    { section: /completion/i, item: /devops/i, entry: ask('devops') },
    { section: /completion/i, item: /\bqa\b/i, entry: ask('qa') },
    { section: /completion/i, item: /product/i, entry: ask('product-owner') },
  ]
}
