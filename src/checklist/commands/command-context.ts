// What commands take from those before them in the document: ways of one thing across blocks, `cd` and `export` carried on.
import type { CommandStep } from '../../plan/plan.ts'
import { groupAt, readWay } from './alternatives.ts'
import type { Draft } from '../items/draft.ts'
import { neverRuns } from '../phases/phase-kind.ts'
import { maskPlaceholders, readVariables } from './placeholders.ts'
import { callsOf } from './shell-calls.ts'
import { readShell, type ShellStatement } from './shell-syntax.ts'

/** Settles the commands of all drafts, in document order. Changes the drafts. */
export function settleCommands(drafts: readonly Draft[]): void {
  const commanded = drafts.filter(({ commands }) => commands.length > 0)
  if (commanded.length === 0) return
  groupWays(commanded, waysByHeading(commanded))
  groupWays(commanded, waysByLead(commanded))
  carryState(commanded)
}

type Ways = Map<Draft, { group: string; name: string }>

/** "#### Option A" and "#### Option B", "### Manual installation (alternative)" behind its other way. */
function waysByHeading(drafts: readonly Draft[]): Ways {
  const titles = new Map(drafts.map((draft) => [draft.section, wayOfTitle(draft.section.phase.title)]))
  const families = new Map<string, Draft[]>()
  for (const draft of drafts) {
    const parent = JSON.stringify(draft.section.phase.path.slice(0, -1))
    families.set(parent, [...(families.get(parent) ?? []), draft])
  }
  return new Map(
    [...families.values()].flatMap((family) =>
      waysIn(family, (draft) => titles.get(draft.section) ?? null, nameOfSection),
    ),
  )
}

/** "**Option A: containers**" and "**Option B: by hand**" in front of blocks of one section. */
function waysByLead(drafts: readonly Draft[]): Ways {
  const sections = Map.groupBy(
    drafts.filter(({ origin }) => origin === 'fence'),
    ({ section }) => section,
  )
  const wayOf = (draft: Draft) => (draft.lead === null ? null : wayOfTitle(draft.lead))
  return new Map(
    [...sections.values()].flatMap((family) => waysIn(family, wayOf, ({ lead, line }) => lead ?? groupAt(line))),
  )
}

function wayOfTitle(title: string): 'named' | 'or' | null {
  if (/\((?:alternative|alternatively|or|option \w+|alternative (?:method|way|approach))\)\s*:?$/i.test(title))
    return 'or'
  const way = readWay(title)
  return way === 'tool' ? null : way
}

function nameOfSection({ section }: Draft): string {
  return section.phase.title
}

/** Named ways belong together where there are two; "or" belongs to what stands right before it. */
function waysIn(
  family: readonly Draft[],
  wayOf: (draft: Draft) => 'named' | 'or' | null,
  nameOf: (draft: Draft) => string,
): [Draft, { group: string; name: string }][] {
  const found = new Set<Draft>()
  const named = family.filter((draft) => wayOf(draft) === 'named')
  if (new Set(named.map(nameOf)).size > 1) for (const draft of named) found.add(draft)
  for (const [index, draft] of family.entries()) {
    if (wayOf(draft) !== 'or') continue
    const before = family.slice(0, index).findLast((other) => nameOf(other) !== nameOf(draft))
    if (!before) continue
    for (const other of family)
      if (nameOf(other) === nameOf(before) || nameOf(other) === nameOf(draft)) found.add(other)
  }
  const [first] = found
  return [...found].map((draft) => [draft, { group: groupAt(first?.line ?? draft.line), name: nameOf(draft) }])
}

function groupWays(drafts: readonly Draft[], ways: Ways): void {
  for (const draft of drafts) {
    const alternative = ways.get(draft)
    if (alternative)
      draft.commands = draft.commands.map((command) => ({
        ...command,
        alternative: command.alternative ?? alternative,
      }))
  }
}

/** The shell's state as the blocks so far left it. */
interface State {
  lines: string[]
  sets: Set<string>
  /** A file of settings was read. */
  sourced: boolean
}

/** Blocks below one second-level heading are typed into one terminal, as it were. */
function carryState(drafts: readonly Draft[]): void {
  const states = new Map<string, State>()
  for (const draft of drafts) {
    const { path, level, kind } = draft.section.phase
    const scope = JSON.stringify(path.slice(0, Math.max(1, path.length - Math.max(0, level - 2))))
    // The way back, and what is only shown, begin anew and leave nothing.
    const apart = neverRuns(kind) || draft.commands.some(({ alternative }) => alternative !== null)
    const state: State = (apart ? undefined : states.get(scope)) ?? { lines: [], sets: new Set(), sourced: false }
    draft.commands = settleDraft(draft.commands, state)
    if (!apart) states.set(scope, state)
  }
}

function settleDraft(commands: readonly CommandStep[], state: State): CommandStep[] {
  const shells = commands.map(({ language, problem, script }) =>
    language === 'shell' && problem === null ? readShell(maskPlaceholders(script)).statements : [],
  )
  if (startsAgain(commands[0]?.script ?? '', state)) state.lines = state.lines.filter((line) => !/^cd\b/.test(line))
  const setup = [...state.lines]
  return commands.map((command, index) => {
    const statements = shells[index] ?? []
    const variables = state.sourced ? [] : command.variables.filter((name) => !state.sets.has(name))
    leave(command, statements, state)
    return { ...command, setup, variables }
  })
}

/** "cd backend" once more, where we are there: its writer began anew. */
function startsAgain(script: string, state: State): boolean {
  const first = /^cd\s+([^\s/~][^\s;&]*)/.exec(script)?.[0]
  return first !== undefined && first !== 'cd ..' && state.lines.findLast((line) => /^cd\b/.test(line)) === first
}

/** Notes what a step does to the state of its shell. What a substitution gave cannot be had again and is not carried. */
function leave(command: CommandStep, statements: readonly ShellStatement[], state: State): void {
  const { sets, sourced } = readVariables(statements, command.script)
  const within = callsOf(statements).substitutes
  for (const name of sets) state.sets.add(name)
  state.sourced ||= sourced
  if (command.placeholders.length > 0) return
  for (const { node } of statements) {
    const parts = node.command.type === 'AndOr' ? [node.command.commands[0]] : [node.command]
    for (const part of parts) {
      if (part?.type !== 'Command' || node.background) continue
      const text = command.script.slice(part.pos, part.end)
      const name = part.name?.value
      const carried = name === undefined ? part.prefix.length > 0 : /^(?:cd|pushd|popd|export|source|\.)$/.test(name)
      if (!carried) continue
      if (within && /\$\(|`/.test(text)) for (const set of setBy(text)) state.sets.delete(set)
      else state.lines.push(text)
    }
  }
}

function setBy(text: string): string[] {
  return [...text.matchAll(/\b([A-Za-z_]\w*)=/g)].map((match) => match[1] ?? '')
}
