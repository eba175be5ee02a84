// Repositories for tests: real ones, in directories of their own, with an identity that is nobody's.
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

const IDENTITY = ['user.name=Test', 'user.email=test@localhost', 'commit.gpgsign=false', 'tag.gpgsign=false']

export interface Repository {
  /** Everything of the test lies here; the working tree in `work`. */
  root: string
  work: string
  git(...args: string[]): string
  write(path: string, text: string): void
  /** Writes the files, if any, and commits all there is; a date as git takes it. */
  commit(files?: Record<string, string>, date?: string): string
  remove(): void
}

/** An empty repository on `main`, with an empty bare one as its remote `origin`. */
export function makeRepository(): Repository {
  const root = mkdtempSync(join(tmpdir(), 'gonogo-git-'))
  const work = join(root, 'work')
  mkdirSync(work)
  const run = (cwd: string, args: string[], env: Record<string, string> = {}): string =>
    execFileSync('git', [...IDENTITY.flatMap((setting) => ['-c', setting]), ...args], {
      cwd,
      encoding: 'utf8',
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim()
  run(root, ['init', '--bare', '--initial-branch=main', 'upstream.git'])
  run(work, ['init', '--initial-branch=main'])
  run(work, ['remote', 'add', 'origin', '../upstream.git'])
  const repository: Repository = {
    root,
    work,
    git: (...args) => run(work, args),
    write(path, text) {
      mkdirSync(dirname(join(work, path)), { recursive: true })
      writeFileSync(join(work, path), text)
    },
    commit(files = {}, date) {
      for (const [path, text] of Object.entries(files)) repository.write(path, text)
      run(work, ['add', '--all'])
      const dates: Record<string, string> =
        date === undefined ? {} : { GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date }
      run(work, ['commit', '--quiet', '--allow-empty', '-m', 'change'], dates)
      return run(work, ['rev-parse', 'HEAD'])
    },
    remove: () => rmSync(root, { recursive: true, force: true }),
  }
  return repository
}

/** Programs named in the repository's own configuration; each would leave this file behind, had it been run. */
export function plantPrograms({ root, work, git }: Repository): string {
  const trace = join(root, 'was-run')
  const program = join(root, 'program.sh')
  writeFileSync(program, `#!/bin/sh\necho run >> '${trace}'\n`, { mode: 0o755 })
  git('config', 'core.fsmonitor', program)
  git('config', 'core.pager', program)
  git('config', 'gpg.program', program)
  git('config', 'remote.origin.uploadpack', program)
  git('config', 'diff.external', program)
  git('config', 'core.hooksPath', join(work, '.git', 'hooks'))
  for (const hook of ['post-checkout', 'post-index-change', 'reference-transaction', 'pre-auto-gc', 'post-rewrite'])
    writeFileSync(join(work, '.git', 'hooks', hook), `#!/bin/sh\necho run >> '${trace}'\n`, { mode: 0o755 })
  return trace
}
