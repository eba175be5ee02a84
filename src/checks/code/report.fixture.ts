// A directory of reports for tests.
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

export interface Reports {
  directory: string
  /** Writes a file and gives its name back. */
  write(name: string, text: string, writtenAt?: Date): string
  remove(): void
}

export function makeReports(): Reports {
  const directory = mkdtempSync(join(tmpdir(), 'gonogo-reports-'))
  return {
    directory,
    write(name, text, writtenAt = new Date()) {
      const path = join(directory, name)
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, text)
      utimesSync(path, writtenAt, writtenAt)
      return name
    },
    remove: () => rmSync(directory, { recursive: true, force: true }),
  }
}

/** Entities that unfold to gigabytes; some parsers obey. */
export const XML_BOMB = `<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a "aaaaaaaaaa">${Array.from(
  { length: 12 },
  (_, index) => `<!ENTITY ${String.fromCharCode(98 + index)} "${`&${String.fromCharCode(97 + index)};`.repeat(10)}">`,
).join('')}]><testsuite name="&m;" tests="1"><testcase name="&m;"/></testsuite>`

/** Deeper than any report. */
export const XML_DEEP = `${'<testsuite>'.repeat(20_000)}${'</testsuite>'.repeat(20_000)}`
