// Plans one piece of shared memory: what is needed at different times may lie at the same place.
import type { Region } from './jobs.ts'

interface Claim {
  region: Region
  /** First and last step that need it. */
  from: number
  to: number
}

const ALIGNMENT = 64

export class Arena {
  readonly #claims: Claim[] = []

  /** The region's offset is known after `place`. */
  claim(bytes: number, from: number, to: number): Region {
    const region = { offset: 0, bytes: Math.ceil(bytes / ALIGNMENT) * ALIGNMENT }
    this.#claims.push({ region, from, to })
    return region
  }

  /** Gives every region its place, those that are needed longest first. @returns bytes of the whole. */
  place(): number {
    const placed: Claim[] = []
    const order = this.#claims.toSorted(
      (a, b) => b.to - b.from - (a.to - a.from) || b.region.bytes - a.region.bytes || a.from - b.from,
    )
    for (const claim of order) {
      const inTheWay = placed
        .filter(({ from, to }) => from <= claim.to && to >= claim.from)
        .toSorted((a, b) => a.region.offset - b.region.offset)
      let offset = 0
      for (const { region } of inTheWay)
        if (offset + claim.region.bytes > region.offset) offset = Math.max(offset, region.offset + region.bytes)
      claim.region.offset = offset
      placed.push(claim)
    }
    return Math.max(0, ...placed.map(({ region }) => region.offset + region.bytes))
  }

  /** What is needed from this step on and lies where something else has been. */
  dirtyAt(step: number): Region[] {
    return this.#claims
      .filter(({ from }) => from === step)
      .filter(({ region }) => this.#claims.some((other) => other.to < step && overlap(other.region, region)))
      .map(({ region }) => region)
  }
}

function overlap(a: Region, b: Region): boolean {
  return a.offset < b.offset + b.bytes && b.offset < a.offset + a.bytes
}
