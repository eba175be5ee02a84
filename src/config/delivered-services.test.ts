import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { loadKinds } from '../catalog/catalog.ts'
import type { PlanError } from '../lib/errors.ts'
import { deliveredServices, stagesOf } from './delivered-services.ts'
import { readProject } from './load.ts'

await loadKinds()

const KINDS = `
people: { release-manager: [ann] }
targets:
  api: { kind: process-group, command: [node, api.js] }
  web: { kind: process-group, command: [node, web.js] }
routers:
  api: { kind: builtin-proxy, listen: { port: 18081 } }
  web: { kind: builtin-proxy, listen: { port: 18082 } }
`

function load(written: string) {
  const delivery = written.replace('SIGNALS', '')
  const signals = delivery === written ? '' : 'signals: { traffic: { kind: router } }\n'
  const directory = mkdtempSync(join(tmpdir(), 'gonogo-services-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  writeFileSync(join(directory, 'gonogo.yaml'), `service: shop${KINDS}${signals}delivery:\n${delivery}`)
  return readProject(directory).config.delivery!
}

const VERSIONS = `  candidate: v2
  stable: v1
  strategy: { kind: canary, stages: [{ name: few, weight: 10, duration: 1 min }, { name: all, weight: 100, duration: 1 min }] }
`

it('a delivery of one service is what stands beside its versions', () => {
  const delivery = load(`  target: api\n  router: api\n${VERSIONS}`)
  expect(deliveredServices(delivery)).toEqual([
    { name: '', target: 'api', router: 'api', candidate: null, stable: null },
  ])
  expect(stagesOf(delivery).map(({ name, service }) => [name, service])).toEqual([
    ['few', undefined],
    ['all', undefined],
  ])
})

it('several go in the order in which they depend on each other, each through all its stages', () => {
  const delivery = load(
    `  services:\n    web: { target: web, router: web, after: [api], candidate: w9 }\n    api: { target: api, router: api }\n${VERSIONS}`,
  )
  expect(deliveredServices(delivery).map(({ name, candidate }) => [name, candidate])).toEqual([
    ['api', null],
    ['web', 'w9'],
  ])
  expect(stagesOf(delivery).map(({ name, service, weight }) => [name, service, weight])).toEqual([
    ['api.few', 'api', 10],
    ['api.all', 'api', 100],
    ['web.few', 'web', 10],
    ['web.all', 'web', 100],
  ])
})

it.each([
  [
    'a circle',
    '  services: { a: { target: api, router: api, after: [b] }, b: { target: web, router: web, after: [a] } }\n',
    /a after b after a/,
  ],
  [
    'a service that is not there',
    '  services: { a: { target: api, router: api, after: [c] } }\n',
    /there is no service "c"/,
  ],
  [
    'two that share a target',
    '  services: { a: { target: api, router: api }, b: { target: api, router: web } }\n',
    /"api" is the target of a already/,
  ],
  [
    'two that share a router',
    '  services: { a: { target: api, router: api }, b: { target: web, router: api } }\n',
    /"api" is the router of a already/,
  ],
  [
    'services and a target',
    '  target: api\n  services: { a: { target: api, router: api } }\n',
    /stands in each of the services/,
  ],
  ['neither', '', /says what is deployed/],
  [
    'figures of nobody in particular',
    'SIGNALS  services: { a: { target: api, router: api }, b: { target: web, router: web } }\n',
    /does not say of which service/,
  ],
  ['no router where there must be one', '  target: api\n', /something has to send them requests/],
  ['a target that is not there', '  target: app\n  router: api\n', /"app" is not defined/],
  [
    'a target of a service that is not there',
    '  services: { a: { target: app, router: api } }\n',
    /"app" is not defined/,
  ],
])('refuses %s, with its line', (_, delivery, message) => {
  const thrown = (() => {
    try {
      return load(delivery + VERSIONS)
    } catch (error) {
      return error as PlanError
    }
  })() as PlanError
  expect(thrown.message).toMatch(message)
  expect(thrown.place.line).toBeGreaterThan(7)
})
