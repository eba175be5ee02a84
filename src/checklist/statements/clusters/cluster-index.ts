// The clusters that a noun phrase may belong to, found by the first letters of its last word: few nouns are ever compared.
import type { Cluster } from './cluster.ts'
import { keyOf, keysOf } from './head-nouns.ts'

/** A cluster that a phrase ends in a noun of. */
export interface Match {
  cluster: Cluster
  /** Of the longest of its nouns that the phrase ends in. */
  length: number
}

interface Candidate {
  cluster: Cluster
  /** Its nouns that a phrase of this key may end in. */
  pattern: RegExp
}

/** Clusters by their nouns; the order of the clusters is kept. */
export class ClusterIndex {
  readonly #clusters: readonly Cluster[]
  /** Nouns by key, with the index of their cluster. */
  readonly #nouns = new Map<string, [cluster: number, noun: string][]>()
  readonly #anywhere: [cluster: number, noun: string][] = []
  readonly #candidates = new Map<string, Candidate[]>()

  constructor(clusters: readonly Cluster[]) {
    this.#clusters = clusters
    for (const [index, { subject }] of clusters.entries())
      for (const noun of subject) {
        const keys = keysOf(noun.replace(/^\^/, ''))
        if (keys === null) this.#anywhere.push([index, noun])
        for (const key of keys ?? []) {
          const known = this.#nouns.get(key)
          if (known) known.push([index, noun])
          else this.#nouns.set(key, [[index, noun]])
        }
      }
  }

  /** The clusters of which a phrase, in lower case, ends in a noun. */
  matches(phrase: string): Match[] {
    const matches: Match[] = []
    for (const { cluster, pattern } of this.#candidatesOf(keyOf(phrase))) {
      const found = pattern.exec(phrase)
      if (found) matches.push({ cluster, length: found[0].trim().length })
    }
    return matches
  }

  #candidatesOf(key: string): Candidate[] {
    const own = this.#nouns.get(key)
    // All keys without nouns of their own are as one.
    const name = own ? key : ''
    const known = this.#candidates.get(name)
    if (known) return known
    const byCluster = Map.groupBy([...(own ?? []), ...this.#anywhere], ([cluster]) => cluster)
    const made = this.#clusters.flatMap((cluster, index) => {
      const nouns = byCluster.get(index)
      return nouns ? [{ cluster, pattern: patternOf(nouns.map(([, noun]) => noun)) }] : []
    })
    this.#candidates.set(name, made)
    return made
  }
}

/** A pattern for a phrase that ends in one of the nouns, whole words; a noun behind `^` is the whole phrase. */
function patternOf(nouns: readonly string[]): RegExp {
  const ends = nouns.filter((noun) => !noun.startsWith('^'))
  const wholes = nouns.filter((noun) => noun.startsWith('^')).map((noun) => `${noun}$`)
  return new RegExp([...(ends.length > 0 ? [`(?:^|[\\s/-])(?:${ends.join('|')})$`] : []), ...wholes].join('|'))
}
