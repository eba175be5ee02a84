// The GitHub action: that its file is one, and its script run for real, with npx leading to this repository.
import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'

interface ActionFile {
  name: string
  description: string
  inputs: Record<string, { description: string; default?: string }>
  outputs: Record<string, { description: string; value: string }>
  runs: { using: string; steps: { id: string; shell: string; env: Record<string, string>; run: string }[] }
}

const root = fileURLToPath(new URL('../..', import.meta.url))
const text = readFileSync(join(root, 'action.yml'), 'utf8')
const action = parse(text) as ActionFile
const [step] = action.runs.steps
if (!step) throw new Error('the action has no step')

describe('action.yml', () => {
  it('is a composite action with a name, described inputs and outputs, and a shell for every step', () => {
    expect(action).toMatchObject({ name: expect.any(String), description: expect.any(String) })
    expect(action.runs.using).toBe('composite')
    for (const { description } of [...Object.values(action.inputs), ...Object.values(action.outputs)])
      expect(description).toMatch(/\S/)
    // Inputs of actions are texts: `false` without quotes is none.
    for (const input of Object.values(action.inputs)) expect(input.default).toBeTypeOf('string')
    for (const { shell } of action.runs.steps) expect(shell).toBe('bash')
  })

  it('uses every input it declares, and no other', () => {
    const used = [...text.matchAll(/inputs\.([\w-]+)/g)].map(([, name]) => name)
    expect([...new Set(used)].toSorted()).toEqual(Object.keys(action.inputs).toSorted())
  })

  it('gives out only what one of its steps writes', () => {
    for (const { value } of Object.values(action.outputs)) {
      const [, id, name] = /^\$\{\{ steps\.([\w-]+)\.outputs\.([\w-]+) \}\}$/.exec(value) ?? []
      const script = action.runs.steps.find((one) => one.id === id)?.run ?? ''
      expect(script).toContain(`${name}=`)
    }
  })

  it('splices nothing into a script: what a caller gives comes by the environment', () => {
    for (const { run, env } of action.runs.steps) {
      expect(run).not.toContain('${{')
      for (const name of Object.keys(env)) expect(run).toContain(`$${name}`)
      const { status, stderr } = spawnSync('bash', ['-n'], { input: run, encoding: 'utf8' })
      expect([status, stderr]).toEqual([0, ''])
    }
  })
})

describe('the script of the action', () => {
  let workspace = ''
  const at = (...path: string[]): string => join(workspace, ...path)

  beforeAll(() => {
    workspace = mkdtempSync(join(tmpdir(), 'gonogo-action-'))
    mkdirSync(at('bin'))
    mkdirSync(at('shop it'))
    writeFileSync(
      at('bin', 'npx'),
      `#!/bin/sh\necho "$2" > "${at('asked')}"\nshift 2\nexec node ${root}bin/gonogo.js "$@"\n`,
    )
    chmodSync(at('bin', 'npx'), 0o755)
    writeFileSync(
      at('shop it', 'CHECKLIST.md'),
      '# Shop\n\n## Before\n\n- [ ] **Disk**: there is room\n- [ ] The moon is up\n',
    )
    writeFileSync(at('shop it', 'gonogo.yaml'), 'service: shop\nchecklist: CHECKLIST.md\n')
  })
  afterAll(() => rmSync(workspace, { recursive: true, force: true }))

  function run(inputs: Record<string, string>) {
    const given = Object.fromEntries(
      Object.entries(step?.env ?? {}).map(([name, value]) => {
        const input = /inputs\.([\w-]+)/.exec(value)?.[1] ?? ''
        return [name, inputs[input] ?? action.inputs[input]?.default ?? '']
      }),
    )
    for (const file of ['output', 'summary']) writeFileSync(at(file), '')
    const { status, stdout, stderr } = spawnSync(
      'bash',
      ['--noprofile', '--norc', '-eo', 'pipefail', '-c', step?.run ?? ''],
      {
        cwd: workspace,
        encoding: 'utf8',
        env: {
          ...process.env,
          ...given,
          PATH: [at('bin'), dirname(process.execPath), process.env.PATH].join(delimiter),
          GITHUB_WORKSPACE: workspace,
          GITHUB_OUTPUT: at('output'),
          GITHUB_STEP_SUMMARY: at('summary'),
        },
      },
    )
    return {
      status,
      stdout,
      stderr,
      output: readFileSync(at('output'), 'utf8'),
      summary: readFileSync(at('summary'), 'utf8'),
    }
  }

  it('annotates, writes SARIF, other files and the job summary, and fails the job where something is not verified', () => {
    const { status, stdout, stderr, output, summary } = run({
      directory: 'shop it',
      version: '0.1.0',
      outputs: 'json=out/a b.json\n',
    })
    expect([status, stderr]).toEqual([3, ''])
    expect(stdout).toContain('::warning file=shop it/CHECKLIST.md,line=6,title=The moon is up::')
    expect(output).toBe('verdict=NOT VERIFIED\nexit-code=3\nsarif=gonogo.sarif\n')
    expect(summary).toContain('NOT VERIFIED: shop to production')
    expect(JSON.parse(readFileSync(at('gonogo.sarif'), 'utf8'))).toMatchObject({ version: '2.1.0' })
    expect(JSON.parse(readFileSync(at('out', 'a b.json'), 'utf8'))).toMatchObject({ verdict: 'NOT VERIFIED' })
    expect(readFileSync(at('asked'), 'utf8').trim()).toBe('gonogo@0.1.0')
  })

  it('takes what a caller gives as words, never as a program', () => {
    const { status, output } = run({ directory: '$(touch planted); `touch planted`', sarif: '' })
    expect(status).toBe(2)
    expect(output).toBe('verdict=ERROR\nexit-code=2\n')
    expect(existsSync(at('planted'))).toBe(false)
  })
})
