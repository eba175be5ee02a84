import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkContract, runCheck } from '../../../test/contracts/check-contract.ts'
import { ANSI } from '../../../test/servers/hostile.ts'
import { docsCurrent } from './docs-current.ts'
import { makeRepository, type Repository } from './git.fixture.ts'

const RUNBOOK = `# Runbook

See [the readme](../README.md#top), [the site](https://shop.test/), [here](#steps), \`[code](gone.md)\`.

## 2. Roll *back*

\`\`\`
[fence](gone.md)
\`\`\`
`

let repository: Repository
/** README of January, tag v1, code of February, runbook of now. */
beforeAll(() => {
  repository = makeRepository()
  repository.commit({ 'README.md': '# Shop\n\nSells.\n', 'src/a.ts': '1' }, '2024-01-01T00:00:00Z')
  repository.git('tag', 'v1')
  repository.commit({ 'src/a.ts': '2' }, '2024-02-01T00:00:00Z')
  repository.commit({
    'docs/runbook.md': RUNBOOK,
    'docs/dead.md': '# Dead\n\n[a](gone.md) and [b]\n\n[b]: ./lost%20.md\n',
  })
})
afterAll(() => repository.remove())

const given = (options: Record<string, unknown>) => ({ options, context: { directory: repository.work } })
const look = (options: Record<string, unknown>) => runCheck(docsCurrent, given(options))

checkContract(docsCurrent, {
  passing: () => given({ files: ['README.md', 'docs/runbook.md'], changedWithin: '100000 days' }),
  failing: () => given({ files: 'README.md', changedSince: 'v1' }),
  unverified: () => given({ files: 'README.md', changedSince: 'no-such-tag' }),
  unreachable: {
    status: 'unverified',
    case: () => {
      repository.write('../loose.md', '# Loose\n\ntext')
      return { options: { files: 'loose.md', changedWithin: '1 day' }, context: { directory: repository.root } }
    },
  },
  hostile: {
    'escapes in headings and links': {
      status: 'failed',
      case: () => {
        repository.write('odd.md', `# Odd ${ANSI}\n\ntext [x](${ANSI}.md) [y](%00) [z](%zz)`)
        return given({ files: 'odd.md' })
      },
    },
    'more links than anybody wrote': {
      status: 'unverified',
      case: () => {
        repository.write(
          'many.md',
          `# Many\n\n${Array.from({ length: 3000 }, (_, index) => `[x](f${index}.md)`).join('\n')}`,
        )
        return given({ files: 'many.md' })
      },
    },
    'a device for a file': { status: 'unverified', case: () => given({ files: '/dev/zero' }) },
    'a line without end': {
      status: 'passed',
      case: () => {
        repository.write('line.md', `# Line\n\ntext ${'['.repeat(500_000)}${'('.repeat(500_000)}`)
        return given({ files: 'line.md' })
      },
    },
  },
  mentions: () => ['README.md', 'dead relative link', 'changed within'],
  recognises: {
    clear: ['README.md updated', '`docs/runbook.md` is up to date', 'Deployment runbook updated (OPERATIONS.md)'],
    unclear: [
      'Documentation updated',
      'PR merged (STATUS.md complete)',
      'Secrets complete (see secrets.md)',
      'Update README.md',
      'See DNS.md for the setup',
      'Reviewed docs/a.md',
      'CHANGELOG.md updated in the changelog',
    ],
  },
})

describe('docs-current', () => {
  it('fails what is not there or empty', async () => {
    repository.write('empty.md', '# Title\n\n<!-- text to come -->\n')
    expect(await look({ files: ['README.md', 'no.md', 'empty.md'] })).toMatchObject({
      status: 'failed',
      summary: expect.stringMatching(/no\.md: no such file.*empty\.md is empty/),
    })
  })

  it('wants headings, whatever number, mark and case they have', async () => {
    expect(await look({ files: 'docs/runbook.md', headings: ['roll back'] })).toMatchObject({ status: 'passed' })
    expect(await look({ files: 'README.md', headings: ['Roll back'] })).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining('"Roll back"'),
    })
  })

  it('names dead links with their line, once each', async () => {
    expect(await look({ files: 'docs/dead.md' })).toMatchObject({
      status: 'failed',
      summary:
        'docs/dead.md:3 links to gone.md, which is not there; docs/dead.md:5 links to ./lost%20.md, which is not there',
    })
    expect(await look({ files: 'docs/dead.md', links: false })).toMatchObject({ status: 'passed' })
  })

  it('judges age and changes by the commits of a document', async () => {
    expect(await look({ files: 'README.md', changedWithin: '7 days' })).toMatchObject({ status: 'failed' })
    expect(await look({ files: 'docs/runbook.md', changedWithin: '7 days', changedSince: 'v1' })).toMatchObject({
      status: 'passed',
    })
    repository.write('new.md', 'text')
    expect(await look({ files: 'new.md', changedWithin: '7 days' })).toMatchObject({
      status: 'failed',
      summary: 'new.md is not committed',
    })
  })

  it('wants a document changed with its code, and not when the code is as it was', async () => {
    const readme = { files: 'README.md', changedSince: 'v1' }
    expect(await look({ ...readme, changedWith: ['src'] })).toMatchObject({ status: 'failed' })
    expect(await look({ ...readme, changedWith: ['lib', 'README.md'] })).toMatchObject({ status: 'passed' })
    expect(await look({ files: 'README.md', changedWith: ['src'] })).toMatchObject({ status: 'failed' })
    expect(await look({ files: 'docs/runbook.md', changedWith: ['src'] })).toMatchObject({ status: 'passed' })
    expect(await look({ files: 'README.md', changedWith: ['lib'] })).toMatchObject({ status: 'unverified' })
  })
})
