import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkContract, runCheck } from '../../../test/contracts/check-contract.ts'
import { ANSI } from '../../../test/servers/hostile.ts'
import { changelogEntry } from './changelog-entry.ts'
import { makeRepository, type Repository } from './git.fixture.ts'

const CHANGELOG = `# Changelog

## [Unreleased]

- Something to come

## [2.1.0] - 2024-05-31

### Fixed

- Orders keep their number

## 2.0.0-rc.1

- A candidate

## v1.9.0

### Added

## 1.8.0

TBD

Old versions
------------

1.7.0 (2023-01-01)
------------------
* Underlined
`

let repository: Repository
beforeAll(() => {
  repository = makeRepository()
  repository.commit({ 'CHANGELOG.md': CHANGELOG, 'package.json': '{"version":"2.1.0"}' })
})
afterAll(() => repository.remove())

const given = (options: Record<string, unknown>) => ({ options, context: { directory: repository.work } })
const look = (options: Record<string, unknown>) => runCheck(changelogEntry, given(options))

checkContract(changelogEntry, {
  passing: () => given({ dated: true }),
  failing: () => given({ version: '2.2.0' }),
  unverified: () => given({ versionFrom: 'no-such-package.json' }),
  hostile: {
    'escapes for terminals': {
      status: 'passed',
      case: () => {
        repository.write('odd.md', `# 1.0.0 ${ANSI}\n\n${ANSI} text`)
        return given({ file: 'odd.md', version: '1.0.0' })
      },
    },
    'a device for a file': { status: 'unverified', case: () => given({ file: '/dev/zero' }) },
    'many lines that begin a comment': {
      status: 'failed',
      case: () => {
        repository.write('long.md', `${'<!-- # 1.0.0\n'.repeat(50_000)}`)
        return given({ file: 'long.md', version: '1.0.0' })
      },
    },
  },
  mentions: () => ['CHANGELOG.md', 'package.json'],
  recognises: {
    clear: [
      'CHANGELOG.md updated',
      'Changelog has an entry for this release',
      'Changelog entry added',
      '`docs/CHANGELOG.md` is up to date',
    ],
    unclear: ['Write the changelog', 'Release notes sent', 'Announce the changelog once updated', 'Changelog bot runs'],
  },
})

describe('changelog-entry', () => {
  it('finds a version however its heading is written, and no version inside another', async () => {
    expect(await look({ version: 'v2.1.0' })).toMatchObject({
      status: 'passed',
      summary: expect.stringContaining(':7'),
    })
    expect(await look({ version: '1.7.0', dated: true })).toMatchObject({ status: 'passed' })
    expect(await look({ version: '2.0.0' })).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining('newest'),
    })
    expect(await look({ version: '1.0' })).toMatchObject({ status: 'failed' })
    expect(await look({ version: '2.0.0-rc.1' })).toMatchObject({ status: 'passed' })
  })

  it('fails a section without text, be it headings alone or a promise', async () => {
    expect(await look({ version: '1.9.0' })).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining('nothing'),
    })
    expect(await look({ version: '1.8.0' })).toMatchObject({ status: 'failed' })
    expect(await look({ textCharsMin: 500 })).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining('500'),
    })
  })

  it('takes neither "Unreleased" nor an undated heading for what they are not', async () => {
    repository.write('next.md', '## 3.0.0 (unreleased)\n\n- text\n')
    expect(await look({ file: 'next.md', version: '3.0.0' })).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining('not released'),
    })
    expect(await look({ version: '2.0.0-rc.1', dated: true })).toMatchObject({ status: 'failed' })
  })

  it('reads neither fences nor comments as headings', async () => {
    repository.write('fence.md', '# 1.0.0\n\n```\n# 2.0.0\ntext\n```\n<!--\n# 3.0.0\ntext\n-->\n')
    expect(await look({ file: 'fence.md', version: '1.0.0' })).toMatchObject({ status: 'passed' })
    expect(await look({ file: 'fence.md', version: '2.0.0' })).toMatchObject({ status: 'failed' })
    expect(await look({ file: 'fence.md', version: '3.0.0' })).toMatchObject({ status: 'failed' })
  })

  it('reads text in any language', async () => {
    repository.write('ja.md', '# 1.0.0\r\n\r\n- 注文番号を保持\r\n')
    expect(await look({ file: 'ja.md', version: '1.0.0' })).toMatchObject({ status: 'passed' })
  })

  it('takes the version from a tag or a TOML file', async () => {
    expect(await look({ versionFrom: 'tag' })).toMatchObject({ status: 'unverified' })
    repository.git('tag', 'app-v2.1.0')
    expect(await look({ versionFrom: 'tag' })).toMatchObject({ status: 'passed' })
    writeFileSync(join(repository.work, 'Cargo.toml'), '[package]\nname = "shop"\nversion = "1.7.0"\n')
    expect(await look({ versionFrom: 'Cargo.toml' })).toMatchObject({
      status: 'passed',
      summary: expect.stringContaining('1.7.0'),
    })
  })
})
