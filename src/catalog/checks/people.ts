// Checks of what people state: one line a kind.

export const people = [] as const
