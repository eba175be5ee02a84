// What an import makes of other tools' documents, before it is written down as gonogo.yaml.
import { Collected } from '../../guards/import/collected.ts'
import { nearestFreeName } from '../../guards/import/names.ts'
import { numberOf, type Keys, type Resource } from '../../guards/import/resources.ts'

/** Fields of a map in somebody's document: `true` where something is made of it, else why not and what to do. */
export type Fields = Readonly<Record<string, string | true>>

type Entry = { kind: string } & Record<string, unknown>

/** One service: what is deployed, what splits its traffic, and how. */
export interface ServiceDraft {
  name: string
  target: Entry
  /** Null: versions take each other's place. */
  router: Entry | null
  strategy: Entry
  /** Whether stages followed one another without a person. */
  autoPromote: boolean
  /** The version that runs now, where the document says. */
  stable: string | null
  /** Where it stands, for what is noted about it. */
  resource: Resource
}

export class Draft {
  readonly collected = new Collected()
  readonly services: ServiceDraft[] = []
  /** Path relative to gonogo.yaml → content: files that targets need. */
  readonly files: Record<string, string> = {}

  note(resource: Resource, keys: Keys, why: string): void {
    this.collected.leaveOut(resource, keys, why)
  }

  /** Notes every field of a map of which nothing is made, unknown ones too. */
  noteFields(resource: Resource, at: Keys, map: Readonly<Record<string, unknown>>, fields: Fields): void {
    for (const field of Object.keys(map)) {
      const said = Object.hasOwn(fields, field) ? fields[field] : 'is not known here: nothing was made of it'
      if (said !== true && said !== undefined) this.note(resource, [...at, field], said)
    }
  }

  add(service: ServiceDraft): void {
    const taken = this.services.map(({ name }) => name)
    this.services.push({ ...service, name: nearestFreeName(nameOf(service.name), taken) })
  }

  /** Puts a file beside gonogo.yaml, and nowhere else. @returns its path. */
  addFile(path: string, content: string): string {
    const free = nearestFreeName(nameOf(path), Object.keys(this.files))
    this.files[free] = content
    return free
  }
}

/** As a name in gonogo.yaml may be: letters, digits, ".", "_", "-". */
function nameOf(text: string): string {
  return text.replaceAll(/[^\w.-]+/g, '-').replaceAll(/^[.-]+|-+$/g, '') || 'imported'
}

/** The registry's part and the tag of `registry:5000/shop/web:v1@sha256:...`; the tag is null where there is none. */
export function splitImage(image: string): { name: string; tag: string | null } {
  const [plain = ''] = image.split('@')
  const [, name = plain, tag = null] = /^(.*):([\w][\w.-]*)$/.exec(plain) ?? []
  return { name, tag }
}

const DAY_MS = 86_400_000

/** Seconds as milliseconds that an option takes: at least one, at most a day; null where there are none. */
export function millisecondsOf(seconds: unknown): number | null {
  const given = numberOf(seconds)
  return given === null || given <= 0 ? null : Math.min(DAY_MS, Math.max(1, Math.round(given * 1000)))
}

/** A port, or null where it is none. */
export function portOf(value: unknown): number | null {
  const port = numberOf(value)
  return port !== null && Number.isInteger(port) && port >= 1 && port <= 65_535 ? port : null
}

/** Seconds as a duration that gonogo.yaml takes. */
export function secondsText(seconds: number): string {
  return `${seconds} s`
}
