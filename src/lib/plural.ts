// A count with its noun.

/** `1 item`, `3 items`, `1,204 requests`. */
export function plural(count: number, noun: string, nouns = `${noun}s`): string {
  return `${count.toLocaleString('en')} ${count === 1 ? noun : nouns}`
}
