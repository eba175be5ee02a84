// A count with its noun.

/** `1 item`, `3 items`, `1,204 requests`. */
export function plural(count: number, noun: string, nouns = `${noun}s`): string {
  return `${grouped(count)} ${count === 1 ? noun : nouns}`
}

/** `1,204`. By hand: to load the tables of languages for it takes longer than most commands. */
function grouped(count: number): string {
  return Number.isInteger(count) ? String(count).replace(/\B(?=(?:\d{3})+$)/g, ',') : count.toLocaleString('en')
}
