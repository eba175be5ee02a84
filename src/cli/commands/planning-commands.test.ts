import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { loadProject } from '../../config/load.ts'
import { gonogo } from './command-line.fixture.ts'

const DOCUMENT = `# Release of the shop

## Before

- [ ] **Node.js**: v24+ is installed
- [ ] The moon is up

## Deployment

\`\`\`bash
# 1. Look
curl -f http://127.0.0.1:9/health
\`\`\`

## Rollback

**Automatic rollback triggers:**
- [ ] Error rate exceeds 50%
`

const CONFIG = `# ours, and kept
service: shop
checklist: CHECKLIST.md
people: { release-manager: [ann] }
targets: { app: { kind: process-group, command: [node, server.js] } }
routers: { edge: { kind: builtin-proxy, listen: { port: 8080 } } }
signals: { traffic: { kind: router } }
delivery: { target: app, router: edge, candidate: v2, stable: v1, strategy: { kind: canary } }
bindings: {}
`

function projectWith(files: Record<string, string>): string {
  const directory = mkdtempSync(join(tmpdir(), 'gonogo-cli-'))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text)
  return directory
}

const project = (): string => projectWith({ 'CHECKLIST.md': DOCUMENT, 'gonogo.yaml': CONFIG })

interface JsonItem {
  id: string
  text: string
  binding: { type: string } | null
  proposal: { check: string; options: object; confidence: number; why: string } | null
  proposedBinding: { entry: Record<string, unknown>; confidence: number; why: string } | null
}

async function itemsOf(directory: string): Promise<(words: string) => JsonItem> {
  const { out } = await gonogo(directory, 'plan', '--format', 'json')
  const { items } = JSON.parse(out) as { items: JsonItem[] }
  return (words) => items.find(({ text }) => text.includes(words)) as JsonItem
}

const configOf = (directory: string): string => readFileSync(join(directory, 'gonogo.yaml'), 'utf8')

afterEach(() => {
  // `main` sets the exit code of this very process, which is the test runner's.
  process.exitCode = 0
})

