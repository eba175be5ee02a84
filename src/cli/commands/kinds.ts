// gonogo kinds: everything an item, a target, a router or a signal can be, with its options.
import { FAMILY_NAMES, kindsOf, loadKinds, type Family } from '../../catalog/catalog.ts'
import { oneOf, print, type GlobalOptions } from '../common.ts'
import { EXIT } from '../exit.ts'
import { describedKind, optionLines, type DescribedKind } from '../kinds/described-kind.ts'
import { paint } from '../screen.ts'

type AnyKind = Parameters<typeof describedKind>[0]

export async function kinds(family: string | undefined, options: GlobalOptions & { format: string }): Promise<number> {
  await loadKinds()
  const format = oneOf('--format', options.format, ['text', 'json'])
  const families = family ? [oneOf('kinds', family, FAMILY_NAMES)] : FAMILY_NAMES
  const list = families.flatMap((name) =>
    (kindsOf(name) as readonly AnyKind[]).map((kind) => ({ family: name, ...describedKind(kind) })),
  )
  if (format === 'json') print(JSON.stringify(list, null, 2))
  else {
    for (const kind of list) show(kind, family !== undefined)
    if (families.includes('check'))
      print(paint('dim', '\ngonogo checks lists the checks by family; gonogo checks KIND explains one'))
  }
  return EXIT.ok
}

function show(kind: DescribedKind & { family: Family }, inFull: boolean): void {
  print(`${paint('dim', kind.family.padEnd(9))} ${paint('bold', kind.id.padEnd(18))} ${kind.summary}`)
  if (!inFull) return
  for (const line of optionLines(kind.options, ' '.repeat(12))) print(line)
  print(paint('dim', `            example: ${JSON.stringify(kind.example)}\n`))
}
