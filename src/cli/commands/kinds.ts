// gonogo kinds: everything an item, a target, a router or a signal can be, with its options.
import type { z } from 'zod'
import { catalog, type Family } from '../../catalog/catalog.ts'
import { optionsOf } from '../../catalog/kind-options.ts'
import { oneOf, print, type GlobalOptions } from '../common.ts'
import { EXIT } from '../exit.ts'
import { paint } from '../screen.ts'

interface AnyKind {
  id: string
  summary: string
  options: z.ZodType
  example: unknown
}

export function kinds(family: string | undefined, options: GlobalOptions & { format: string }): number {
  const format = oneOf('--format', options.format, ['text', 'json'])
  const families = family
    ? [oneOf('kinds', family, Object.keys(catalog) as Family[])]
    : (Object.keys(catalog) as Family[])
  const list = families.flatMap((name) =>
    (catalog[name] as readonly AnyKind[]).map((kind) => ({ family: name, ...describe(kind) })),
  )
  if (format === 'json') print(JSON.stringify(list, null, 2))
  else for (const kind of list) show(kind, family !== undefined)
  return EXIT.ok
}

function describe({ id, summary, options, example }: AnyKind) {
  return { id, summary, options: optionsOf(options), example }
}

function show(kind: ReturnType<typeof describe> & { family: Family }, inFull: boolean): void {
  print(`${paint('dim', kind.family.padEnd(9))} ${paint('bold', kind.id.padEnd(18))} ${kind.summary}`)
  if (!inFull) return
  for (const { name, takes, required, default: usual, description } of kind.options) {
    const facts = [takes, required ? 'required' : usual === null ? '' : `default ${usual}`].filter(Boolean).join(', ')
    print(`            ${name.padEnd(22)} ${paint('dim', `${facts}${description ? `: ${description}` : ''}`)}`)
  }
  print(paint('dim', `            example: ${JSON.stringify(kind.example)}\n`))
}
