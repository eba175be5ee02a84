// The data port, read and made when something asks about data: databases are much code, and most looks need none.
import type { DataPort } from '../plan/data-port.ts'
import type { Project } from '../config/load.ts'
import type { Surroundings } from './project.ts'

/** The project's databases and backups, opened when asked for. */
export function lazyDataPort(project: Project, surroundings: Surroundings): DataPort {
  let made: Promise<DataPort> | null = null
  const port = (): Promise<DataPort> => (made ??= make(project, surroundings))
  return {
    validate: async (...asked) => (await port()).validate(...asked),
    fix: async (...asked) => (await port()).fix(...asked),
    fixState: async (...asked) => (await port()).fixState(...asked),
    undoFix: async (...asked) => (await port()).undoFix(...asked),
    newestBackup: async (...asked) => (await port()).newestBackup(...asked),
    verifyBackup: async (...asked) => (await port()).verifyBackup(...asked),
  }
}

async function make(project: Project, surroundings: Surroundings): Promise<DataPort> {
  const [{ createDataPort }, { backupsOf }] = await Promise.all([import('./data-port.ts'), import('./services.ts')])
  return createDataPort({ project, surroundings }, backupsOf(project, surroundings))
}
