// What checks and actions see of the data of a project that has declared none.
import type { DataPort } from '../../src/plan/data-port.ts'
import { unverified } from '../../src/plan/outcome.ts'

const nothing = async () => unverified('there is no section "databases" in gonogo.yaml')

export const noData: DataPort = {
  validate: nothing,
  fix: nothing,
  fixState: async () => 'unknown',
  undoFix: nothing,
  newestBackup: async () => null,
  verifyBackup: nothing,
}
