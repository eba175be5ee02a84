// EITHER / OR, "Option A" and "Option B", "choose one": ways of which exactly one is taken. What stands in one of them applies
// only where that way is taken, so its items are conditional, and all items of a way state the same condition.
import type { Draft } from './draft.ts'
import type { Section } from '../phases/sections.ts'

const OPTION =
  /^\W*(?:option|method|variant|approach|alternative|path|opción|opção|опция|方案|选项|オプション)\s*#?\s*(?:\d{1,2}|[a-h一二三四甲乙]|one|two|three)(?![\p{L}\p{N}])/iu
const EITHER = /^\W*either\b/i
const OR = /^\W*or\b\W*/i
const ONE_OF =
  /\b(?:choose|pick|select|do|complete) (?:only |exactly |any )?one\b|\bone of (?:the following|these)\b|\beither of\b/i
/** Kinds of phase whose ways are shown, not asked for. */
const SHOWN: ReadonlySet<string> = new Set([
  'rollback',
  'troubleshooting',
  'reference',
  'contacts',
  'notes',
  'triggers',
])
const NAME_CHARACTERS_MAX = 60

/** The way a section belongs to, as a condition, for each section that is in one. Linear in the sections. */
export function branchesOf(sections: readonly Section[]): Map<Section, string> {
  const found = new Map<Section, string>()
  const families = Map.groupBy(sections, ({ phase }) => JSON.stringify(phase.path.slice(0, -1)))
  for (const family of families.values()) for (const [section, way] of waysAmong(family)) found.set(section, way)
  // What stands below a section of a way is part of the way.
  const open: { level: number; way: string | undefined }[] = []
  for (const section of sections) {
    const { level } = section.phase
    while (open.length > 0 && (open.at(-1)?.level ?? 0) >= level) open.pop()
    const way = found.get(section) ?? open.at(-1)?.way
    if (way !== undefined && !SHOWN.has(section.phase.kind)) found.set(section, way)
    else found.delete(section)
    open.push({ level, way })
  }
  return found
}

function waysAmong(siblings: readonly Section[]): Map<Section, string> {
  const named = siblings.filter(({ phase }) => OPTION.test(phase.title))
  if (named.length > 1) return saying(named.map((section) => ({ name: section.phase.title, sections: [section] })))
  const either = siblings.findIndex(({ phase }) => EITHER.test(phase.title))
  if (either === -1) return new Map()
  return saying(eitherOr(siblings.slice(either)))
}

/** "EITHER:" and "OR:" hold what stands below them, or the headings between them. */
function eitherOr(siblings: readonly Section[]): { name: string; sections: Section[] }[] {
  const ways: { name: string; sections: Section[] }[] = []
  for (const section of siblings) {
    const { title } = section.phase
    if (EITHER.test(title) || OR.test(title)) {
      ways.push({
        name: title
          .replace(EITHER, '')
          .replace(OR, '')
          .replace(/^\W+|\W+$/gu, ''),
        sections: [section],
      })
      continue
    }
    const way = ways.at(-1)
    if (!way) continue
    if (way.name === '') way.name = title
    way.sections.push(section)
  }
  return ways
}

function saying(ways: readonly { name: string; sections: Section[] }[]): Map<Section, string> {
  if (ways.length < 2) return new Map()
  const all = ways.map(({ name }) => shorten(name))
  return new Map(
    ways.flatMap(({ sections }, index) => sections.map((section) => [section, oneOf(all[index] ?? '', all)] as const)),
  )
}

/** The way an entry's own lead-in names, where several of its section do; or one among entries of which one is chosen. */
export function branchesWithin(drafts: readonly Draft[]): Map<Draft, string> {
  const found = new Map<Draft, string>()
  for (const [section, family] of Map.groupBy(drafts, ({ section: own }) => own)) {
    if (SHOWN.has(section.phase.kind)) continue
    const leads = [...new Set(family.flatMap(({ lead }) => (lead !== null && OPTION.test(lead) ? [lead] : [])))]
    const chosen = Map.groupBy(
      family.filter(({ lead }) => lead !== null && ONE_OF.test(lead)),
      ({ lead }) => lead,
    )
    for (const draft of family)
      if (leads.length > 1 && draft.lead !== null && leads.includes(draft.lead))
        found.set(draft, oneOf(shorten(draft.lead), leads.map(shorten)))
    for (const alternatives of chosen.values()) {
      const top = alternatives.filter(({ parent }) => parent === alternatives[0]?.parent)
      const all = top.map(({ text }) => shorten(text))
      if (all.length > 1) for (const [index, draft] of top.entries()) found.set(draft, oneOf(all[index] ?? '', all))
    }
  }
  return found
}

function oneOf(name: string, all: readonly string[]): string {
  const shown = all.length > ALTERNATIVES_SHOWN_MAX ? [...all.slice(0, ALTERNATIVES_SHOWN_MAX), '...'] : all
  return `if "${name}" is chosen (one of: ${shown.join(' / ')})`
}

const ALTERNATIVES_SHOWN_MAX = 6

function shorten(name: string): string {
  const words = name
    .replace(/\s*[:：]\W*$/u, '')
    .replace(/^\W+(?=\p{L})/u, '')
    .trim()
  return words.length > NAME_CHARACTERS_MAX ? `${words.slice(0, NAME_CHARACTERS_MAX - 3)}...` : words
}
