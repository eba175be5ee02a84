// gonogo checks: the kinds of checks by family, and everything about one: what it judges, its options, an entry to paste.
import { findKind, loadKinds, type Catalog } from '../../catalog/catalog.ts'
import { checkFamilies, type CheckFamily } from '../../catalog/checks.ts'
import { PlanError } from '../../lib/errors.ts'
import { nearest } from '../../lib/nearest.ts'
import { plural } from '../../lib/plural.ts'
import { oneOf, print, type GlobalOptions } from '../common.ts'
import { describeEntry } from '../entries.ts'
import { EXIT } from '../exit.ts'
import { bindingYaml, describedKind, optionWords, type DescribedKind } from '../kinds/described-kind.ts'
import { wrap } from '../display-width.ts'
import { columns, paint } from '../screen.ts'

interface ChecksOptions extends GlobalOptions {
  family?: string
  format: string
}

interface ListedCheck {
  family: CheckFamily
  kind: Catalog['check']
}

/** @throws PlanError for a kind or a family there is not, naming the nearest. */
export async function checks(id: string | undefined, options: ChecksOptions): Promise<number> {
  await loadKinds(['check'])
  const format = oneOf('--format', options.format, ['text', 'json'])
  const all = listedChecks()
  const families = Object.keys(checkFamilies) as CheckFamily[]
  const family = options.family === undefined ? null : oneOf('--family', options.family, families)
  const listed = family === null ? all : all.filter((one) => one.family === family)
  const chosen = id === undefined ? null : meant(listed, id)
  if (format === 'json') print(JSON.stringify(chosen ? asJson(chosen) : listed.map(asJson), null, 2))
  else if (chosen) print(explained(chosen, columns()))
  else print(list(listed, columns()))
  return EXIT.ok
}

function listedChecks(): ListedCheck[] {
  return Object.entries(checkFamilies).flatMap(([family, kinds]) =>
    Object.keys(kinds).map((id) => ({
      family: family as CheckFamily,
      kind: findKind('check', id, { path: 'check' }),
    })),
  )
}

function meant(listed: readonly ListedCheck[], id: string): ListedCheck {
  const found = listed.find(({ kind }) => kind.id === id)
  if (found) return found
  const ids = listed.map(({ kind }) => kind.id)
  const holding = ids.filter((candidate) => candidate.includes(id.toLowerCase()))
  const suggestion = nearest(id, ids)
  const hint =
    holding.length > 0
      ? `did you mean ${holding.slice(0, 5).join(', ')}?`
      : suggestion
        ? `did you mean "${suggestion}"?`
        : '"gonogo checks" lists them'
  throw new PlanError(`there is no check "${id}"`, { hint })
}

function asJson({ family, kind }: ListedCheck): object {
  const { needs, remedy, secretFields, failingExample } = kind
  return { family, ...describedKind(kind), failingExample, needs: needs ?? null, remedy, secretFields }
}

function list(listed: readonly ListedCheck[], width: number): string {
  const idColumns = Math.max(0, ...listed.map(({ kind }) => kind.id.length))
  const groups = [...Map.groupBy(listed, ({ family }) => family)].map(([family, kinds]) =>
    [paint('bold', family), ...kinds.map(({ kind }) => listLine(kind, idColumns, width))].join('\n'),
  )
  const hint = `${plural(listed.length, 'kind')}; gonogo checks KIND explains one; actions, targets, guards, ...: gonogo kinds`
  return [...groups, paint('dim', wrap(hint, width).join('\n'))].join('\n\n')
}

/** Its summary, broken between words, then what it needs. */
function listLine({ id, summary, needs }: Catalog['check'], idColumns: number, width: number): string {
  const columnsLeft = Math.max(24, width - idColumns - 4)
  const lines = wrap(summary, columnsLeft)
  const wants = needs === undefined ? [] : wrap(`needs ${needs}`, columnsLeft).map((line) => paint('dim', line))
  const indent = ' '.repeat(idColumns + 4)
  return [...lines, ...wants]
    .map((line, at) => `${at === 0 ? `  ${id.padEnd(idColumns)}  ` : indent}${line}`)
    .join('\n')
}

function explained({ family, kind }: ListedCheck, width: number): string {
  const described = describedKind(kind)
  const paragraph = (text: string): string => wrap(text, width).join('\n')
  const { id, summary, needs, remedy, secretFields, example, failingExample } = kind
  const facts: [string, string | null][] = [
    ['needs', needs ?? null],
    ['how to fix', remedy],
    ['kept secret', secretFields.length > 0 ? secretFields.join(', ') : null],
  ]
  const factLines = facts.flatMap(([name, said]) =>
    said === null
      ? []
      : wrap(said, Math.max(20, width - 15)).map(
          (line, index) => `  ${paint('dim', (index === 0 ? name : '').padEnd(11))}  ${line}`,
        ),
  )
  return [
    `${paint('bold', id)} ${paint('dim', `(${family})`)}\n${paragraph(`${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`)}`,
    factLines.join('\n'),
    `${paint('bold', 'Options')}\n${optionsTable(described, width)}`,
    `${paint('bold', 'In gonogo.yaml')}\n${indented(bindingYaml(id, example))}`,
    `${paint('bold', 'Turns red')}\n${indented(describeEntry({ with: failingExample }))}`,
    paint('dim', 'ITEM-ID is an id that "gonogo plan" shows.'),
  ].join('\n\n')
}

function indented(text: string): string {
  return text
    .split('\n')
    .map((line) => `  ${line}`)
    .join('\n')
}

/** Names in a column; what they take and mean beside them, broken between words. */
function optionsTable({ options }: DescribedKind, width: number): string {
  if (options.length === 0) return '  none'
  const nameColumns = Math.min(28, Math.max(...options.map(({ name }) => name.length)))
  return options
    .flatMap((option) => {
      const { facts, description } = optionWords(option)
      const lines = [
        ...wrap(description || facts, Math.max(24, width - nameColumns - 4)),
        ...(description ? wrap(facts, Math.max(24, width - nameColumns - 4)).map((line) => paint('dim', line)) : []),
      ]
      const isLong = option.name.length > nameColumns
      const head = `  ${paint('cyan', option.name)}`
      const indent = ' '.repeat(nameColumns + 4)
      const [first = '', ...others] = lines
      return isLong
        ? [head, ...lines.map((line) => indent + line)]
        : [`${head}${' '.repeat(nameColumns - option.name.length + 2)}${first}`, ...others.map((line) => indent + line)]
    })
    .join('\n')
}
