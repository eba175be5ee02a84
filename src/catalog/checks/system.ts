// Checks of the machine: one line a kind.

export const system = {
  env: async () => (await import('../../checks/system/env.ts')).env,
  'node-version': async () => (await import('../../checks/system/node-version.ts')).nodeVersion,
  'runtime-version': async () => (await import('../../checks/system/runtime-version.ts')).runtimeVersion,
  disk: async () => (await import('../../checks/system/disk.ts')).disk,
  memory: async () => (await import('../../checks/system/memory.ts')).memory,
  cpu: async () => (await import('../../checks/system/cpu.ts')).cpu,
  port: async () => (await import('../../checks/system/port.ts')).port,
  'process-up': async () => (await import('../../checks/system/process-up.ts')).processUp,
  limits: async () => (await import('../../checks/system/limits.ts')).limits,
  'clock-skew': async () => (await import('../../checks/system/clock-skew.ts')).clockSkew,
  'file-permissions': async () => (await import('../../checks/system/file-permissions.ts')).filePermissions,
  'file-state': async () => (await import('../../checks/system/file-state.ts')).fileState,
  command: async () => (await import('../../checks/system/command.ts')).command,
}
