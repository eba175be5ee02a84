// Troubleshooting: symptoms a document names, with where it says what to do, and the items and triggers that are about them.
import type { Item, Troubleshooting } from '../../plan/plan.ts'
import type { List, Paragraph, RootContent } from 'mdast'
import { plainText, spanOf } from '../markdown/markdown.ts'
import type { Section } from '../phases/sections.ts'

const ISSUE =
  /^\W*(?:issue|problem|symptoms?|error|q|question|症状|问题|problema|problème|проблема)\s*(?:#?\d+)?\s*[:：]\s*(\S.*)$/iu
/** What stands behind a symptom is the cure, not another symptom. */
const CURE =
  /^\W*(?:solutions?|fix|resolution|resolve|cause|causes|actions?|steps|check|workaround|answer|a|diagnosis|investigat\w+|impact|prevention)\s*[:：]?\s*$/iu
/** Headings over several symptoms. */
const GATHERING = /\btrouble-?shoot|\bcommon\b|\bknown\b|\bemergency\b|\bincident response|\bfaqs?\b/i
const SYMPTOMS_MAX = 1_000
const ITEMS_EACH_MAX = 12
const SHARED_MAX = 500
const SYMPTOM_CHARACTERS_MAX = 200
/** A heading or line in bold is a symptom where it names trouble. */
const TROUBLED =
  /\b(?:issues?|problems?|errors?|fail\w*|not|won.?t|can(?:no|.?)t|doesn.?t|unable|high|slow|down|outage|leak\w*|refused|time-?outs?|missing|stuck|out of|exceed\w*|incident|crash\w*|broken|invalid|empty|unreachable|denied|loss|corrupt\w*|unavailable|unresponsive|already in use|[45]\d\d)\b|故障|失败|エラー|오류/iu
/** Words that name no thing in particular. */
const COMMON = new Set(
  'a an and any are as at be by can cannot common deployment deploy does error errors fail failed failing fails failure failures for from get has have high how if in into is issue issues it its loading low more new no not of on or out problem problems production server service services slow some symptom system than that the there this to too unable up users using when with won work working wont usage required manual important during emergency team status time rate doesn dont down missing unexpected all check checks run running start starting test tests verify'.split(
    ' ',
  ),
)
/** A thing often goes by several names. */
const SAME: readonly (readonly string[])[] = [
  ['database', 'db', 'postgres', 'postgresql', 'mysql', 'sqlite', 'mongodb', 'sql', 'query'],
  ['memory', 'ram', 'heap', 'oom'],
  ['latency', 'response', 'slow', 'performance'],
  ['ssl', 'tls', 'certificate', 'https'],
  ['dns', 'domain'],
  ['auth', 'authentication', 'login', 'jwt', 'token', 'session'],
  ['env', 'environment', 'variable'],
  ['pod', 'container'],
  ['redis'],
  ['cache', 'cdn'],
  ['queue', 'kafka', 'rabbitmq'],
  ['cpu'],
  ['disk', 'storage'],
  ['network', 'connectivity'],
  ['errorrate'],
  ['websocket'],
  ['nginx'],
  ['email', 'smtp'],
  ['permission'],
]

const PARTS: ReadonlySet<string> = new Set(SAME.map(([name]) => name ?? ''))
const NAMES: ReadonlyMap<string, string> = new Map(
  SAME.flatMap((names) => names.map((name) => [name, names[0] ?? name])),
)

/** A symptom and where its cure is told. */
interface Symptom {
  phase: string
  line: number
  symptom: string
}

/**
 * Every symptom of the document's troubleshooting sections with the ids of the items whose words are about it. Where the
 * words leave that open, with none.
 */
export function readTroubleshooting(sections: readonly Section[], items: readonly Item[]): Troubleshooting[] {
  const symptoms = sections
    .filter(({ phase }) => phase.kind === 'troubleshooting')
    .flatMap((section, index, all) => symptomsOf(section, all[index + 1]))
    .slice(0, SYMPTOMS_MAX)
  if (symptoms.length === 0) return []
  const subject = indexBySubject(items)
  return symptoms.map((symptom) => ({ ...symptom, items: itemsAbout(symptom.symptom, subject) }))
}

function symptomsOf(section: Section, next: Section | undefined): Symptom[] {
  const { phase, blocks } = section
  const within = blocks.flatMap((block) => symptomsIn(block))
  if (within.length > 0) return within.map(({ line, symptom }) => ({ phase: phase.id, line, symptom }))
  // "Common issues" gathers; "Database connection fails" is one.
  const gathers = next !== undefined && next.phase.level > phase.level && next.phase.path.includes(phase.title)
  if (gathers || !TROUBLED.test(phase.title) || GATHERING.test(phase.title)) return []
  return [{ phase: phase.id, line: phase.line, symptom: phase.title }]
}

function symptomsIn(block: RootContent): { line: number; symptom: string }[] {
  if (block.type === 'paragraph') return symptomOf(block)
  return block.type === 'list' ? listed(block) : []
}

/** "**Issue**: cannot connect", or a line in bold that ends with a colon. */
function symptomOf(paragraph: Paragraph): { line: number; symptom: string }[] {
  const words = plainText(paragraph).slice(0, SYMPTOM_CHARACTERS_MAX)
  const line = spanOf(paragraph).line
  const issue = ISSUE.exec(words)?.[1]
  if (issue !== undefined) return [{ line, symptom: issue }]
  const [first] = paragraph.children
  const bold = first?.type === 'strong' ? plainText(first) : ''
  const alone = bold !== '' && words.replace(/\W+$/u, '') === bold.replace(/\W+$/u, '')
  if (!alone || CURE.test(bold) || !TROUBLED.test(bold) || /^if\b.*:\s*$/i.test(bold)) return []
  return [{ line, symptom: bold.replace(/\s*[:：]\s*$/, '') }]
}

/** "CUDA out of memory → use a smaller batch". */
function listed(list: List): { line: number; symptom: string }[] {
  return list.children.flatMap((entry) => {
    const [paragraph] = entry.children
    if (paragraph?.type !== 'paragraph') return []
    const words = plainText(paragraph).slice(0, SYMPTOM_CHARACTERS_MAX)
    const symptom = /^(.{3,120}?)\s*(?:→|->|=>)\s*\S/u.exec(words)?.[1]
    return symptom === undefined ? [] : [{ line: spanOf(paragraph).line, symptom }]
  })
}

/** Word → items that have it in their text. */
function indexBySubject(items: readonly Item[]): Map<string, Set<string>> {
  const index = new Map<string, Set<string>>()
  for (const item of items) {
    if (item.kind === 'reference' || item.kind === 'record') continue
    for (const word of thingsIn(item.text)) {
      const held = index.get(word) ?? new Set<string>()
      if (held.size <= SHARED_MAX) held.add(item.id)
      index.set(word, held)
    }
  }
  return index
}

/** Items with the word in their text; a word that very many share tells them apart no more. */
function idsOf(thing: string, index: ReadonlyMap<string, Set<string>>): Iterable<string> {
  const ids = index.get(thing)
  return ids === undefined || ids.size > SHARED_MAX ? [] : ids
}

/** Items that share two of the symptom's words, or the one that names a part of the system; none where too many do. */
function itemsAbout(symptom: string, index: ReadonlyMap<string, Set<string>>): string[] {
  const things = thingsIn(symptom)
  const counts = new Map<string, number>()
  for (const thing of things)
    for (const id of idsOf(thing, index)) counts.set(id, (counts.get(id) ?? 0) + (PARTS.has(thing) ? 2 : 1))
  const most = [...counts.values()].reduce((max, count) => Math.max(max, count), 0)
  const about = [...counts].filter(([, count]) => count >= 2 && count === most).map(([id]) => id)
  return about.length > ITEMS_EACH_MAX ? [] : about
}

/** The things a text is about, each once, by its first name. */
function thingsIn(text: string): string[] {
  const said = text
    .slice(0, SYMPTOM_CHARACTERS_MAX)
    .toLowerCase()
    .replace(/\berror rates?\b/g, 'errorrate')
  const words = said.match(/[\p{L}\p{N}]{2,}/gu) ?? []
  const things = words.filter((word) => !COMMON.has(word)).map(nameOf)
  return [...new Set(things)]
}

/** One name for a thing of several names, in the singular. */
function nameOf(word: string): string {
  const singular = word.length > 3 ? word.replace(/(?<!s)s$/, '') : word
  return NAMES.get(word) ?? NAMES.get(singular) ?? singular
}
