// What a haproxy.cfg of the user's own lacks, and what that costs: said by a dry-run.
import { readFileSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { messageOf } from '../../lib/errors.ts'

const CONFIG_BYTES_MAX = 4 << 20

interface Wish {
  /** Among the lines that hold for the backend: its own, and the defaults before it. */
  isThere: (lines: readonly string[], all: readonly string[]) => boolean
  wanted: string
  cost: string
}

const WISHES: readonly Wish[] = [
  {
    isThere: (lines) => lines.some((line) => /^option redispatch\b/.test(line)),
    wanted: 'option redispatch 1',
    cost: 'a request to an instance that just died is tried there again, and fails',
  },
  {
    isThere: (lines) => lines.some((line) => /^retry-on\b.*\b(?:empty-response|all-retryable-errors)\b/.test(line)),
    wanted: 'retry-on conn-failure empty-response response-timeout junk-response',
    cost: 'requests that an instance breaks off when it is killed fail',
  },
  {
    isThere: (lines) =>
      !lines.some((line) => /^retry-on\b/.test(line)) || lines.some((line) => /disable-l7-retry\b/.test(line)),
    wanted: 'http-request disable-l7-retry unless { method GET HEAD OPTIONS }',
    cost: 'a POST may be done twice',
  },
  {
    isThere: (lines) =>
      lines.filter((line) => /^server\s/.test(line)).every((line) => /\s(?:check|track)\b/.test(line)) ||
      lines.some((line) => /^default-server\b.*\scheck\b/.test(line)),
    wanted: 'check inter 250ms fall 1 rise 1 (on each server)',
    cost: 'an instance that is dead keeps getting requests',
  },
  {
    isThere: (lines, all) =>
      all.some((line) => /^server-state-file\b/.test(line)) &&
      lines.some((line) => /^load-server-state-from-file\b/.test(line)),
    wanted: 'server-state-file and load-server-state-from-file global',
    cost: 'after a reload or a restart the addresses and weights of the file count, until traffic is set again',
  },
]

/** A line for each setting that is missing; none where no file is named. */
export function missingSettings(config: string | undefined, backend: string, directory: string): string[] {
  if (config === undefined) return []
  const path = resolve(directory, config)
  let text: string
  try {
    const stat = statSync(path)
    if (!stat.isFile() || stat.size > CONFIG_BYTES_MAX) throw new Error('is no file of a usual length')
    text = readFileSync(path, 'utf8')
  } catch (error) {
    return [`note: ${config} cannot be looked at: ${messageOf(error)}`]
  }
  const { all, own } = linesFor(text, backend)
  if (own === null) return [`note: ${config} has no backend ${backend}`]
  return WISHES.filter(({ isThere }) => !isThere(own, all)).map(
    ({ wanted, cost }) => `note: backend ${backend} in ${config} lacks \`${wanted}\`: ${cost}`,
  )
}

/** The lines that hold for a backend; null where there is no such backend. */
function linesFor(text: string, backend: string): { all: string[]; own: string[] | null } {
  const all = text.split('\n').map((line) => line.replace(/#.*$/, '').trim().replaceAll(/\s+/g, ' '))
  let section = ''
  let defaults: string[] = []
  let own: string[] | null = null
  for (const line of all) {
    const head =
      /^(?:global|defaults|frontend|backend|listen|resolvers|peers|userlist|cache|program|ring)\b(?: (\S+))?/.exec(line)
    if (!head) {
      if (section === 'defaults') defaults.push(line)
      else if (section === 'own') own?.push(line)
      continue
    }
    section = line.startsWith('defaults') ? 'defaults' : 'other'
    if (section === 'defaults') defaults = []
    if (/^(?:backend|listen)\b/.test(line) && head[1] === backend) {
      section = 'own'
      own = [...defaults]
    }
  }
  return { all, own }
}
