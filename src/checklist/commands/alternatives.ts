// Ways of doing one thing ("Method 1", "# Or"): steps in a group, of which only one is run.
import type { BlockStep } from './command-block.ts'

/** "Method 2: ...", "Option B". */
const NAMED =
  /^(?:method|option|alternative|approach|variant|way|choice|path)\s*#?\s*(?:\d{1,2}|[a-h]|one|two|three|four)\b/i
/** "Or manually", "Alternative: with helm": another way of what stands before. */
const OR =
  /^(?:or\b(?! (?:higher|later|newer|above|greater|less))|alternative(?:ly)?\b(?! \w+s\b)|otherwise\b|or else\b|either\b)/i
/** "If using nginx", "Using Docker", "On Ubuntu", "For npm": one of them applies where there are several of the kind. */
const TOOL =
  /^(if (?:you(?:'re| are)? )?(?:using|on|running)|using|via|with|on (?=(?:linux|mac|macos|windows|ubuntu|debian|centos|rhel|alpine|amazon)\b)|(?:for|in) (?=(?:npm|yarn|pnpm|docker|podman|kubernetes|k8s|systemd|pm2|heroku|aws|gcp|azure|linux|mac|macos|windows|ubuntu|debian|centos|rhel)\b))\s*\S/i

/** What the words say of a way: that they name one, or that they begin another one of what stands before. */
export function readWay(words: string): 'named' | 'or' | 'tool' | null {
  const text = words.replace(/^[\s*_#>-]+/, '').trim()
  if (NAMED.test(text)) return 'named'
  if (OR.test(text)) return 'or'
  return TOOL.test(text) ? 'tool' : null
}

/** Marks the steps of a block that are ways of one thing. A group has the name of its first way's line. */
export function markAlternatives(steps: BlockStep[]): BlockStep[] {
  const ways = steps.map(({ title }) => (title === null ? null : readWay(title)))
  const tools = ways.filter((way) => way === 'tool').length > 1
  let group: string | null = null
  let name = ''
  for (const [index, step] of steps.entries()) {
    const way = ways[index] === 'tool' && !tools ? null : ways[index]
    const before = steps[index - 1]
    if (way === 'or' && before && group === null) {
      group = groupAt(before.line)
      mark(before, group, before.title ?? 'as first written')
    }
    if (way) {
      group ??= groupAt(step.line)
      name = step.title ?? 'other'
    }
    // A way goes on until the next one is named; without counting ("Or") it is one paragraph.
    if (group !== null && (way || ways.includes('named'))) mark(step, group, name)
    else group = null
  }
  dropLonely(steps)
  return steps
}

/** Words of a group: where it begins. */
export function groupAt(line: number): string {
  return `line ${line}`
}

function mark(step: BlockStep, group: string, name: string): void {
  step.commands = step.commands.map((command) => ({ ...command, alternative: { group, name } }))
}

/** One way alone is no alternative; a way in words only counts as one. */
function dropLonely(steps: BlockStep[]): void {
  const names = new Map<string, Set<string>>()
  for (const { commands } of steps)
    for (const { alternative } of commands)
      if (alternative) names.set(alternative.group, (names.get(alternative.group) ?? new Set()).add(alternative.name))
  const inWords = steps.some(
    ({ title, commands }) => commands.length === 0 && title !== null && readWay(title) !== null,
  )
  if (inWords) return
  for (const step of steps)
    step.commands = step.commands.map((command) =>
      command.alternative && (names.get(command.alternative.group)?.size ?? 0) < 2
        ? { ...command, alternative: null }
        : command,
    )
}
