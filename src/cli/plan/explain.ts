// Everything about one item: what the document says, how that was understood and why, what would happen, what to type.
import type { CommandStep, Item, Phase } from '../../plan/plan.ts'
import { displayWidth, plainLine, wrap } from '../display-width.ts'
import { describeEntry, describeProposal } from '../entries.ts'
import { paint } from '../screen.ts'
import type { Reading } from './reading.ts'
import { blankInWords, choiceInWords, phaseInWords, thresholdInWords } from './words.ts'
import { whyCondition, whyKind, whyPolarity, whyState, whyVerifiable } from './why.ts'

/** Name of a fact and what is said of it; one name may have several lines. */
type Row = readonly [name: string, ...said: string[]]

/** @param width columns to fit into, or null where lines are not broken. */
export function explainItem(reading: Reading, item: Item, width: number | null): string {
  const { document, phases } = reading.checklist
  const phase = phases.find(({ id }) => id === item.phase) ?? null
  const place = `${document.path}:${item.line}`
  const path = phase ? phase.path.map(plainLine).join(' › ') : ''
  return [
    ...(width === null ? [plainLine(item.text)] : wrap(item.text, width)).map((line) => paint('bold', line)),
    paint('dim', item.id),
    paint('dim', place),
    ...section('The document', [['under', path], ...documentRows(reading, item, phase)], width),
    ...section('Understood as', understoodRows(reading, item, phase), width),
    ...section('In the plan', planRows(reading, item), width),
    ...section('Next', nextRows(reading, item), width),
  ].join('\n')
}

function documentRows({ checklist }: Reading, item: Item, phase: Phase | null): Row[] {
  const parent = checklist.items.find(({ id }) => id === item.parent)
  const below = checklist.items.filter((other) => other.parent === item.id)
  return [
    ...(phase ? [['phase', phaseInWords(phase)] as const] : []),
    ...(parent ? [['part of', `line ${parent.line}: ${parent.text}`] as const] : []),
    ...(below.length > 0 ? [['gathers', ...below.map((child) => `line ${child.line}: ${child.text}`)] as const] : []),
    ...(item.table
      ? [['row', ...Object.entries(item.table).map(([header, cell]) => `${header}: ${cell}`)] as const]
      : []),
  ]
}

function understoodRows({ checklist }: Reading, item: Item, phase: Phase | null): Row[] {
  const severity = checklist.triggers.find((trigger) => trigger.item === item.id)?.severity ?? null
  return [
    ['kind', `${item.kind}: ${whyKind(item, phase)}`],
    ['state', whyState(item)],
    ['polarity', `${item.polarity}: ${whyPolarity(item, severity)}`],
    ...(item.condition === null ? [] : [['condition', whyCondition(item.condition)] as const]),
    ...(item.thresholds.length === 0
      ? []
      : [
          [
            'bounds',
            ...item.thresholds.map((bound) => `${thresholdInWords(bound)}, from "${plainLine(bound.text)}"`),
          ] as const,
        ]),
    ...(item.blanks.length === 0 ? [] : [['blanks', ...item.blanks.map(blankInWords)] as const]),
    ...(item.choices.length === 0 ? [] : [['choices', ...item.choices.map(choiceInWords)] as const]),
    ...(item.commands.length === 0 ? [] : [['commands', ...item.commands.flatMap(commandInWords)] as const]),
    ['verified', `${item.verifiable}: ${whyVerifiable(item)}`],
  ]
}

/** Its line and script, what makes it dangerous or hard to run, and what it should print. */
function commandInWords(command: CommandStep): string[] {
  const { line, script, title, language, background, endless, interactive, destructive } = command
  const { placeholders, variables, alternative, expects, problem } = command
  const facts = [
    problem && `never run: ${problem}`,
    language === 'sql' && 'SQL, no shell',
    command.looksOnly && 'known to change nothing',
    destructive && 'destroys something',
    endless && 'does not end by itself',
    interactive && 'wants somebody at the keyboard',
    background && 'keeps running in the background',
    alternative && `one way of several: ${alternative.name}`,
    placeholders.length > 0 && `asks for ${placeholders.join(', ')}`,
    variables.length > 0 && `wants ${variables.join(', ')} in the environment`,
  ].filter(Boolean)
  return [
    `line ${line}: ${title === null ? '' : `${title}: `}${script}`,
    ...(facts.length > 0 ? [`  ${facts.join('; ')}`] : []),
    ...(expects
      ? [`  expected: ${[expects.kind, expects.value].filter(Boolean).join(' ')}, from "${expects.text}"`]
      : []),
  ]
}

function planRows({ plan, proposals, aside }: Reading, item: Item): Row[] {
  const planned = plan?.items.find((entry) => entry.item === item.id)
  const proposal = proposals.get(item.id)
  const rows: Row[] = []
  if (!plan) rows.push(['bound', aside ?? 'nothing: there is no gonogo.yaml'])
  else if (!planned) rows.push(['bound', 'nothing: it is shown for reference and never run'])
  else rows.push(['bound', planned.binding.type === 'unbound' ? 'nothing' : planned.binding.type])
  if (planned) rows.push(['will', planned.will])
  if (proposal) rows.push(['proposed', describeEntry(proposal.entry), describeProposal(proposal)])
  else if (!planned || planned.binding.type === 'unbound') rows.push(['proposed', 'nothing: no kind is sure of it'])
  return rows
}

function nextRows({ plan, proposals, steps }: Reading, item: Item): Row[] {
  const planned = plan?.items.find((entry) => entry.item === item.id)
  if (item.kind === 'reference') return [['', 'nothing to do']]
  if (!plan) return [['', 'gonogo init']]
  if (proposals.has(item.id)) return [['', `gonogo bind --accept ${item.id}`]]
  if (planned && planned.binding.type !== 'unbound')
    return [['', 'gonogo check', 'or change its entry under `bindings` in gonogo.yaml']]
  const configuring = steps.find(({ write, items }) => write !== null && items.includes(item.id))
  return [
    ...(configuring
      ? [['', `write ${configuring.what}: ${describeEntry(configuring.write ?? {})}`, 'or'] as const]
      : []),
    [
      '',
      `write under \`bindings\` in gonogo.yaml:  ${item.id}: { ${formOf(item)} }`,
      `gonogo kinds ${item.polarity === 'bad-state' ? 'source' : item.verifiable === 'action' ? 'action' : 'check'}`,
    ],
  ]
}

/** How an entry begins, for what it would be. */
function formOf({ polarity, verifiable }: Item): string {
  if (polarity === 'bad-state') return 'guard: { signal: NAME, is: ">", value: NUMBER }'
  if (verifiable === 'action') return 'action: command'
  return verifiable === 'person' ? 'poll: ROLE' : 'check: KIND, with: { ... }'
}

const NAME_COLUMNS = 9

function section(title: string, rows: readonly Row[], width: number | null): string[] {
  const lines = ['', paint('bold', title)]
  for (const [name, ...said] of rows) {
    const indent = name === '' ? '  ' : ' '.repeat(NAME_COLUMNS + 4)
    const broken = said.flatMap((text) =>
      width === null ? [plainLine(text)] : wrap(text, Math.max(20, width - indent.length)),
    )
    for (const [index, line] of broken.entries()) {
      const head =
        name === '' || index > 0
          ? indent
          : `  ${paint('dim', name)}${' '.repeat(NAME_COLUMNS + 2 - displayWidth(name))}`
      lines.push(`${head}${line}`.trimEnd())
    }
  }
  return lines
}
