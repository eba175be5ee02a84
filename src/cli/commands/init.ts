// gonogo init: finds the checklist and what the project is, and writes a first gonogo.yaml.
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { basename, join, relative, resolve } from 'node:path'
import { readDocument } from '../../app/project.ts'
import { CONFIG_FILE } from '../../config/load.ts'
import { PlanError } from '../../lib/errors.ts'
import { print, type GlobalOptions } from '../common.ts'
import { EXIT } from '../exit.ts'
import { paint, table } from '../screen.ts'

export function init(options: GlobalOptions): number {
  const directory = resolve(options.project)
  const path = join(directory, CONFIG_FILE)
  if (existsSync(path))
    throw new PlanError('is there already', { file: CONFIG_FILE, hint: 'edit it, or remove it first' })
  const found = findChecklists(directory)
  const [best] = found
  if (!best)
    throw new PlanError('found no Markdown file with checkboxes here', {
      expected: 'a checklist such as DEPLOYMENT_CHECKLIST.md',
      hint: 'write one, then run "gonogo init" again',
    })
  writeFileSync(path, render(serviceName(directory), best.file))
  ignoreState(directory)
  print(`${paint('bold', CONFIG_FILE)} is written for ${best.file} (${best.boxes} boxes)`)
  if (found.length > 1)
    print(
      `others found:\n${table(
        found.slice(1, 6).map(({ file, boxes }) => [file, `${boxes} boxes`]),
        '  ',
      )}`,
    )
  print(`next: ${paint('cyan', 'gonogo plan')}, then ${paint('cyan', 'gonogo bind')}`)
  return EXIT.ok
}

interface Found {
  file: string
  boxes: number
  score: number
}

/** Markdown files with boxes, the likeliest release checklist first: by name, then by number of boxes. */
function findChecklists(directory: string): Found[] {
  const files = markdownFiles(directory, 3).flatMap((path): Found[] => {
    const file = relative(directory, path)
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
  return files.toSorted((a, b) => b.score - a.score || b.boxes - a.boxes)
}

const FILES_MAX = 500

function markdownFiles(directory: string, depth: number): string[] {
  const found: string[] = []
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    if (found.length >= FILES_MAX) break
    const path = join(directory, entry.name)
    const skipped = entry.name === 'node_modules' || (entry.name.startsWith('.') && entry.name !== '.github')
    if (entry.isDirectory() && depth > 0 && !skipped) found.push(...markdownFiles(path, depth - 1))
    else if (entry.isFile() && /\.(md|markdown)$/i.test(entry.name)) found.push(path)
  }
  return found
}

function serviceName(directory: string): string {
  try {
    const { name } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as { name?: string }
    return name?.replace(/^@[^/]+\//, '') ?? basename(directory)
  } catch {
    return basename(directory)
  }
}

function ignoreState(directory: string): void {
  const path = join(directory, '.gitignore')
  const text = existsSync(path) ? readFileSync(path, 'utf8') : ''
  if (text.split(/\r?\n/).some((line) => /^\/?\.gonogo\/?$/.test(line.trim()))) return
  writeFileSync(path, `${text}${text === '' || text.endsWith('\n') ? '' : '\n'}.gonogo/\n`)
}

function render(service: string, checklist: string): string {
  return `# What gonogo may do for ${checklist}. "gonogo kinds" lists every kind and its options.
service: ${JSON.stringify(service)}
environment: production
checklist: ${JSON.stringify(checklist)}

# Who may answer for what. Items that only a person can answer are asked of \`defaults.ask\`.
people:
  release-manager: [${JSON.stringify(process.env.USER ?? 'me')}]
defaults:
  ask: release-manager

# Item id → what makes it executable. "gonogo bind" proposes; nothing runs that does not stand here.
bindings: {}
`
}
