import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { loadKinds } from '../catalog/catalog.ts'
import { readChecklist } from '../checklist/read.ts'
import { readProject } from '../config/load.ts'
import { deliveryCommands } from './delivery-commands.ts'
import { planRelease } from './plan-release.ts'

await loadKinds()

const CONFIG = `service: shop
people: { release-manager: [ann] }
targets:
  api: { kind: process-group, command: [node, api.js], instances: 1, env: { TOKEN: '\${env:TOKEN}' } }
  web: { kind: process-group, command: [node, web.js], instances: 2 }
routers:
  api: { kind: builtin-proxy, listen: { port: 18081 } }
  web: { kind: builtin-proxy, listen: { port: 18082 } }
delivery:
  services: { web: { target: web, router: web, after: [api] }, api: { target: api, router: api } }
  candidate: v2
  stable: v1
  strategy: { kind: canary, stages: [{ name: few, weight: 10, duration: 1s }, { name: all, weight: 100, duration: 1s }] }
`

it('shows what would be executed in order, service by service, and the way back in the reverse', () => {
  const directory = mkdtempSync(join(tmpdir(), 'gonogo-dry-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  writeFileSync(join(directory, 'gonogo.yaml'), CONFIG)
  const project = readProject(directory)
  const plan = planRelease({
    project,
    checklist: readChecklist('C.md', Buffer.from('# R\n\n## Deployment\n- [ ] ok\n')),
  })
  const commands = deliveryCommands(project, plan, 'v1')
  expect(commands.map(({ service, what }) => [service, what])).toEqual([
    ['api', 'start v2'],
    ['api', 'few: 90 % to v1, 10 % to v2'],
    ['api', 'all: all traffic to v2'],
    ['web', 'start v2'],
    ['web', 'few: 90 % to v1, 10 % to v2'],
    ['web', 'all: all traffic to v2'],
    ['web', 'back: all traffic to v1'],
    ['api', 'back: all traffic to v1'],
  ])
  expect(commands[0]?.commands).toEqual([`PORT=<free port> node api.js  (in ${directory}, v2-1)`])
  expect(commands[3]?.commands).toHaveLength(2)
  expect(commands.every((part) => part.commands.length > 0)).toBe(true)
})
