// How old the newest proved backup is: what would be lost if it had to be restored now (the recovery point).
import { z } from 'zod'
import { formatDuration, parseDurationMs } from '../../lib/duration.ts'
import { messageOf } from '../../lib/errors.ts'
import { failed, passed, unverified, type Outcome } from '../../plan/outcome.ts'
import { defineCheck, type CheckContext } from '../check.ts'
import { look } from '../look.ts'

const ageMs = z.union([z.number().positive(), z.string()]).transform((value, context) => {
  const parsed = typeof value === 'number' ? value : parseDurationMs(value)
  if (parsed !== null) return parsed
  context.addIssue({ code: 'custom', message: `"${value}" is not a duration`, params: { expected: 'one like "1 h"' } })
  return z.NEVER
})

const schema = z.strictObject({
  backup: z.string().min(1).optional().describe('name under `backups`; may be left out where there is only one'),
  ageMax: ageMs.describe('oldest the newest proved copy may be, such as "1 h": the recovery point objective'),
  verify: z.boolean().default(false).describe('whether the copy is proved again, by restoring it into scratch'),
})
type Options = z.output<typeof schema>

export const backupAge = defineCheck({
  id: 'backup-age',
  summary: 'compares the age of the newest proved backup with the most that may be lost',
  options: schema,
  example: { backup: 'database', ageMax: '1 h' },
  failingExample: { backup: 'database', ageMax: '1 ms' },
  secretFields: [],
  remedy: 'take a backup: "gonogo backup create"',
  refersTo: ['backup'],

  describe: ({ backup, ageMax, verify }) =>
    `the newest proved copy of ${backup ?? 'the backup'} is at most ${formatDuration(ageMax)} old${verify ? ', and proves again' : ''}`,

  run: (options, context) => look(context, () => judge(options, context)),
})

async function judge({ backup, ageMax, verify }: Options, { data, signal }: CheckContext): Promise<Outcome> {
  let newest: Awaited<ReturnType<typeof data.newestBackup>>
  try {
    newest = await data.newestBackup(backup ?? null)
  } catch (error) {
    // No such backup, or a place of it that cannot be read: nothing is known of its age.
    return unverified(messageOf(error), { remedy: 'name a backup of gonogo.yaml that can be read from here' })
  }
  if (!newest)
    return failed(`there is no proved copy of ${backup ?? 'the backup'}`, {
      remedy: `gonogo backup create${backup ? ` ${backup}` : ''}`,
    })
  const ageNow = Math.max(0, Date.now() - newest.takenAt)
  const measurements = [{ name: 'backup age', value: Math.round(ageNow), unit: 'ms' }]
  const words = `${newest.id} is ${formatDuration(ageNow)} old (${newest.proof})`
  if (ageNow > ageMax)
    return failed(`${words}, at most ${formatDuration(ageMax)} wanted`, {
      measurements,
      remedy: `gonogo backup create${backup ? ` ${backup}` : ''}`,
    })
  if (!verify) return passed(words, { measurements })
  const again = await data.verifyBackup(backup ?? null, signal)
  return { ...again, summary: `${words}; ${again.summary}`, measurements: [...measurements, ...again.measurements] }
}
