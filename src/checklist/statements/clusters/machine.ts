// Everything a machine can tell. Order matters where two clusters know the same noun: the first whose states fit is named.
import { ClusterIndex } from './cluster-index.ts'
import { PLATFORM } from './platform.ts'
import { REPOSITORY } from './repository.ts'
import { RUNNING } from './running.ts'

export const MACHINE = new ClusterIndex([...REPOSITORY, ...RUNNING, ...PLATFORM])
