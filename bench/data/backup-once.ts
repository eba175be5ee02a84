// What is killed: `backup-once.ts create|restore DIRECTORY` does it once, in a process of its own.
import { sqlite } from '../../src/backups/sqlite.ts'
import { backupOptions } from './backup-fixture.ts'

const [verb, directory = ''] = process.argv.slice(2)
const { options, context } = backupOptions(directory)
const backup = sqlite.create(options, context)
const signal = AbortSignal.timeout(600_000)
if (verb === 'create') await backup.create(signal)
else {
  const [newest] = await backup.list()
  if (!newest) throw new Error('there is no backup')
  await backup.restore(newest, { skipValidation: false, signal })
}
