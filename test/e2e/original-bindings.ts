// gonogo.yaml for the original document, made from what its reader made of it (see bindings/binder.ts). A service on this machine.
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
import { ask, asWritten, bindByRules, check, inSection, run, watch, type Entry, type Rule } from './bindings/binder.ts'

/** Phases that a release goes through: their commands are run as written. */
const CONDUCTED = new Set(['readiness', 'execute', 'verify'])

/** Every binding of the document. @throws Error when a rule finds nothing: then the document is another one. */
export function bindOriginal(checklist: Checklist, serviceUrl: string): Record<string, Entry> {
  return bindByRules(checklist, {
    structure: bindByStructure,
    rules: [...rulesFor(serviceUrl), ...askedOfPeople()],
    rest: (item) => (item.polarity === 'good' ? null : ask('dba')),
  })
}

/** The canary stages as the document lists them. */
export function stagesOf(checklist: Checklist) {
  return readStages(checklist.items)
}

/** Commands, triggers, alerts and measurable thresholds need no words of ours. */
function bindByStructure(item: Item, phase: Phase): Entry | null {
  if (item.commands.length > 0 && CONDUCTED.has(phase.kind))
    return copiesDatabase(item) ? { backup: 'database' } : asWritten({ readOnly: true })
  if (item.polarity === 'bad-state') return bindGuard(item, item.kind === 'trigger' ? 'rollback' : 'notify')
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
const HEALTHY_TOO = { ...HEALTHY, scope: 'candidate' }
const CALM = { signal: 'error-rate', scope: 'candidate', is: '<', value: 1 }
/** Not much more than the version before it, both under the same load. */
const STEADY = { signal: 'memory', scope: 'candidate', aggregate: 'last', is: '<', value: 50, relativeTo: 'baseline' }
const gonogo = (...words: string[]): string[] => ['node', '../../bin/gonogo.js', ...words]
/** Every step of this run is on record, and none was altered. */
const recordSound = check('command', { run: gonogo('ledger', 'verify') })
const wayBackKnown = check('command', { run: gonogo('status', '--format', 'json'), stdoutContains: 'wayBack' })

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
    { section: /environment/i, item: /^node/i, entry: check('node-version', { range: '>=18' }) },
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
    {
      section: /database prep/i,
      item: /transaction/i,
      entry: run('node', 'fix-data-consistency-issues.js', '--dry-run'),
    },

    { section: /^. security/i, item: /audit/i, entry: recordSound },
    { section: /^. security/i, item: /network/i, entry: check('port', { port, loopbackOnly: true }) },

    { section: /dependencies/i, item: /redis/i, entry: { skip: 'this installation has no Redis' } },
    { section: /dependencies/i, item: /neo4j/i, entry: { skip: 'this installation has no Neo4j' } },
    { section: /dependencies/i, item: /file system/i, entry: writable(['data', 'logs', 'backups']) },
    { section: /dependencies/i, item: /external/i, entry: { skip: 'evidence is loaded from files here' } },
    { section: /dependencies/i, item: /cdn/i, entry: { skip: 'this installation has no CDN' } },
    { section: /dependencies/i, item: /balancer/i, entry: reached('/health') },

    { section: /^phase 1/i, item: /validation/i, entry: judged('--pre-check') },
    { section: /^phase 1/i, item: /backup/i, entry: backupProved },
    { section: /^phase 1/i, item: /safety/i, entry: reached('/health') },

    { section: /^phase 2/i, item: /real-time/i, entry: watch({ ...HEALTHY, for: '3 s' }) },
    { section: /^phase 2/i, item: /rollback/i, entry: wayBackKnown },
    { section: /^phase 2/i, item: /breakers/i, entry: { skip: 'this service calls no other' } },
    { section: /^phase 2/i, item: /health/i, entry: watch(HEALTHY) },

    { section: /^phase 3/i, item: /metrics/i, entry: watch(CALM, QUICK) },
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
    { section: /^(real-time|alert)/i, item: /confidence/i, entry: OUT_OF_LINE },
    { section: /^real-time/i, item: /evidence/i, entry: rules('missing-evidence') },
    { section: /^real-time/i, item: /semantic/i, entry: rules('duplicate-semantic-ids') },
    { section: /^real-time/i, item: /success/i, entry: consistency({ successPercentMin: 95 }) },

    { section: /^manual rollback/i, item: /integrity/i, entry: integrity },
    { section: /^manual rollback/i, item: /performance/i, entry: watch({ ...QUICK, scope: 'stable' }) },
    { section: /^manual rollback/i, item: /error/i, entry: watch({ ...CALM, scope: 'stable' }) },
    { section: /^manual rollback/i, item: /services/i, entry: reached('/health') },

    { section: /indicators/i, item: /validation/i, entry: consistency() },
    { section: /indicators/i, item: /orphaned/i, entry: ORPHANS },
    { section: /indicators/i, item: /confidence/i, entry: OUT_OF_LINE },
    { section: /indicators/i, item: /performance/i, entry: watch(QUICK) },
    { section: /indicators/i, item: /integrity/i, entry: integrity },
    { section: /indicators/i, item: /monitoring/i, entry: watch(HEALTHY_TOO) },
    { section: /indicators/i, item: /memory/i, entry: watch(STEADY) },
    { section: /indicators|declaration/i, item: /rollback/i, entry: wayBackKnown },
    {
      section: /benchmarks/i,
      item: /connections/i,
      entry: run('node', 'canary-deployment-tests.js', '--performance-only'),
    },
    { section: /benchmarks/i, entry: judged('--performance-test') },

    { section: /^immediate/i, item: /^monitoring/i, entry: watch(CALM, QUICK) },
    { section: /^immediate/i, item: /performance/i, entry: watch(QUICK) },
    { section: /^immediate/i, item: /user/i, entry: reached('/search?q=a') },
    { section: /^immediate/i, item: /^error/i, entry: watch(CALM) },
    { section: /^short/i, item: /trend/i, entry: watch(QUICK) },
    {
      section: /^long/i,
      item: /stability/i,
      entry: watch({ signal: 'restarts', aggregate: 'max', is: '==', value: 0 }),
    },

    { section: /report/i, item: /^technical/i, entry: recordSound },

    { section: /completion/i, item: /performance/i, entry: watch(QUICK) },
    { section: /completion/i, item: /rollback/i, entry: check('restore-tested', { backup: 'database' }) },
    { section: /declaration/i, item: /technical/i, entry: watch(HEALTHY_TOO, CALM, QUICK) },
    {
      section: /declaration/i,
      item: /benchmarks/i,
      entry: run('node', 'canary-deployment-tests.js', '--performance-only'),
    },
    { section: /completion/i, item: /automated/i, entry: fullCheck },
    { section: /completion|declaration/i, item: /critical/i, entry: watch({ ...CALM, is: '<=', value: 10 }) },
  ]
}