describe('gonogo plan', () => {
  it('shows every item, what is proposed for it, and what to type next', async () => {
    const { code, out } = await gonogo(project(), 'plan')
    expect(code).toBe(0)
    expect(out).toContain('The moon is up')
    expect(out).toMatch(/Node\.js: v24\+ is installed\s+proposed: \{ check: node-version/)
    expect(out).toMatch(/Error rate exceeds 50%\s+proposed: \{ guard: \{ signal: error-rate, is: ">", value: 50/)
    expect(out).toMatch(/bad state, immediate · error rate > 50 %/)
    expect(out).toMatch(/4 items: 0 bound, .* 1 that nothing can verify yet/)
    expect(out).toMatch(/next {2}gonogo bind\n {6}confirms 3 proposals: .*1 guard/)
  })

  it('gives machines the binding and the proposal of every item, a check as a check', async () => {
    const item = await itemsOf(project())
    expect(item('Error rate')).toMatchObject({
      binding: { type: 'unbound' },
      proposal: null,
      proposedBinding: { entry: { guard: { signal: 'error-rate', value: 50 } }, confidence: 0.9 },
    })
    expect(item('Node.js')).toMatchObject({
      proposal: { check: 'node-version', options: { range: '>=24' }, confidence: 0.9, why: expect.any(String) },
      proposedBinding: { entry: { check: 'node-version', with: { range: '>=24' } }, confidence: 0.9 },
    })
    expect(item('moon')).toMatchObject({ proposal: null, proposedBinding: null })
  })

  it('reads a document where there is no project, and proposes what the document alone says', async () => {
    const directory = projectWith({ 'release.md': DOCUMENT })
    const { code, out } = await gonogo(directory, 'plan', 'release.md')
    expect(code).toBe(0)
    expect(out).toContain('proposed: { check: node-version')
    expect(out).not.toContain('proposed: { guard')
  })

  it('reads a document that lies outside of the project, or that is another one, without the bindings of gonogo.yaml', async () => {
    const directory = project()
    const { id } = (await itemsOf(directory))('moon')
    writeFileSync(
      join(directory, 'gonogo.yaml'),
      CONFIG.replace('bindings: {}', `bindings: { ${id}: { skip: night } }`),
    )
    writeFileSync(join(directory, 'OTHER.md'), '# Other\n\n- [ ] Something else\n')
    const outside = join(projectWith({ 'away.md': '# Away\n\n- [ ] Far away\n' }), 'away.md')
    for (const [file, said] of [
      ['OTHER.md', 'Something else'],
      [outside, 'Far away'],
    ] as const) {
      const { code, out } = await gonogo(directory, 'plan', file)
      expect([code, out]).toEqual([0, expect.stringContaining(said)])
    }
    expect((await gonogo(directory, 'plan', 'OTHER.md')).out).toContain('gonogo.yaml binds CHECKLIST.md')
    const { code, err } = await gonogo(directory, 'plan', 'OTHER.md', '--lock')
    expect(code).toBe(2)
    expect(err).toContain('lock the plan of the checklist that gonogo.yaml names')
    expect((await gonogo(directory, 'plan', 'CHECKLIST.md')).out).toContain('skip: night')
  })

  it('explains one item: what the document says, how it was understood, what is proposed, what to type', async () => {
    const directory = project()
    const { id } = (await itemsOf(directory))('Error rate')
    const { out } = await gonogo(directory, 'plan', '--explain', id.slice(0, -3))
    expect(out).toContain(`${id}\nCHECKLIST.md:18`)
    expect(out).toMatch(/under\s+Release of the shop › Rollback/)
    expect(out).toMatch(/kind\s+trigger: /)
    expect(out).toMatch(/polarity\s+bad-state: a tick means trouble; immediate/)
    expect(out).toMatch(/bounds\s+error rate > 50 %/)
    expect(out).toMatch(/proposed\s+\{ guard: \{ signal: error-rate/)
    expect(out).toContain(`gonogo bind --accept ${id}`)
    const { out: json } = await gonogo(directory, 'plan', '--explain', '18', '--format', 'json')
    expect(JSON.parse(json)).toMatchObject({ id, kind: 'trigger', thresholds: [{ value: 50 }] })
    const alone = projectWith({ 'release.md': DOCUMENT })
    expect((await gonogo(alone, 'plan', '--explain', 'release.md:18')).out).toContain('Error rate exceeds 50%')
  })

  it('says what may be meant where an item is not named well enough', async () => {
    const directory = project()
    const { id } = (await itemsOf(directory))('Error rate')
    const refused = async (given: string): Promise<string> => {
      const { code, err } = await gonogo(directory, 'plan', '--explain', given)
      expect(code).toBe(2)
      return err
    }
    expect(await refused(id.replace(/.$/, '#'))).toContain(`did you mean "${id}"?`)
    expect(await refused('before/')).toMatch(/may mean 2 items.*before\/node\S+ \(line 5, .*before\/the-moon/)
    expect(await refused('4')).toMatch(/CHECKLIST\.md:4: no item stands here, under "Before"; .*line 5 \("Node/)
  })

  it.each([
    [
      'an unknown environment',
      ['plan', '--environment', 'prodution'],
      /no environment "prodution".*did you mean "production"\?/,
    ],
    [
      'an unknown format',
      ['plan', '--format', 'xml'],
      /--format "xml" is not known; expected one of text, json, markdown/,
    ],
    ['no such document', ['plan', 'none.md'], /none.md: there is no such document/],
    ['an unknown option', ['plan', '--nonsense'], /unknown option/],
  ] as [string, string[], RegExp][])('refuses %s in one line, with exit code 2', async (_, args, said) => {
    const { code, err } = await gonogo(project(), ...args)
    expect(code).toBe(2)
    expect(err).toMatch(said)
  })

  it('refuses a wrong gonogo.yaml with file and line, and writes no lock', async () => {
    const directory = projectWith({
      'CHECKLIST.md': DOCUMENT,
      'gonogo.yaml': CONFIG.replace('kind: router', 'kind: rooter'),
    })
    const { code, err } = await gonogo(directory, 'plan', '--lock')
    expect(code).toBe(2)
    expect(err).toMatch(/gonogo\.yaml:7: signals\/traffic\/kind: unknown source kind "rooter"/)
    expect(existsSync(join(directory, 'gonogo.lock'))).toBe(false)
  })

  it('locks the plan that it shows', async () => {
    const directory = project()
    const { code } = await gonogo(directory, 'plan', '--lock', '--as', 'ann')
    expect(code).toBe(0)
    expect(JSON.parse(readFileSync(join(directory, 'gonogo.lock'), 'utf8'))).toMatchObject({ lockedBy: 'ann' })
  })
})

describe('gonogo bind', () => {
  it('lists what it proposes, how sure it is and why, and changes nothing', async () => {
    const directory = project()
    const { code, out } = await gonogo(directory, 'bind')
    expect(code).toBe(0)
    expect(out).toContain('{ action: command, with: { readOnly: true } }')
    expect(out).toMatch(/90 % sure: a rollback trigger/)
    expect(configOf(directory)).toBe(CONFIG)
  })

  it('writes what is accepted, and every other line stays', async () => {
    const directory = project()
    const { id } = (await itemsOf(directory))('Error rate')
    const { code, out } = await gonogo(directory, 'bind', '--accept', id)
    expect(code).toBe(0)
    expect(out).toContain('1 binding added to gonogo.yaml')
    expect(configOf(directory).startsWith(CONFIG.replace('bindings: {}\n', 'bindings:\n'))).toBe(true)
    expect((await itemsOf(directory))('Error rate')).toMatchObject({ binding: { type: 'guard' }, proposal: null })
  })

  it('accepts all that are sure enough, then has nothing more of that kind', async () => {
    const directory = project()
    expect((await gonogo(directory, 'bind', '--all', '--above', '0.88')).out).toContain('2 bindings added')
    expect((await gonogo(directory, 'bind', '--all', '--above', '0.88')).out).toContain('nothing was accepted')
    expect((await gonogo(directory, 'bind', '--all', '--above', '0')).out).toContain('1 binding added')
    expect((await gonogo(directory, 'bind', '--all')).out).toContain('there is nothing to propose')
    expect(Object.keys((await loadProject(directory)).config.bindings)).toHaveLength(3)
  })

  it.each([
    ['an id nothing is proposed for', ['--accept', 'before/none'], /nothing is proposed for "before\/none"/],
    [
      'a confidence that is none',
      ['--all', '--above', '80%'],
      /--above "80%" is not a confidence; expected a number from 0 to 1/,
    ],
  ] as [string, string[], RegExp][])('refuses %s, and changes nothing', async (_, args, said) => {
    const directory = project()
    const { code, err } = await gonogo(directory, 'bind', ...args)
    expect(code).toBe(2)
    expect(err).toMatch(said)
    expect(configOf(directory)).toBe(CONFIG)
  })

  it('asks for a project where there is none', async () => {
    const { code, err } = await gonogo(projectWith({}), 'bind')
    expect(code).toBe(2)
    expect(err).toContain('run "gonogo init"')
  })
})

describe('gonogo init', () => {
  const PACKAGE = JSON.stringify({ name: '@ours/shop', scripts: { start: 'node server.js --fast' } })

  /** A project with a database that is one, and a file that only looks like one. */
  function service(): string {
    const directory = projectWith({
      'RELEASE_CHECKLIST.md': DOCUMENT,
      'NOTES.md': '- [ ] a\n',
      'package.json': PACKAGE,
    })
    mkdirSync(join(directory, 'data'))
    const database = new DatabaseSync(join(directory, 'data/shop.db'))
    database.exec('CREATE TABLE a (b)')
    database.close()
    writeFileSync(join(directory, 'cache.db'), 'not SQLite')
    return directory
  }

  it('writes what loads, for the likeliest checklist, and what it found as comments', async () => {
    const directory = service()
    const { code, out } = await gonogo(directory, 'init')
    expect(code).toBe(0)
    expect(out).toContain('RELEASE_CHECKLIST.md')
    expect(out).toContain('found the SQLite database data/shop.db')
    const { config } = await loadProject(directory)
    expect(config).toMatchObject({
      service: 'shop',
      checklist: 'RELEASE_CHECKLIST.md',
      backups: {},
      targets: {},
      bindings: {},
    })
    expect(configOf(directory)).not.toContain('cache.db')
    expect(readFileSync(join(directory, '.gitignore'), 'utf8')).toBe('.gonogo/\n')
    expect((await gonogo(directory, 'plan')).code).toBe(0)
  })

  it('writes comments that load too when their sign is taken away', async () => {
    const directory = service()
    await gonogo(directory, 'init')
    const opened = configOf(directory).replaceAll(/^# (targets:|backups:|  \w+: \{)/gm, '$1')
    writeFileSync(join(directory, 'gonogo.yaml'), opened)
    expect((await loadProject(directory)).config).toMatchObject({
      targets: { app: { kind: 'process-group', command: ['node', 'server.js', '--fast'] } },
      backups: { database: { kind: 'sqlite', database: 'data/shop.db' } },
    })
  })

  it.each([
    ['has no name', '{}'],
    ['has a number for a name', '{"name": 5, "scripts": {"start": "NODE_ENV=x node a && b"}}'],
    ['is broken', '{'],
    ['is null', 'null'],
  ])('loads where package.json %s', async (_, text) => {
    const directory = projectWith({ 'CHECKLIST.md': DOCUMENT, 'package.json': text })
    expect((await gonogo(directory, 'init')).code).toBe(0)
    expect((await loadProject(directory)).config.service).not.toBe('')
  })

  it('leaves a gonogo.yaml that is there as it is', async () => {
    const directory = project()
    expect(await gonogo(directory, 'init')).toMatchObject({ code: 2, err: expect.stringContaining('is there already') })
    expect(configOf(directory)).toBe(CONFIG)
  })

  it('says what it wants where there is no checklist, and writes nothing', async () => {
    const directory = projectWith({ 'README.md': '# Hello\n' })
    const { code, err } = await gonogo(directory, 'init')
    expect(code).toBe(2)
    expect(err).toContain('found no Markdown file with checkboxes here')
    expect(existsSync(join(directory, 'gonogo.yaml'))).toBe(false)
  })
})

describe('gonogo kinds and schema', () => {
  it('list every family, and one in full with its defaults', async () => {
    const all = await gonogo(project(), 'kinds')
    expect(all.code).toBe(0)
    for (const id of ['http', 'process-group', 'builtin-proxy', 'canary', 'sqlite', 'router'])
      expect(all.out).toContain(id)
    expect((await gonogo(project(), 'kinds', 'source')).out).toMatch(/timeoutMs\s+whole number, default 1000: /)
    const kinds = parse((await gonogo(project(), 'kinds', 'check', '--format', 'json')).out) as { options: object[] }[]
    expect(kinds[0]?.options[0]).toMatchObject({ name: 'url', takes: 'text', required: true })
  })

  it('refuse an unknown family', async () => {
    const { code, err } = await gonogo(project(), 'kinds', 'chekc')
    expect(code).toBe(2)
    expect(err).toContain('expected one of')
  })

  it('print the JSON Schema', async () => {
    const { code, out } = await gonogo(project(), 'schema')
    expect(code).toBe(0)
    expect(JSON.parse(out)).toMatchObject({ title: 'gonogo.yaml', required: ['service'] })
  })

  it('take no offence at a reader that leaves', () => {
    const bin = fileURLToPath(new URL('../../../bin/gonogo.js', import.meta.url))
    const script = `"${process.execPath}" "${bin}" schema | head -n 1; exit "\${PIPESTATUS[0]}"`
    const { status, stderr } = spawnSync('bash', ['-c', script], { encoding: 'utf8', timeout: 30_000 })
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  })
})
