// Entry of the worker process: `worker.ts TASK INPUT`, both of `tasks.ts`; one line of JSON is its answer.
import { OutsideError } from '../../lib/errors.ts'
import type { Answer, Tasks } from './tasks.ts'

/** Each loads only what it needs: some run while a lock is held. */
const work: { [T in keyof Tasks]: (wants: Tasks[T]['wants']) => Promise<Tasks[T]['gives']> } = {
  'copy-files': async ({ pairs }) => (await import('./copy-files.ts')).copyFiles(pairs),
  hash: async ({ file }) => (await import('../../lib/hash-file.ts')).hashFile(file),
  prove: async ({ file, check }) => (await import('./prove.ts')).prove(file, check),
  count: async ({ file }) => (await import('../../databases/sqlite/open.ts')).countRowsIn(file),
  compare: async ({ live, copy }) => (await import('./compare.ts')).compare(live, copy),
  carry: async (wants) => (await import('./carry.ts')).carry(wants),
  snapshot: async ({ source, file }) => (await import('./snapshot.ts')).snapshot(source, file),
  lay: async (wants) => (await import('./lay.ts')).lay(wants),
  restore: async ({ lay: wants, kept, newer }) => {
    const [{ lay }, { replace }] = await Promise.all([import('./lay.ts'), import('./replace.ts')])
    return replace(wants.live, newer?.file ?? (await lay(wants)), kept, newer?.fingerprint)
  },
}

async function answer(task: string, input: string): Promise<Answer<unknown>> {
  if (!Object.hasOwn(work, task)) throw new Error(`no such task: ${task}`)
  try {
    return { value: await work[task as keyof Tasks](JSON.parse(input) as never) }
  } catch (error) {
    if (!(error instanceof OutsideError)) throw error
    const { message, retryable, hint } = error
    return { outside: { message, retryable, ...(hint ? { hint } : {}) } }
  }
}

const [task = '', input = ''] = process.argv.slice(2)
process.stdout.write(`${JSON.stringify(await answer(task, input))}\n`)
