// Checks of the machine: one line a kind.
import { command } from '../../checks/system/command.ts'
import { disk } from '../../checks/system/disk.ts'
import { env } from '../../checks/system/env.ts'
import { filePermissions } from '../../checks/system/file-permissions.ts'
import { memory } from '../../checks/system/memory.ts'
import { nodeVersion } from '../../checks/system/node-version.ts'

export const system = [env, nodeVersion, disk, memory, filePermissions, command] as const
