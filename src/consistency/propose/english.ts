// Plural and singular of English nouns, as far as names of tables have them.

const IRREGULAR: Record<string, string> = {
  person: 'people',
  child: 'children',
  man: 'men',
  woman: 'women',
  mouse: 'mice',
  datum: 'data',
  medium: 'media',
  criterion: 'criteria',
  index: 'indices',
  matrix: 'matrices',
  analysis: 'analyses',
  leaf: 'leaves',
  shelf: 'shelves',
}

/** What several of them may be called: `category` → `categories`, `box` → `boxes`, `person` → `people`. */
export function pluralsOf(singular: string): string[] {
  const irregular = Object.entries(IRREGULAR).find(([one]) => singular === one || singular.endsWith(`_${one}`))
  if (irregular) return [singular.slice(0, singular.length - irregular[0].length) + irregular[1], `${singular}s`]
  if (/[^aeiou]y$/.test(singular)) return [`${singular.slice(0, -1)}ies`]
  if (/(?:s|x|z|ch|sh)$/.test(singular)) return [`${singular}es`, `${singular}s`]
  return [`${singular}s`]
}
