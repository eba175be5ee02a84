// Checks of monitoring, alerts and logs: one line a kind.

export const telemetry = [] as const
