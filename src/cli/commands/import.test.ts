import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { afterEach, describe, expect, it, onTestFinished } from 'vitest'
import { gonogo } from './command-line.fixture.ts'

const ROLLOUT = `apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: { name: web }
spec:
  replicas: 2
  restartAt: "2026-01-01T00:00:00Z"
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [{ name: web, image: "shop/web:v1", ports: [{ containerPort: 80 }] }] }
  strategy: { blueGreen: { activeService: web } }
`

function folder(): string {
  const directory = mkdtempSync(join(tmpdir(), 'gonogo-import-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  writeFileSync(join(directory, 'rollout.yaml'), ROLLOUT)
  return directory
}

afterEach(() => {
  process.exitCode = 0
})

describe('gonogo import', () => {
  it('prints gonogo.yaml, with what did not carry over in front', async () => {
    const directory = folder()
    const { code, out } = await gonogo(directory, 'import', join(directory, 'rollout.yaml'))
    expect(code).toBe(0)
    expect(out).toMatch(/^# Imported: read it/)
    expect(out).toMatch(/# - .*rollout\.yaml:6: Rollout web: spec\.restartAt: restart it with kubectl/)
    expect(out).toContain('# It goes with web.yaml')
    expect(out).toContain('\ntargets:\n  web:\n    kind: kubernetes\n')
  })

  it('writes it into a directory with what it needs, and overwrites nothing', async () => {
    const directory = folder()
    const place = join(directory, 'new')
    const line = ['import', join(directory, 'rollout.yaml'), '--output', place]
    const { code, out } = await gonogo(directory, ...line)
    expect([code, readdirSync(place).toSorted()]).toEqual([0, ['gonogo.yaml', 'web.yaml']])
    expect(stripVTControlCharacters(out)).toMatch(/did not carry over, or are to be completed/)
    writeFileSync(join(place, 'web.yaml'), 'mine')
    rmSync(join(place, 'gonogo.yaml'))
    const again = await gonogo(directory, ...line)
    expect([again.code, again.err]).toEqual([2, expect.stringContaining('web.yaml is there already')])
    expect([readdirSync(place), readFileSync(join(place, 'web.yaml'), 'utf8')]).toEqual([['web.yaml'], 'mine'])
  })

  it('gives programs the same as JSON, and errors with file and line', async () => {
    const directory = folder()
    const { out } = await gonogo(directory, 'import', join(directory, 'rollout.yaml'), '--format', 'json')
    expect(JSON.parse(out)).toMatchObject({ config: { service: 'web' }, files: { 'web.yaml': expect.any(String) } })
    writeFileSync(join(directory, 'wrong.yaml'), 'kind: Rollout\nspec: [\n')
    const wrong = await gonogo(directory, 'import', join(directory, 'wrong.yaml'))
    expect([wrong.code, wrong.err]).toEqual([2, expect.stringMatching(/wrong\.yaml:\d: /)])
    const missing = await gonogo(directory, 'import', join(directory, 'no-such.yaml'))
    expect([missing.code, missing.err]).toEqual([2, expect.stringContaining('cannot be read (ENOENT)')])
  })
})
