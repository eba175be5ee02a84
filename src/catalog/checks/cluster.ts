// Checks of clusters, images and containers: one line a kind.

export const cluster = [] as const
