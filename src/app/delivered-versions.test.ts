import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { loadProject, type Project } from '../config/load.ts'
import { deliveredVersions } from './delivered-versions.ts'
import { deliveryParts } from './delivery-parts.ts'
import { surroundingsOf } from './project.ts'

const SERVICES = `
  services:
    web: { target: web, router: web, after: [api], candidate: '8.0', stable: '7.0' }
    api: { target: api, router: api }`
const ONE = `
  target: api
  router: api`

/** A project whose last releases left these versions. */
async function projectOf(delivery: string, left: Record<string, string> | null = null): Promise<Project> {
  const directory = mkdtempSync(join(tmpdir(), 'gonogo-versions-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  const config = `service: shop
people: { release-manager: [ann] }
targets: { api: { kind: process-group, command: [node, a.js] }, web: { kind: process-group, command: [node, b.js] } }
routers: { api: { kind: builtin-proxy, listen: { port: 1 } }, web: { kind: builtin-proxy, listen: { port: 2 } } }
delivery:${delivery}
  candidate: v2
  stable: v0
  strategy: { kind: blue-green }
`
  writeFileSync(join(directory, 'gonogo.yaml'), config)
  const project = await loadProject(directory)
  if (left) {
    mkdirSync(project.stateDirectory)
    writeFileSync(join(project.stateDirectory, 'stable.json'), JSON.stringify(left))
  }
  return project
}

const left = ({ stateDirectory }: Project): unknown =>
  JSON.parse(readFileSync(join(stateDirectory, 'stable.json'), 'utf8'))

describe('deliveredVersions', () => {
  it('each service has its own: those the last releases left, else those of gonogo.yaml', async () => {
    const fresh = deliveredVersions(await projectOf(SERVICES), null)
    expect(fresh?.services.map(({ service, versions }) => [service.name, versions])).toEqual([
      ['api', { stable: 'v0', candidate: 'v2' }],
      ['web', { stable: '7.0', candidate: '8.0' }],
    ])
    expect(fresh?.labels).toEqual({ stable: 'api v0, web 7.0', candidate: 'v2' })

    const later = deliveredVersions(await projectOf(SERVICES, { api: 'v1', web: '7.1', other: 'v9' }), 'v3')
    expect(later?.services.map(({ versions }) => versions)).toEqual([
      { stable: 'v1', candidate: 'v3' },
      { stable: '7.1', candidate: '8.0' },
    ])
    expect(later?.labels).toEqual({ stable: 'api v1, web 7.1', candidate: 'v3' })
  })

  it('one name does for all of them where they are at the same version', async () => {
    const project = await projectOf(SERVICES, { api: 'v1', web: 'v1' })
    expect(deliveredVersions(project, null)?.labels.stable).toBe('v1')
  })

  it('a run that is resumed goes by those it began with, also when its end is remembered already', async () => {
    const project = await projectOf(SERVICES, { api: 'v2', web: '8.0' })
    expect(deliveredVersions(project, null, { api: 'v1', web: '7.1' })?.labels.stable).toBe('api v1, web 7.1')
    const parts = deliveryParts(project, surroundingsOf(project, 'production'), null, { api: 'v1', web: '8.0' })
    expect(parts?.stableOf).toEqual({ api: 'v1', web: '8.0' })
    expect([parts?.partOf('api').stays, parts?.partOf('web').stays]).toEqual([false, true])
  })

  it.each(['[1]', '{"api": 3}', '{"api": '])('names the file where somebody wrote %s into it', async (text) => {
    const project = await projectOf(SERVICES, {})
    writeFileSync(join(project.stateDirectory, 'stable.json'), text)
    expect(() => deliveredVersions(project, null)).toThrow(
      expect.objectContaining({ name: 'PlanError', message: expect.stringContaining('is not what gonogo wrote') }),
    )
  })

  it('leaves nothing behind', async () => {
    const project = await projectOf(ONE)
    expect(deliveredVersions(project, null)).toMatchObject({ labels: { stable: 'v0', candidate: 'v2' } })
    expect(existsSync(project.stateDirectory)).toBe(false)
  })
})

describe('what a delivery remembers', () => {
  const partsOf = async (project: Project) => deliveryParts(project, surroundingsOf(project, 'production'))

  it.each([
    ['the candidate', 'v2', { api: 'v2', web: '8.0' }],
    ['what was there before', 'api v1, web 7.1', { api: 'v1', web: '7.1' }],
    ['a third version that was brought up', 'v9', { api: 'v9', web: 'v9' }],
  ])('of several services: %s', async (_, version, expected) => {
    const project = await projectOf(SERVICES, { api: 'v1', web: '7.1', other: 'kept' })
    ;(await partsOf(project))?.remember(version)
    expect(left(project)).toEqual({ ...expected, other: 'kept' })
  })

  it('of one: any version', async () => {
    const project = await projectOf(ONE)
    ;(await partsOf(project))?.remember('v9')
    expect(left(project)).toEqual({ api: 'v9' })
  })
})
