// From a document to a real shell: what is read in a block is what runs, and what it prints is judged by what the document says.
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { runningBackgroundPrograms, stopBackgroundPrograms } from '../../src/actions/background.ts'
import { command } from '../../src/actions/command.ts'
import { readChecklist } from '../../src/checklist/read.ts'
import { noData } from '../contracts/no-data.ts'
import { exec } from '../../src/lib/exec.ts'
import type { Item } from '../../src/plan/plan.ts'

let root = ''
let directory = ''
let server: Server
let host = ''

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'gonogo-as-written-'))
  server = createServer((request, response) => {
    response.statusCode = request.url === '/ready' ? 200 : 503
    response.end('{"version":"1","state":"up"}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  host = `127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => {
  server.close()
  rmSync(root, { recursive: true, force: true })
})
beforeEach(() => {
  directory = mkdtempSync(join(root, 'case-'))
  mkdirSync(join(directory, 'app'))
  writeFileSync(join(directory, 'app', 'app.log'), 'started\nserving\n')
})

function read(...blocks: string[]): Item[] {
  const text = `# Release\n\n## Deployment\n\n${blocks.join('\n\n')}\n`
  return readChecklist('release.md', new TextEncoder().encode(text)).items
}

const fence = (script: string) => `\`\`\`bash\n${script}\n\`\`\``

async function run(item: Item | undefined, given: unknown = {}, env: Record<string, string> = {}) {
  const signal = AbortSignal.timeout(30_000)
  const all = { ...(process.env as Record<string, string>), ...env }
  return command.run(command.options.parse(given), {
    signal,
    directory,
    env: all,
    commands: item?.commands ?? [],
    deed: 'run item',
    data: noData,
    logDirectory: join(directory, 'logs'),
    exec: (file, args, options) =>
      exec(file, args, { cwd: directory, env: all, timeoutMs: 30_000, signal, ...options }),
    progress: () => {},
  })
}

describe('a block that says what it prints', () => {
  it('is a check, and passes when a search rightly finds nothing', async () => {
    const [item] = read(fence('grep FATAL app/app.log # Should return no results'))
    expect(item).toMatchObject({ kind: 'check', verifiable: 'machine' })
    expect(await run(item)).toMatchObject({ status: 'passed' })
    writeFileSync(join(directory, 'app', 'app.log'), 'FATAL: out of disk\n')
    const outcome = await run(item)
    expect(outcome).toMatchObject({ status: 'failed' })
    expect(outcome.summary).toContain('FATAL: out of disk')
  })

  it('is unverified when what is searched is not there', async () => {
    const [item] = read(fence('cat app/none.log | grep FATAL # Should return no results'))
    expect(await run(item)).toMatchObject({ status: 'unverified' })
  })

  it('stops before the next step when it prints something else', async () => {
    const [item] = read(fence('wc -l < app/app.log # Expected: 0\ntouch shipped'))
    const outcome = await run(item)
    expect(outcome).toMatchObject({ status: 'failed' })
    expect(outcome.summary).toMatch(/"2".*"0" wanted; the last step was not run/)
    expect(existsSync(join(directory, 'shipped'))).toBe(false)
    writeFileSync(join(directory, 'app', 'app.log'), '')
    expect(await run(item)).toMatchObject({ status: 'passed' })
    expect(existsSync(join(directory, 'shipped'))).toBe(true)
    expect(readdirSync(join(directory, 'logs'))).toEqual([])
  })

  it('is for a person where it only describes, and changes nothing before that person has looked', async () => {
    const [item] = read(fence('ls app # should show all files in place\ntouch shipped'))
    expect(item?.commands.map(({ expects }) => expects?.kind ?? null)).toEqual(['described', null])
    expect(await run(item)).toMatchObject({ status: 'unverified', summary: expect.stringContaining('a person') })
    expect(existsSync(join(directory, 'shipped'))).toBe(false)
    const [looking] = read(fence('ls app # should show all files in place\ncat app/app.log'))
    expect(looking).toMatchObject({ kind: 'action' })
    expect(await run(looking)).toMatchObject({ status: 'unverified' })
  })

  it('is judged by the status a real server gives', async () => {
    const [ready, broken] = read(
      fence(`curl -s http://${host}/ready # should return 200`),
      `**Then:**\n\n${fence(`curl -s http://${host}/other | head -c 9 # should return 200`)}`,
    )
    expect(await run(ready)).toMatchObject({ status: 'passed' })
    expect(await run(broken)).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining('status 503, 200 wanted'),
    })
  })

  it('is unverified where it stays in the background, or prints without end', async () => {
    const [background] = read(fence('sleep 20 & # should print "listening"'))
    const outcome = await run(background, { backgroundGraceMs: 50 })
    expect(outcome).toMatchObject({ status: 'unverified', summary: expect.stringContaining('keeps running') })
    await stopBackgroundPrograms(runningBackgroundPrograms(join(directory, 'logs')), 1000)
    const [much] = read(fence('head -c 2000000 /dev/zero | tr "\\0" "a" | fold # should contain "ready"'))
    expect(await run(much)).toMatchObject({ status: 'unverified', summary: expect.stringContaining('more than') })
  })

  it('finds a piece of JSON in the answer, given in a block behind it', async () => {
    const block = `${fence(`curl -s http://${host}/ready`)}\n\nExpected response:\n\n\`\`\`json\n{ "state": "up" }\n\`\`\``
    const items = read(block)
    expect(items).toHaveLength(1)
    expect(await run(items[0])).toMatchObject({ status: 'passed' })
  })

  it('may say it in a sentence beside inline code', async () => {
    const [item] = read('- [ ] Log is complete: `wc -l < app/app.log` is `2`', '- [ ] x')
    expect(item?.commands[0]?.expects).toMatchObject({ kind: 'equals', value: '2' })
    expect(await run(item)).toMatchObject({ status: 'passed' })
  })
})

