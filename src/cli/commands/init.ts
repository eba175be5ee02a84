// gonogo init: finds the checklist and what the project is, and writes a first gonogo.yaml.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { readDocument } from '../../app/project.ts'
import { CONFIG_FILE } from '../../config/locate.ts'
import { PlanError } from '../../lib/errors.ts'
import { print, type GlobalOptions } from '../common.ts'
import { EXIT } from '../exit.ts'
import { findFacts, type ProjectFacts } from '../project-facts.ts'
import { paint, table } from '../screen.ts'

export function init(options: GlobalOptions): number {
  const directory = resolve(options.project)
  const path = join(directory, CONFIG_FILE)
  if (existsSync(path))
    throw new PlanError('is there already', { file: CONFIG_FILE, hint: 'edit it, or remove it first' })
  const facts = findFacts(directory)
  const found = rankChecklists(directory, facts.documents)
  const [best] = found
  if (!best)
    throw new PlanError('found no Markdown file with checkboxes here', {
      expected: 'a checklist such as DEPLOYMENT_CHECKLIST.md',
      hint: 'write one, then run "gonogo init" again',
    })
  writeFileSync(path, render(facts, best.file))
  ignoreState(directory)
  print(`${paint('bold', CONFIG_FILE)} is written for ${best.file} (${best.boxes} boxes)`)
  if (found.length > 1)
    print(
      `others found:\n${table(
        found.slice(1, 6).map(({ file, boxes }) => [file, `${boxes} boxes`]),
        '  ',
      )}`,
    )
  for (const { found: what, block } of suggestions(facts))
    print(`found ${what}: a ${block} block stands in ${CONFIG_FILE} as a comment`)
  print(`next: ${paint('cyan', 'gonogo plan')}, then ${paint('cyan', 'gonogo bind')}`)
  return EXIT.ok
}

interface Found {
  file: string
  boxes: number
  score: number
}

/** Documents that are read at the most: reading is cheap, but a wiki is large. */
const DOCUMENTS_MAX = 500

/** Documents with boxes, the likeliest release checklist first: by name, then by number of boxes. */
function rankChecklists(directory: string, documents: readonly string[]): Found[] {
  const found = documents.slice(0, DOCUMENTS_MAX).flatMap((file): Found[] => {
    try {
      const boxes = readDocument(directory, file).checklist.items.filter((item) => item.box !== null).length
      const named = /(deploy|release|production|launch|go-?live)/i.test(basename(file)) ? 2 : 0
      const listed = /(checklist|runbook)/i.test(basename(file)) ? 2 : 0
      return boxes > 0 ? [{ file, boxes, score: named + listed }] : []
    } catch (error) {
      if (error instanceof PlanError) return []
      throw error
    }
  })
  return found.toSorted((a, b) => b.score - a.score || b.boxes - a.boxes)
}

function ignoreState(directory: string): void {
  const path = join(directory, '.gitignore')
  const text = existsSync(path) ? readFileSync(path, 'utf8') : ''
  if (text.split(/\r?\n/).some((line) => /^\/?\.gonogo\/?$/.test(line.trim()))) return
  writeFileSync(path, `${text}${text === '' || text.endsWith('\n') ? '' : '\n'}.gonogo/\n`)
}

interface Suggestion {
  found: string
  block: string
  lines: string[]
}

/** What the files suggest, as comments: whether it is so is for a person to say. */
function suggestions({ start, databases }: ProjectFacts): Suggestion[] {
  const [database] = databases
  return [
    ...(start
      ? [
          {
            found: `"start": ${JSON.stringify(start.script)} in package.json`,
            block: 'targets',
            lines: [
              '# What is released: gonogo starts it, on a port given in the variable PORT, old and new version side by side.',
              '# targets:',
              `#   app: { kind: process-group, command: ${JSON.stringify(start.command)} }`,
            ],
          },
        ]
      : []),
    ...(database
      ? [
          {
            found: `the SQLite database ${database}`,
            block: 'backups',
            lines: [
              '# A copy that is proved to be one, and that a rollback can put back.',
              '# backups:',
              `#   database: { kind: sqlite, database: ${JSON.stringify(database)} }`,
            ],
          },
        ]
      : []),
  ]
}

function render(facts: ProjectFacts, checklist: string): string {
  const suggested = suggestions(facts).map(({ lines }) => `${lines.join('\n')}\n\n`)
  return `# What gonogo may do for ${checklist}. "gonogo kinds" lists every kind and its options.
service: ${JSON.stringify(facts.name)}
environment: production
checklist: ${JSON.stringify(checklist)}

# Who may answer for what. Items that only a person can answer are asked of \`defaults.ask\`.
people:
  release-manager: [${JSON.stringify(process.env.USER || 'me')}]
defaults:
  ask: release-manager

${suggested.join('')}# Item id → what makes it executable. "gonogo bind" proposes; nothing runs that does not stand here.
bindings: {}
`
}
