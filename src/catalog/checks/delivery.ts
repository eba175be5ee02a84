// Checks of code hosting, published content and status pages: one line a kind.

export const delivery = [] as const