describe('a block as it is written', () => {
  it('goes on where the block before it stood', async () => {
    const items = read(
      fence('cd app\nexport STAGE=canary\nSTARTED=$(date +%s)'),
      `**Then:**\n\n${fence('pwd; echo $STAGE; touch "here-$STAGE"')}`,
    )
    expect(items[1]?.commands[0]?.setup).toEqual(['cd app', 'export STAGE=canary'])
    expect(await run(items[1])).toMatchObject({ status: 'passed' })
    expect(existsSync(join(directory, 'app', 'here-canary'))).toBe(true)
  })

  it('asks which of several ways', async () => {
    const [item] = read(fence('# Option A: quick\ntouch quick\n\n# Option B: thorough\ntouch thorough'))
    const asked = await run(item)
    expect(asked).toMatchObject({
      status: 'unverified',
      summary: expect.stringContaining('"Option A: quick", "Option B: thorough"'),
    })
    expect(await run(item, { alternative: 'Option B: thorough' })).toMatchObject({ status: 'passed' })
    expect(['quick', 'thorough'].map((name) => existsSync(join(directory, name)))).toEqual([false, true])
    expect(await run(item, { alternative: 'Option C' })).toMatchObject({ status: 'unverified' })
  })

  it('is not run with a placeholder or a variable that nobody gave', async () => {
    const [item] = read(fence('touch "made-<version>-$REGION"'))
    const refused = await run(item)
    expect(refused).toMatchObject({ status: 'unverified' })
    expect(refused.summary).toMatch(/<version> must be filled in first.*\$REGION is set nowhere/)
    expect(readdirSync(directory)).toEqual(['app'])
    const given = { values: { '<version>': 'v1.2' } }
    expect(await run(item, given, { REGION: 'eu' })).toMatchObject({ status: 'passed' })
    expect(existsSync(join(directory, 'made-v1.2-eu'))).toBe(true)
  })

  it('is never run where it is no shell, or SQL', async () => {
    const [output] = read(fence('touch made\nDone in 3 seconds.'))
    expect(await run(output)).toMatchObject({ status: 'unverified', summary: expect.stringContaining('is no command') })
    const [sql] = read('```sql\n-- Backlog\nSELECT count(*) FROM queue;\n```')
    expect(sql).toMatchObject({ kind: 'check', commands: [{ language: 'sql', looksOnly: true, title: 'Backlog' }] })
    expect(await run(sql)).toMatchObject({ status: 'unverified', summary: expect.stringContaining('SQL') })
    expect(existsSync(join(directory, 'made'))).toBe(false)
  })
})
