// The repository tests itself: what a careful reviewer would say each time is said here once.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { readSources } from './layers.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const sources = readSources(`${root}src`)

describe('tidy', () => {
  test('every source file begins with a comment that says what it is', () => {
    const bare = sources.filter(({ text }) => !/^(#!.*\n)?(\/\/|\/\*)/.test(text)).map(({ path }) => path)
    expect(bare).toEqual([])
  })

  test('files are named in kebab-case and not after what they do not say', () => {
    const odd = sources
      .map(({ path }) => path)
      .filter(
        (path) => !/^[a-z0-9-]+\.ts$/.test(basename(path)) || /(^|[/-])(utils?|helpers?|misc|manager)\b/.test(path),
      )
    expect(odd).toEqual([])
  })

  test('a file is read in one sitting', () => {
    const long = sources
      .filter(({ text }) => text.split('\n').length > 330)
      .map(({ path, text }) => `${path}: ${text.split('\n').length} lines`)
    expect(long).toEqual([])
  })

  test('nothing is left to be done in a comment', () => {
    expect(
      sources.filter(({ text }) => assembled('TO|DO', 'FIX|ME', 'X|XX', 'HA|CK').test(text)).map(({ path }) => path),
    ).toEqual([])
  })

  test('no tracked file names a path of the machine it was written on', () => {
    const machine = assembled('/wo|rk/', '/ro|ot/', '/\\.lib|rary/')
    const files = execFileSync('git', ['ls-files'], { cwd: root, encoding: 'utf8' })
      .split('\n')
      .filter((file) => /\.(ts|js|md|json|ya?ml|sh)$/.test(file) && file !== 'package-lock.json')
    expect(files.filter((file) => machine.test(readFileSync(root + file, 'utf8')))).toEqual([])
  })
})

/** One of these words; they are written in two halves, so that this file does not find itself. */
function assembled(...halves: string[]): RegExp {
  return new RegExp(halves.map((word) => word.replace('|', '')).join('|'))
}
