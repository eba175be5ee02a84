// gonogo ledger verify | export: proves that nothing of a run's record was changed or removed.
import { readFileSync } from 'node:fs'
import { openProject } from '../../app/project.ts'
import { chooseRun } from '../../app/state.ts'
import { writeFileAtomic } from '../../lib/atomic-file.ts'
import { PlanError, codeOf } from '../../lib/errors.ts'
import { createEvidenceStore } from '../../store/evidence.ts'
import { verifyLedger, type LedgerVerdict } from '../../store/ledger-chain.ts'
import { exportLedger, verifyExport } from '../../store/ledger-export.ts'
import { oneOf, print, withState, type GlobalOptions } from '../common.ts'
import { EXIT } from '../exit.ts'

interface LedgerOptions extends GlobalOptions {
  output?: string
  file?: string
}

export function ledger(verb: string, id: string | undefined, options: LedgerOptions): Promise<number> {
  const chosen = oneOf('ledger', verb, ['verify', 'export'])
  if (options.file) return verifyFile(options.file, options)
  return withState(options, async (state) => {
    const run = await chooseRun(state.runs, id)
    const entries = await state.ledger.entries(run.id)
    if (chosen === 'verify')
      return say(run.id, entries.length, await verifyLedger(run.id, entries, (hash) => state.evidence.get(hash)))
    const text = exportLedger(run.id, entries)
    if (options.output) writeFileAtomic(options.output, text)
    else process.stdout.write(text)
    return EXIT.ok
  })
}

async function verifyFile(file: string, options: GlobalOptions): Promise<number> {
  const evidence = createEvidenceStore((await openProject(options.project)).stateDirectory)
  let bytes: Uint8Array
  try {
    bytes = readFileSync(file)
  } catch (error) {
    throw new PlanError(`cannot be read (${codeOf(error)})`, { file })
  }
  const verdict = await verifyExport(bytes, (hash) => evidence.get(hash))
  return say(verdict.runId ?? file, null, verdict)
}

function say(what: string, count: number | null, verdict: LedgerVerdict): number {
  if (verdict.ok) {
    print(`${what}: ${count === null ? 'the export' : `${count} entries`} and all evidence are as they were written`)
    return EXIT.ok
  }
  for (const problem of verdict.problems)
    print(`${what}: ${problem.seq === null ? '' : `entry ${problem.seq}: `}${problem.what}`)
  return EXIT.no
}
