// A project as small as it can be with everything in it: a service of a few lines, its checklist, its gonogo.yaml.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { stringify } from 'yaml'
import { readDocument } from '../../src/app/project.ts'

const SERVER = `
import { createServer } from 'node:http'
const version = process.env.GONOGO_VERSION
const ill = process.env.ILL === version
console.log('first line')
console.log('second line')
createServer((request, response) => {
  response.writeHead(ill ? 503 : 200, { 'x-version': version })
  response.end(version)
}).listen(Number(process.env.PORT), '127.0.0.1')
`

export const CHECKLIST = `# Release of the small service

## Before the release

- [ ] **Settings**: settings.json is there
- [ ] **Agreement**: the team agrees

## Deployment

- [ ] **Delivery**: v2 takes over

## Sign-off

- [ ] **Release manager**: it is as it should be

\`\`\`
Date: ____________________
Ticket: ____________________
\`\`\`
`

type Config = Record<string, unknown>

export interface SmallProject {
  directory: string
  /** Ids of the checklist's items, by label. */
  items: Record<string, string>
  config: Config
  /** Writes gonogo.yaml anew with these sections in place of the old ones. */
  configure(change: Config): void
}

/** Lays the project out; nothing is started. */
export function smallProject(directory: string, options: { port: number; delivers?: boolean }): SmallProject {
  mkdirSync(join(directory, 'data'), { recursive: true })
  writeFileSync(join(directory, 'server.js'), SERVER)
  writeFileSync(join(directory, 'package.json'), JSON.stringify({ name: 'small', type: 'module' }))
  writeFileSync(join(directory, 'settings.json'), '{}')
  writeFileSync(join(directory, 'CHECKLIST.md'), CHECKLIST)
  fillDatabase(join(directory, 'data/small.db'))
  const { checklist } = readDocument(directory, 'CHECKLIST.md')
  const items = Object.fromEntries(checklist.items.map(({ id, label, text }) => [label ?? text, id]))
  const config: Config = {
    service: 'small',
    checklist: 'CHECKLIST.md',
    people: { 'release-manager': ['rita'], team: ['emil'] },
    defaults: { ask: 'release-manager' },
    targets: {
      app: { kind: 'process-group', command: ['node', 'server.js'], instances: 1, health: { startTimeoutMs: 5000 } },
    },
    routers: { edge: { kind: 'builtin-proxy', listen: { port: options.port } } },
    backups: { data: { kind: 'sqlite', database: 'data/small.db', directory: 'backups' } },
    signals: { traffic: { kind: 'router' } },
    delivery: {
      target: 'app',
      router: 'edge',
      stable: 'v1',
      candidate: 'v2',
      strategy: {
        kind: 'canary',
        stages: [
          { name: 'half', weight: 50, duration: '1 s' },
          { name: 'whole', weight: 100, duration: '1 s' },
        ],
      },
    },
    bindings: {
      [items['Settings'] ?? '']: { check: 'file-permissions', with: { path: 'settings.json', readable: true } },
      [items['Agreement'] ?? '']: { poll: 'team' },
      [items['Delivery'] ?? '']: options.delivers === false ? { skip: 'nothing is delivered' } : { rollout: true },
    },
  }
  const project: SmallProject = {
    directory,
    items,
    config,
    configure: (change) => writeFileSync(join(directory, 'gonogo.yaml'), stringify({ ...config, ...change })),
  }
  if (options.delivers === false) delete config.delivery
  project.configure({})
  return project
}

/** About 2 MB. */
function fillDatabase(path: string): void {
  using database = new DatabaseSync(path)
  database.exec('CREATE TABLE facts (id INTEGER PRIMARY KEY, text TEXT)')
  const insert = database.prepare('INSERT INTO facts (text) VALUES (?)')
  database.exec('BEGIN')
  for (let row = 0; row < 2000; row++) insert.run(`${row} `.repeat(250))
  database.exec('COMMIT')
}
