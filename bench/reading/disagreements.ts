// node bench/reading/disagreements.ts [--aspect NAME] [--split reference]: where reader and labels differ, with the line.
// The blind half has no such view on purpose: who has seen it cannot tune blind any more.
import { parseArgs } from 'node:util'
import { compare, sharesOf } from './compare.ts'
import { loadLabelled } from './labels.ts'
import { readWithProposals } from './reading.ts'

const { values } = parseArgs({ options: { aspect: { type: 'string' }, split: { type: 'string', default: 'tuning' } } })
const split = values.split === 'reference' ? 'reference' : 'tuning'

const cases = loadLabelled(split).flatMap((labelled) => {
  const lines = new TextDecoder().decode(labelled.bytes).split('\n')
  return compare(labelled, readWithProposals(labelled)).map((judged) => ({
    ...judged,
    text: lines[judged.line - 1] ?? '',
  }))
})
for (const { aspect, agreed, all } of sharesOf(cases))
  console.log(`${aspect.padEnd(12)} ${agreed} of ${all}  ${((100 * agreed) / all).toFixed(1)} %`)
for (const { aspect, document, line, ok, labelled, read, text } of cases)
  if (!ok && (values.aspect === undefined || values.aspect === aspect))
    console.log(
      `\n${aspect} ${document}:${line}\n  ${text.trim()}\n  labelled: ${labelled || 'none'}\n  read:     ${read || 'none'}`,
    )
