import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { PlanError } from '../lib/errors.ts'
import { readProject } from './load.ts'
import { findProject } from './locate.ts'
import { loadKinds } from '../catalog/catalog.ts'

await loadKinds()

function load(text: string) {
  const directory = mkdtempSync(join(tmpdir(), 'gonogo-config-'))
  writeFileSync(join(directory, 'gonogo.yaml'), text)
  return readProject(directory)
}

/** The error a person sees, from the line number on. */
function complaint(text: string): string {
  try {
    load(text)
  } catch (error) {
    if (error instanceof PlanError) return error.toLine().replace(/^.*gonogo\.yaml:/, '')
    throw error
  }
  return 'it loads'
}

const WHOLE = `service: shop
people: { release-manager: [ann], dba: [dan] }
defaults: { ask: release-manager }
targets: { app: { kind: process-group, command: [node, server.js] } }
routers: { edge: { kind: builtin-proxy, listen: { port: 8080 } } }
backups: { database: { kind: sqlite, database: data/app.db } }
signals: { traffic: { kind: router }, health: { kind: health } }
delivery:
  target: app
  router: edge
  candidate: v2
  stable: v1
  restore: database
  strategy: { kind: canary }
environments: { staging: { variables: { URL: x } } }
guards:
  errors: { signal: error-rate, is: '>', value: 5 }
bindings:
  a/check: { check: tcp, with: { host: localhost, port: 1 } }
  a/stage: { rollout: majority }
  a/watch: { watch: { signal: health, is: ==, value: 1 } }
  a/backup: { backup: database }
  a/poll: { poll: dba }
`

/** `WHOLE` with one piece of it replaced, which must be there. */
function but(piece: string, other: string): string {
  expect(WHOLE).toContain(piece)
  return WHOLE.replace(piece, other)
}

describe('gonogo.yaml', () => {
  it('loads with its defaults', () => {
    const { config, stateDirectory, directory } = load(WHOLE)
    expect(config).toMatchObject({
      environment: 'production',
      checklist: 'DEPLOYMENT_CHECKLIST.md',
      defaults: { ask: 'release-manager', timeout: 300_000 },
      delivery: { autoPromote: false, sampling: 1000, watchdog: { after: 10_000, policy: 'rollback' } },
      guards: { errors: { kind: 'bound', severity: 'rollback', restoreData: false, unknownMax: 0 } },
    })
    expect(stateDirectory).toBe(join(directory, '.gonogo'))
  })

  it('is found from a directory below it', () => {
    const { directory } = load(WHOLE)
    mkdirSync(join(directory, 'a/b'), { recursive: true })
    expect(findProject(join(directory, 'a/b'))).toBe(directory)
  })

  it('says where an item id with slashes stands, and the nearest place for what is not there', () => {
    const { placeOf } = load(WHOLE)
    expect(placeOf(['bindings', 'a/watch'])).toMatchObject({ line: 21, path: 'bindings/a/watch' })
    expect(placeOf(['bindings', 'a/none'])).toMatchObject({ line: 18 })
    expect(placeOf(['nothing'])).not.toHaveProperty('line')
  })

  it('is asked for where there is none', () => {
    const empty = mkdtempSync(join(tmpdir(), 'gonogo-config-'))
    expect(() => readProject(empty)).toThrow(/there is no gonogo.yaml here/)
  })
})

