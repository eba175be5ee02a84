// Which program runs a project's tests, lint, types or build, with which arguments. Builds argument vectors; runs nothing.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { managerOf, readPackageJson } from '../node-project.ts'
import { readReport, Unreadable } from '../report-file.ts'

export const TOOLS = ['npm', 'pnpm', 'yarn', 'bun', 'make', 'cargo', 'go', 'pytest', 'maven', 'gradle'] as const
export type Tool = (typeof TOOLS)[number]

export interface Command {
  tool: Tool
  file: string
  args: string[]
}

/** What projects call the looking at types. */
const TYPES = ['types', 'typecheck', 'type-check', 'check-types', 'check:types', 'types:check', 'tsc']

/** For tools that have no scripts: what does each of the four. */
const VECTORS: Partial<Record<Tool, Record<string, string[]>>> = {
  cargo: {
    test: ['cargo', 'test'],
    lint: ['cargo', 'clippy', '--all-targets', '--', '-D', 'warnings'],
    types: ['cargo', 'check', '--all-targets'],
    build: ['cargo', 'build'],
  },
  go: {
    test: ['go', 'test', './...'],
    lint: ['go', 'vet', './...'],
    types: ['go', 'vet', './...'],
    build: ['go', 'build', './...'],
  },
  pytest: {
    test: ['python3', '-m', 'pytest', '-q'],
    lint: ['python3', '-m', 'ruff', 'check', '.'],
    types: ['python3', '-m', 'mypy', '.'],
  },
  maven: {
    test: ['mvn', '--batch-mode', 'test'],
    build: ['mvn', '--batch-mode', '-DskipTests', 'package'],
    types: ['mvn', '--batch-mode', 'test-compile'],
  },
  gradle: { test: ['test'], build: ['assemble'], lint: ['check', '-x', 'test'], types: ['testClasses'] },
}

const SIGNS: Partial<Record<Tool, string[]>> = {
  cargo: ['Cargo.toml'],
  go: ['go.mod'],
  pytest: ['pytest.ini', 'pyproject.toml', 'setup.cfg', 'tox.ini', 'conftest.py'],
  maven: ['pom.xml'],
  gradle: ['build.gradle', 'build.gradle.kts'],
}

interface Asked {
  script: string
  tool: Tool | 'auto'
  args: readonly string[]
}

/** The command. @throws Unreadable where no tool knows the script, or several do and none was named. */
export async function commandFor(directory: string, { script, tool, args }: Asked): Promise<Command> {
  if (tool !== 'auto') {
    const command = await commandOf(directory, tool, script, args)
    if (command === null) throw new Unreadable(`${tool} knows no "${script}" here`)
    return command
  }
  const found: Command[] = []
  const candidates = [
    ...(await nodeTool(directory)),
    ...TOOLS.filter((name) => SIGNS[name]?.some((sign) => existsSync(join(directory, sign)))),
  ]
  for (const name of candidates) {
    const command = await commandOf(directory, name, script, args)
    if (command) found.push(command)
  }
  // A Makefile often only calls the others.
  const make = found.length === 0 ? await commandOf(directory, 'make', script, args) : null
  if (make) found.push(make)
  const [only] = found
  if (!only) throw new Unreadable(`nothing here knows how to run "${script}"`)
  if (found.length > 1)
    throw new Unreadable(`${found.map((one) => one.tool).join(' and ')} could run "${script}": name the tool`)
  return only
}

async function nodeTool(directory: string): Promise<Tool[]> {
  if (!existsSync(join(directory, 'package.json'))) return []
  const manager = await managerOf(directory, await readPackageJson(directory))
  return [manager === null ? 'npm' : manager === 'yarn-classic' ? 'yarn' : manager]
}

async function commandOf(
  directory: string,
  tool: Tool,
  script: string,
  args: readonly string[],
): Promise<Command | null> {
  if (tool === 'npm' || tool === 'pnpm' || tool === 'yarn' || tool === 'bun') {
    const { scripts = {} } = await readPackageJson(directory)
    const name = (script === 'types' ? TYPES : [script]).find((candidate) => Object.hasOwn(scripts, candidate))
    if (name === undefined) return null
    const separator = tool === 'npm' && args.length > 0 ? ['--'] : []
    return { tool, file: tool, args: ['run', name, ...separator, ...args] }
  }
  if (tool === 'make')
    return (await hasTarget(directory, script)) ? { tool, file: 'make', args: [script, ...args] } : null
  const vector = VECTORS[tool]?.[script]
  if (!vector) return null
  if (tool !== 'gradle') return { tool, file: vector[0] as string, args: [...vector.slice(1), ...args] }
  const wrapper = join(directory, 'gradlew')
  return { tool, file: existsSync(wrapper) ? wrapper : 'gradle', args: ['--console=plain', ...vector, ...args] }
}

async function hasTarget(directory: string, target: string): Promise<boolean> {
  const name = ['GNUmakefile', 'makefile', 'Makefile'].find((file) => existsSync(join(directory, file)))
  if (name === undefined) return false
  const { text } = await readReport(directory, name)
  return text
    .split('\n')
    .some(
      (line) => /^[\w./-][^:=#\t]*:(?!=)/.test(line) && (line.split(':')[0] ?? '').trim().split(/\s+/).includes(target),
    )
}
