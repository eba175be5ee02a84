// Everything a machine can tell. Order matters where two clusters know the same noun: the first whose states fit is named.
import { PLATFORM } from './platform.ts'
import { REPOSITORY } from './repository.ts'
import { RUNNING } from './running.ts'

export const MACHINE = [...REPOSITORY, ...RUNNING, ...PLATFORM]