/** What no machine of this installation can tell, and why. */
function askedOfPeople(): Rule[] {
  const told = 'alerts are read by people here: they say what arrives'
  const shown = 'what a dashboard shows, somebody has to look at'
  const later = 'it is for after the release: who does it says so'
  const back = 'what is done about it, those say who do it'
  return [
    ...inSection(/database prep/i, [/lock/i, ask('dba', 'each connection sets its own, and nothing shows it')]),
    ...inSection(
      /^. security/i,
      [/access/i, ask('security', 'how little is enough is a judgement')],
      [/secret/i, ask('security', 'when secrets were exchanged, only their issuer knows')],
      [/encryption/i, ask('security', 'disks are encrypted out of sight of programs')],
      [/compliance/i, ask('security')],
    ),
    ...inSection(/^phase 2/i, [/alert/i, ask('on-call', told)], [/dashboard/i, ask('on-call', shown)]),
    ...inSection(/^manual rollback/i, [/database/i, ask('dba', 'whether data was put back, too, a person decided')]),
    ...inSection(/^post-rollback/i, [/./, ask('release-manager', back)]),
    ...inSection(/indicators/i, [/alerting/i, ask('on-call', told)], [/dashboard/i, ask('on-call', shown)]),
    ...inSection(
      /^immediate/i,
      [/alert/i, ask('on-call', told)],
      [/^log/i, ask('release-manager', 'which lines of a log are an issue, its reader says')],
    ),
    ...inSection(/^short/i, [/feedback:|optimization|documentation/i, ask('release-manager', later)]),
    ...inSection(/^long/i, [/lessons/i, ask('release-manager', later)]),
    ...inSection(/report/i, [
      /^(?:executive|performance)/i,
      ask('release-manager', 'whether the report says enough, its readers say'),
    ]),
    ...inSection(
      /completion/i,
      [/manual/i, ask('release-manager', 'it is what was tried by hand')],
      [/scheduled/i, ask('release-manager', later)],
      [/engineering manager/i, ask('manager')],
      [/devops/i, ask('devops')],
      [/\bqa\b/i, ask('qa')],
      [/product/i, ask('product-owner')],
    ),
    ...inSection(/declaration/i, [/confident/i, ask('release-manager', 'confidence is what people have')]),
  ]
}
