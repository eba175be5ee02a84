// The reference documents as they are read, reviewed line by line beside the documents. Changed on purpose: `vitest -u`, and
// review the difference like code.
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { kindsOf, loadKinds } from '../../src/catalog/catalog.ts'
import { readChecklist } from '../../src/checklist/read.ts'
import { withProposals } from '../../src/checklist/statements/recognise.ts'
import { goldenPlan } from './golden-plan.ts'

await loadKinds()

const DOCUMENTS = fileURLToPath(new URL('../../../shared/checklists/', import.meta.url))
const there = existsSync(DOCUMENTS)

if (!there) console.warn('SKIPPED: golden plans; the reference documents are third-party text and not here')
const names = there ? readdirSync(DOCUMENTS).filter((file) => file.endsWith('.md')) : ['the reference documents']

test.skipIf(!there).each(names)('%s reads as reviewed', async (name) => {
  const checklist = withProposals(readChecklist(name, readFileSync(join(DOCUMENTS, name))), kindsOf('check'))
  await expect(goldenPlan(checklist)).toMatchFileSnapshot(`./plans/${name.replace(/\.md$/, '.txt')}`)
})