describe('what is wrong is said in one line, with the line of the key and what would be right', () => {
  it.each([
    ['no YAML', 'service: [1', '1: Flow sequence .*; expected valid YAML'],
    ['an unknown key', `${WHOLE}bindngs: {}\n`, '24: bindngs: unknown key "bindngs"; did you mean "bindings"\\?'],
    ['a key far from any', 'service: a\nfoo: 1', '2: foo: unknown key "foo"; expected one of service, environment.*'],
    ['a missing key', 'checklist: a', 'service: is missing; expected text', true],
    ['an empty section', 'service: a\nbindings:', '2: bindings: is empty; expected a map of keys'],
    ['the wrong type', 'service: 5', '1: service: got 5; expected text'],
    ['text for a number', but('value: 5', "value: 'x'"), '17: guards/errors/value: got text "x"; expected a number'],
    ['a list for a map', 'service: a\nbindings: [x]', '2: bindings: got a list; expected a map of keys'],
    ['text for a list', but('[dan]', 'dan'), '2: people/dba: got text "dan"; expected a list'],
    ['nobody in a role', but('[dan]', '[]'), '2: people/dba: is empty; expected at least 1 entry'],
    ['an unknown operator', but("is: '>'", 'is: =>'), '17: guards/errors/is: got text "=>"; expected one of <, <=.*'],
    ['a number too small', but('value: 5', 'value: 5, consecutive: 0'), '17: .*: 0 is too small; expected at least 1'],
    ['half a range', but("is: '>'", 'is: between'), '17: .*/valueMax: is missing: "between" has two ends'],
    ['no duration', but('{ ask', '{ timeout: soon, ask'), '3: .*: "soon" is not a duration; expected one like .*'],
    ['a name with spaces', but('errors:', 'a b:'), '17: guards/a b: cannot be called that: a name is letters.*'],
    [
      'an unknown kind',
      but('kind: router', 'kind: roter'),
      '7: signals/traffic/kind: unknown source kind "roter".*"router"\\?',
    ],
    [
      'an option of a kind',
      but('kind: health', 'kind: health, pth: /'),
      '7: signals/health/pth: .*did you mean "path"\\?',
    ],
    [
      'two sources that give the same signal',
      but('kind: health', 'kind: router'),
      '7: signals/health: "requests" is given by the source "traffic" already; expected .*prefix: health-.*',
    ],
    [
      'an unknown check',
      but('check: tcp', 'check: tpc'),
      '19: bindings/a/check/check: unknown check kind "tpc".*"tcp"\\?',
    ],
    [
      'an option of a check',
      but('port: 1', 'prot: 1'),
      '19: bindings/a/check/with/prot: unknown key "prot" .*"port"\\?',
    ],
    ['no form at all', but('{ poll', '{ pol'), '23: bindings/a/poll: does not say what it is; expected.*"poll"\\?'],
    ['two forms', but('{ poll: dba', '{ backup: x, poll: dba'), '23: bindings/a/poll: is backup and poll at once; .*'],
    ['an aggregate', but('is: ==', 'aggregate: mean, is: =='), '21: .*/aggregate: "mean" is no aggregate: .*p95'],
    ['an unknown target', but('target: app', 'target: ap'), '9: delivery/target: "ap" is not defined; .*"app"\\?'],
    [
      'an unknown router',
      but('router: edge', 'router: x'),
      '10: delivery/router: "x" is not defined; expected one of.*edge',
    ],
    [
      'an unknown backup to restore',
      but('restore: database', 'restore: db'),
      '13: delivery/restore: "db" is not defined.*',
    ],
    ['an unknown approver', but('  restore', '  approver: cto\n  restore'), '13: delivery/approver: "cto" is not.*'],
    ['an unknown role to ask', but('ask: release-manager', 'ask: boss'), '3: defaults/ask: "boss" is not defined; .*'],
    ['an unknown role in a poll', but('poll: dba', 'poll: dbo'), '23: bindings/a/poll/poll: "dbo" is not .*"dba"\\?'],
    ['an unknown backup', but('backup: database', 'backup: db'), '22: bindings/a/backup/backup: "db" is not defined.*'],
    [
      'an unknown stage',
      but('majority', 'mayority'),
      '20: bindings/a/stage/rollout: .*no stage "mayority".*"majority"\\?',
    ],
    ['bad stages', but('kind: canary', 'kind: canary, stages: []'), '14: delivery/strategy/stages: is empty; .*'],
    [
      'an unknown signal in a guard',
      but('error-rate', 'eror-rate'),
      '17: guards/errors: no source gives.*"error-rate"\\?',
    ],
    [
      'an unknown signal in a watch',
      but('signal: health', 'signal: helth'),
      '21: bindings/a/watch/watch: no source.*"health"\\?',
    ],
    [
      'data to restore from nowhere',
      but('  restore: database\n', '').replace('value: 5', 'value: 5, restoreData: true'),
      '16: guards/errors/restoreData: there is no backup.*',
    ],
  ] as [string, string, string, boolean?][])('%s', (_, text, expected, withoutLine) => {
    const line = complaint(text)
    expect(line).not.toContain('\n')
    if (withoutLine) expect(line).toContain(expected)
    else expect(line).toMatch(new RegExp(`^${expected}$`))
  })

  it('a signal that nothing gives yet, with the kind of source that would', () => {
    expect(complaint(but('signal: error-rate', 'signal: memory'))).toMatch(
      /a source of kind "process" under "signals" gives it$/,
    )
  })

  it.each([
    ['under secrets', 'service: a\nsecrets: { PIN: 314159 }', '2: secrets/PIN: got a number; expected text'],
    [
      'in an option that holds secrets',
      but('port: 1 }', 'port: 1 } }\n  a/env: { check: command, with: { shell: x, env: { PIN: 314159 } }'),
      '20: bindings/a/env/with/env/PIN: got a number; expected text',
    ],
  ])('nothing of a secret that was written out, %s', (_, text, expected) => {
    expect(complaint(text)).toBe(expected)
  })

  it('how many more there are', () => {
    expect(complaint('service: 5\nfoo: 1\nbar: 2')).toContain('unknown key "foo" (and 1 more)')
  })
})

describe('data in gonogo.yaml', () => {
  const DATA = `service: shop
databases: { main: { kind: sqlite, path: a.db } }
rules: { orphans: { kind: not-null, column: lines.order_id } }
backups: { main: { kind: sqlite, database: a.db, rules: main } }
bindings:
  a/data: { check: consistency, with: { rules: [orphans] } }
  a/fix: { action: data-fix, with: { database: main } }
  a/age: { check: backup-age, with: { backup: main, ageMax: 1 h } }
`

  it('loads when every name is there', () => {
    expect(complaint(DATA)).toBe('it loads')
  })

  it.each([
    ['a rule of a check', '[orphans]', '[orphan]', '6: bindings/a/data/with/rules: "orphan" is not defined'],
    ['the database of a fix', 'database: main }', 'database: mian }', '7: bindings/a/fix/with/database: "mian" is not'],
    ['the backup of an age', 'backup: main,', 'backup: min,', '8: bindings/a/age/with/backup: "min" is not defined'],
    ['the rules of a backup', 'rules: main }', 'rules: mian }', '4: backups/main/rules: "mian" is not defined'],
  ])('names what is not there: %s', (_, piece, other, words) => {
    expect(complaint(DATA.replace(piece, other))).toContain(words)
  })

  it('wants rules where a backup is to be judged by them', () => {
    const none = DATA.replace(/^rules:.*\n/m, '').replace(/^bindings:[\s\S]*/m, '')
    expect(complaint(none)).toContain('3: backups/main/rules: no rules are declared for the database "main"')
  })
})
