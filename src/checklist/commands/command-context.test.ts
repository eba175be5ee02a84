import { describe, expect, it } from 'vitest'
import { readChecklist } from '../read.ts'

const read = (text: string) => readChecklist('release.md', new TextEncoder().encode(`# Release\n\n${text}\n`)).items
const fence = (script: string, lang = 'bash') => `\`\`\`${lang}\n${script}\n\`\`\``
const commandsOf = (text: string) => read(text).flatMap(({ commands }) => commands)

describe('the state of the shell', () => {
  it('goes on from block to block, and from step to step of one part', () => {
    const text = `## Deployment\n\n### Step 1\n\n${fence('cd app && make build\nexport STAGE=canary')}\n\n### Step 2\n\n${fence('cd ..\nmake ship')}\n\n### Step 3\n\n${fence('make ready')}`
    expect(commandsOf(text).map(({ setup }) => setup)).toEqual([
      [],
      ['cd app', 'export STAGE=canary'],
      ['cd app', 'export STAGE=canary', 'cd ..'],
    ])
  })

  it('ends with the part, and is not that of the way back', () => {
    const text = `## Deployment\n\n${fence('cd app\nmake ship')}\n\n## Smoke tests\n\n${fence('make smoke')}\n\n## Rollback\n\n${fence('cd old\nmake back')}\n\n${fence('make sure-of-it')}`
    expect(commandsOf(text).map(({ setup }) => setup)).toEqual([[], [], [], []])
  })

  it('begins anew where a block goes to the same place again', () => {
    const blocks = [fence('cd app\nmake build'), fence('cd app\nmake ship'), fence('make ready')]
    expect(commandsOf(`## Deployment\n\n${blocks.join('\n\n')}`).map(({ setup }) => setup)).toEqual([
      [],
      [],
      ['cd app'],
    ])
  })

  it('says what a variable is wanted for, unless the document set it before', () => {
    const blocks = [fence('export STAGE=canary\nNOW=$(date +%s)\necho $NOW'), fence('bin/ship $STAGE $NOW $REGION')]
    expect(commandsOf(`## Deployment\n\n${blocks.join('\n\n')}`).map(({ variables }) => variables)).toEqual([
      [],
      // A value that a program gave cannot be had again.
      ['NOW', 'REGION'],
    ])
    const sourced = [fence('source .env'), fence('bin/ship $REGION')]
    expect(commandsOf(`## Deployment\n\n${sourced.join('\n\n')}`)[1]).toMatchObject({
      variables: [],
      setup: ['source .env'],
    })
  })
})

describe('ways of doing one thing', () => {
  const names = (text: string) => commandsOf(text).map(({ alternative }) => alternative?.name ?? null)

  it('are named by headings', () => {
    const text = `## Deployment\n\n### Option A: containers\n\n${fence('bin/a')}\n\n### Option B: by hand\n\n${fence('bin/b')}\n\n### Check\n\n${fence('bin/c')}`
    expect(names(text)).toEqual(['Option A: containers', 'Option B: by hand', null])
    expect(new Set(commandsOf(text).flatMap(({ alternative }) => alternative?.group ?? [])).size).toBe(1)
  })

  it('are the one before and its alternative', () => {
    const text = `## Deployment\n\n### Prepare\n\n${fence('bin/p')}\n\n### With containers\n\n${fence('bin/a')}\n\n### By hand (alternative)\n\n${fence('bin/b')}`
    expect(names(text)).toEqual([null, 'With containers', 'By hand (alternative)'])
  })

  it('are named by lines in bold in front of blocks', () => {
    const text = `## Deployment\n\n**Option 1: quick**\n\n${fence('bin/a')}\n\n**Option 2: thorough**\n\n${fence('bin/b')}`
    expect(names(text)).toEqual(['Option 1: quick', 'Option 2: thorough'])
  })

  it('are two at least', () => {
    expect(names(`## Deployment\n\n### Option A\n\n${fence('bin/a')}\n\n### Check\n\n${fence('bin/b')}`)).toEqual([
      null,
      null,
    ])
  })
})

describe('what stands behind a block', () => {
  const expected = (behind: string) => {
    const items = read(`## Deployment\n\n${fence('bin/count')}\n\n${behind}`)
    return items.flatMap(({ commands }) => commands.map(({ expects }) => expects && `${expects.kind} ${expects.value}`))
  }

  it.each<[string, string | null]>([
    ['Expected output: `7`', 'equals 7'],
    ['The output should be `7`.', 'equals 7'],
    ['**Expected:** 7', 'equals 7'],
    ['Expected output:\n\n```\n7\n```', 'equals 7'],
    ['You should see:\n\n```text\nNAME STATE\nweb up\n```', 'described null'],
    ['Tell the others.', null],
    ['Expected downtime: 5 minutes.', null],
    ['The result must be approved by two people.', null],
    ['The release should be announced by now, to all who asked for it.', null],
  ])('%j', (behind, wanted) => expect(expected(behind)).toEqual([wanted]))

  it('stays a record where it is to be filled in', () => {
    const [, record] = read(`## Deployment\n\n${fence('bin/count')}\n\n**Expected:** \`____\` rows`)
    expect(record).toMatchObject({ kind: 'record', blanks: [{}] })
  })

  it('belongs to the box that the block stands in', () => {
    const [item] = read('## Deployment\n\n- [ ] Count them\n\n  ```bash\n  bin/count\n  ```\n\n  Expected: `7`\n')
    expect(item?.commands[0]?.expects).toMatchObject({ kind: 'equals', value: '7' })
  })

  it('is no block of commands where it is announced as output', () => {
    expect(
      read(`## Deployment\n\n${fence('bin/count')}\n\nExpected output:\n\n${fence('make ship', '')}`),
    ).toHaveLength(1)
  })
})

describe('blocks that are no shell', () => {
  it.each(['json', 'yaml', 'ini', 'nginx', 'dockerfile', 'diff', 'js', 'python', 'hcl'])('%s is content', (lang) => {
    expect(read(`## Deployment\n\n- [ ] x\n\n${fence('curl localhost', lang)}`)).toHaveLength(1)
  })

  it('without a language is shell only where all of it is', () => {
    const count = (script: string) => read(`## Deployment\n\n- [ ] x\n\n${fence(script, '')}`).length
    expect(count('kubectl get pods\n./ship.sh')).toBe(2)
    expect(count('web -> queue -> worker')).toBe(1)
    expect(count('git is needed\nas is docker')).toBe(1)
    expect(count('KEY=value\nOTHER=x')).toBe(1)
  })

  it('keeps SQL with its comments, as a check where it only looks', () => {
    const [, look, change] = read(
      `## Deployment\n\n- [ ] x\n\n${fence('-- Backlog\nSELECT 1;', 'sql')}\n\n**Then:**\n\n${fence('UPDATE flags SET on = true;', 'sql')}`,
    )
    expect(look).toMatchObject({ kind: 'check', text: 'Backlog', commands: [{ language: 'sql', looksOnly: true }] })
    expect(change).toMatchObject({ kind: 'action', commands: [{ destructive: true, looksOnly: false }] })
  })
})
