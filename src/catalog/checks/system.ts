// Checks of the machine: one line a kind.
import { clockSkew } from '../../checks/system/clock-skew.ts'
import { command } from '../../checks/system/command.ts'
import { cpu } from '../../checks/system/cpu.ts'
import { disk } from '../../checks/system/disk.ts'
import { env } from '../../checks/system/env.ts'
import { filePermissions } from '../../checks/system/file-permissions.ts'
import { fileState } from '../../checks/system/file-state.ts'
import { limits } from '../../checks/system/limits.ts'
import { memory } from '../../checks/system/memory.ts'
import { nodeVersion } from '../../checks/system/node-version.ts'
import { port } from '../../checks/system/port.ts'
import { processUp } from '../../checks/system/process-up.ts'
import { runtimeVersion } from '../../checks/system/runtime-version.ts'

export const system = [
  env,
  nodeVersion,
  runtimeVersion,
  disk,
  memory,
  cpu,
  port,
  processUp,
  limits,
  clockSkew,
  filePermissions,
  fileState,
  command,
] as const
