// A copy of the example in a folder of its own, to be released by the original document.
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse, stringify } from 'yaml'
import { readDocument } from '../../src/app/project.ts'
import { bindOriginal, stagesOf } from './original-bindings.ts'
import { ROOT } from './gonogo.ts'

/** Where the original documents are, where there are any. */
export const ORIGINAL = join(ROOT, '../shared/checklists/data-consistency-fixes.md')
export const isOriginalHere = existsSync(ORIGINAL)

const DOCUMENT = 'PRODUCTION_CHECKLIST.md'
const WRITTEN_BY_RELEASES = /\/(\.gonogo|data|logs|backups|gonogo\.lock|gonogo\.yaml|dashboard\.json|[^/]*\.test\.ts)$/

/**
 * Lays the project out: the example's own files, the document byte by byte, and a gonogo.yaml made for it.
 * @returns the example's folder.
 */
export function layOut(folder: string, port: number): { directory: string; document: string } {
  const directory = join(folder, 'examples/knowledge-graph')
  cpSync(join(ROOT, 'examples/knowledge-graph'), directory, {
    recursive: true,
    filter: (path) => !WRITTEN_BY_RELEASES.test(path),
  })
  for (const name of ['bin', 'src', 'node_modules', 'package.json']) symlinkSync(join(ROOT, name), join(folder, name))
  symlinkSync(join(ROOT, 'examples/load'), join(folder, 'examples/load'))
  for (const name of ['data', 'logs', 'backups']) mkdirSync(join(directory, name))
  const document = join(directory, DOCUMENT)
  writeFileSync(document, readFileSync(ORIGINAL))
  writeFileSync(join(directory, 'gonogo.yaml'), configuration(directory, port))
  return { directory, document }
}

function configuration(directory: string, port: number): string {
  const { checklist } = readDocument(directory, DOCUMENT)
  const { databases, rules } = parse(readFileSync(join(ROOT, 'examples/knowledge-graph/gonogo.yaml'), 'utf8'))
  const url = `http://127.0.0.1:${port}`
  const database = 'data/database.db'
  return stringify({
    service: 'knowledge-graph',
    checklist: DOCUMENT,
    variables: { SERVICE_URL: url, DATABASE_PATH: database },
    people: {
      'release-manager': ['rita'],
      dba: ['dan'],
      security: ['sam'],
      'on-call': ['olga'],
      devops: ['emil'],
      qa: ['quinn'],
      manager: ['mara'],
      'product-owner': ['paul'],
    },
    defaults: { ask: 'release-manager', timeout: '2 min' },
    targets: {
      graph: {
        kind: 'process-group',
        command: ['node', 'src/server.ts'],
        instances: 2,
        env: { DATABASE_PATH: database, FAULT_FILE: 'data/fault' },
        health: { path: '/health' },
      },
    },
    routers: { edge: { kind: 'builtin-proxy', listen: { port } } },
    backups: { database: { kind: 'sqlite', database, directory: 'backups', rules: 'graph' } },
    databases,
    rules,
    signals: {
      traffic: { kind: 'router' },
      health: { kind: 'health', path: '/health' },
      processes: { kind: 'process' },
      database: { kind: 'sqlite-integrity', path: database, everyMs: 10_000 },
    },
    delivery: {
      target: 'graph',
      router: 'edge',
      stable: 'v1',
      candidate: 'v2',
      strategy: {
        kind: 'canary',
        stages: stagesOf(checklist).map(({ stage: { name, weight, durationMs } }) => ({
          name,
          weight,
          duration: `${durationMs} ms`,
        })),
      },
      autoPromote: false,
      restore: 'database',
    },
    bindings: bindOriginal(checklist, url),
  })
}
