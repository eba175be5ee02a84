import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { gonogo } from './command-line.fixture.ts'

const CONFIG = `service: shop
checklist: CHECKLIST.md
people: { release-manager: [ann] }
secrets: { PASSWORD: '\${env:SHOP_PASSWORD}', CERTIFICATE: '\${file:secrets/certificate}' }
variables: { REGION: '\${env:SHOP_REGION}' }
targets:
  api: { kind: command, prepare: [./deploy, '{version}', '--key', '\${env:SHOP_PASSWORD}'], retire: [./stop], addresses: ['{version}:80'] }
  web: { kind: process-group, command: [node, web.js], instances: 1, env: { KEY: '\${env:SHOP_PASSWORD}' } }
routers:
  api: { kind: builtin-proxy, listen: { port: 18081 } }
  web: { kind: command, set: [./route, '{version}', '{weight}'], unverified: true, env: { KEY: '\${env:SHOP_PASSWORD}' } }
delivery:
  services: { api: { target: api, router: api }, web: { target: web, router: web, after: [api], candidate: '8.0' } }
  candidate: v2
  stable: v0
  strategy: { kind: at-once, watch: 1s }
`

function projectAt(left: Record<string, string> | null): string {
  const directory = mkdtempSync(join(tmpdir(), 'gonogo-deploy-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  writeFileSync(join(directory, 'gonogo.yaml'), CONFIG)
  writeFileSync(join(directory, 'CHECKLIST.md'), '# Release\n\n## Deployment\n\n- [ ] It is there\n')
  if (left) {
    mkdirSync(join(directory, '.gonogo'))
    writeFileSync(join(directory, '.gonogo', 'stable.json'), JSON.stringify(left))
  }
  return directory
}

describe('deploy --dry-run', () => {
  it('takes each service back to the version that the last release of it left', async () => {
    const { code, out } = await gonogo(projectAt({ api: 'v1', web: '7.1' }), 'deploy', '--dry-run', '--json')
    expect(code).toBe(0)
    const parts = JSON.parse(out) as { service: string; what: string }[]
    expect(parts.filter(({ what }) => what.startsWith('back')).map(({ service, what }) => [service, what])).toEqual([
      ['web', 'back: all traffic to 7.1'],
      ['api', 'back: all traffic to v1'],
    ])
  })

  it('wants no secret, and leaves nothing behind', async () => {
    const directory = projectAt(null)
    const { code, out, err } = await gonogo(directory, 'deploy', '--dry-run')
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toContain("./deploy v2 --key '${env:SHOP_PASSWORD}'")
    expect(readdirSync(directory).toSorted()).toEqual(['CHECKLIST.md', 'gonogo.yaml'])
  })

  it('shows the name of a secret that is set, never what it is', async () => {
    vi.stubEnv('SHOP_PASSWORD', 'correct-horse')
    onTestFinished(() => void vi.unstubAllEnvs())
    const { out } = await gonogo(projectAt(null), 'deploy', '--dry-run')
    expect(out).toContain('${env:SHOP_PASSWORD}')
    expect(out).not.toContain('correct-horse')
  })
})
