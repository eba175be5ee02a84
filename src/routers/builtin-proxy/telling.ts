// The words a worker has for its keeper.

/** `serving`: it takes connections, and when it dies another one is to take its place. `let-go`: it will take none any more. */
export type WorkerWord = 'serving' | 'let-go'

/** Says it, where there is a keeper: one that was killed is missed by nobody here. */
export function tellKeeper(word: WorkerWord): void {
  if (process.connected) process.send?.(word, () => {})
}
