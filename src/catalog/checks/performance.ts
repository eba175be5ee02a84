// Checks of speed under load and in a browser: one line a kind.

export const performance = [] as const
