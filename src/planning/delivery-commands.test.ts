import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { readChecklist } from '../checklist/read.ts'
import { loadProject } from '../config/load.ts'
import type { Versions } from '../plan/delivered-service.ts'
import { deliveryCommands } from './delivery-commands.ts'
import { planRelease } from './plan-release.ts'

const CANARY =
  '{ kind: canary, stages: [{ name: few, weight: 10, duration: 1s }, { name: all, weight: 100, duration: 1s }] }'

/** The dry-run of these services, at these versions. */
async function commandsOf(services: string, strategy: string, versions: Record<string, Versions>) {
  const directory = mkdtempSync(join(tmpdir(), 'gonogo-dry-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  const config = `service: shop
people: { release-manager: [ann] }
targets:
  api: { kind: process-group, command: [node, api.js, '--key=\${env:NOT_SET}'], instances: 1, env: { TOKEN: '\${env:NOT_SET}' } }
  web: { kind: process-group, command: [node, web.js], instances: 2 }
  page: { kind: static-site, source: 'dist-{version}', folder: www }
routers:
  api: { kind: builtin-proxy, listen: { port: 18081 } }
  web: { kind: builtin-proxy, listen: { port: 18082 } }
delivery:
  services: ${services}
  candidate: v2
  stable: v0
  strategy: ${strategy}
`
  writeFileSync(join(directory, 'gonogo.yaml'), config)
  const project = await loadProject(directory)
  const checklist = readChecklist('C.md', Buffer.from('# R\n\n## Deployment\n- [ ] ok\n'))
  const plan = planRelease({ project, checklist })
  const delivered = (plan.delivery?.services ?? []).map((service) => ({
    service,
    versions: versions[service.name] ?? { stable: 'v1', candidate: 'v2' },
  }))
  return { directory, commands: deliveryCommands(project, plan, delivered) }
}

const SERVICES = '{ web: { target: web, router: web, after: [api] }, api: { target: api, router: api } }'

it('shows what would be executed in order, service by service at its own versions, and the way back in the reverse', async () => {
  const { directory, commands } = await commandsOf(SERVICES, CANARY, { web: { stable: '7.1', candidate: '8.0' } })
  expect(commands.map(({ service, what }) => [service, what])).toEqual([
    ['api', 'start v2'],
    ['web', 'start 8.0'],
    ['api', 'few: 90 % to v1, 10 % to v2'],
    ['api', 'all: all traffic to v2'],
    ['web', 'few: 90 % to 7.1, 10 % to 8.0'],
    ['web', 'all: all traffic to 8.0'],
    ['web', 'back: all traffic to 7.1'],
    ['api', 'back: all traffic to v1'],
  ])
  expect(commands[0]?.commands).toEqual([`PORT=<free port> node api.js --key=\${env:NOT_SET}  (in ${directory}, v2-1)`])
  expect(commands[1]?.commands).toHaveLength(2)
  expect(commands[6]?.commands.join()).toMatch(/router web.* 7\.1$/)
  expect(commands.every((part) => part.commands.length > 0)).toBe(true)
})

it('a target in place switches when it is its turn, and goes back first where it came last', async () => {
  const services = '{ api: { target: api, router: api }, page: { target: page, after: [api] } }'
  const { commands } = await commandsOf(services, '{ kind: at-once, watch: 1s }', {
    page: { stable: 'p1', candidate: 'p2' },
  })
  expect(commands.map(({ service, what }) => [service, what])).toEqual([
    ['api', 'start v2'],
    ['api', 'full: all traffic to v2'],
    ['page', 'start p2'],
    ['page', 'back: all traffic to p1'],
    ['api', 'back: all traffic to v1'],
  ])
  expect(commands[2]?.commands.at(-1)).toMatch(/^rename a new link to .*p2/)
  expect(commands[3]?.commands).toEqual(['switch target page back to p1'])
})

it('a service that stays at its version is told of, and not touched', async () => {
  const { commands } = await commandsOf(SERVICES, CANARY, { api: { stable: 'v2', candidate: 'v2' } })
  expect(commands.map(({ service, what }) => [service, what])).toEqual([
    ['web', 'start v2'],
    ['api', 'stays at v2'],
    ['web', 'few: 90 % to v1, 10 % to v2'],
    ['web', 'all: all traffic to v2'],
    ['web', 'back: all traffic to v1'],
  ])
  expect(commands[1]?.commands).toEqual([])
})
