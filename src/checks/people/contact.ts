// Whether the people and places to turn to are filled in and could be reached: a list of options, or a section of a document.
import { readFile, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { z } from 'zod'
import { codeOf } from '../../lib/errors.ts'
import { excerpt } from '../../lib/excerpt.ts'
import { plural } from '../../lib/plural.ts'
import { publicUrl } from '../../lib/url-option.ts'
import { failed, passed, unverified, type Outcome } from '../../plan/outcome.ts'
import { defineCheck, type CheckContext } from '../check.ts'
import { listOf, oneOrMore, timeoutMs } from '../fields.ts'
import { look } from '../look.ts'
import { find, propose, sentenceOf, SURE } from '../words.ts'
import { readContact, type Handle } from './contact/handles.ts'
import { askMailDomains } from './contact/mail-domains.ts'
import { contactsUnder, type ListedContact } from './contact/section.ts'

const schema = z
  .strictObject({
    contacts: z
      .record(z.string().min(1), oneOrMore(z.string()))
      .optional()
      .describe('name to what reaches it: e-mail, telephone number, address, "#channel", "PagerDuty: payments"'),
    file: z.string().min(1).optional().describe('Markdown document whose contacts are judged'),
    heading: z
      .string()
      .min(1)
      .default('contact')
      .describe('words of the heading in that document under which they stand'),
    wanted: z.array(z.string().min(1)).default([]).describe('names or roles that must be among them'),
    mailDomains: z
      .boolean()
      .default(false)
      .describe('whether a name server is asked if the domains of e-mail addresses take mail'),
    servers: z
      .array(z.string())
      .default([])
      .describe('name servers to ask, as "10.0.0.2" or "10.0.0.2:5353"; none: the system\'s own'),
    timeoutMs: timeoutMs(5000).describe('how long to wait for an answer of a name server'),
  })
  .refine(
    ({ contacts, file }) => (contacts === undefined) !== (file === undefined),
    'say which contacts: `contacts`, or `file`',
  )

type Options = z.output<typeof schema>

const FILE_BYTES_MAX = 4 * 1024 * 1024
const DOMAINS_MAX = 50
const NAMED_MAX = 5
const NAME_CHARS_MAX = 80

export const contact = defineCheck({
  id: 'contact',
  summary: 'looks whether contacts are filled in and valid, and on request whether their domains take mail',
  options: schema,
  example: { contacts: { 'on-call': '+49 30 901820', 'release manager': 'ann@shop.internal' }, wanted: ['on-call'] },
  failingExample: { contacts: { 'on-call': 'TBD' } },
  secretFields: [],
  remedy: 'fill the contacts in with an address, a number or a channel that reaches somebody',

  recognise(item) {
    const sentence = sentenceOf(item)
    if (/\b(?:if|not|customers?|crm|form|page|support ticket|forms?|tables?|api)\b/i.test(sentence)) return null
    const quote = find(
      sentence,
      /\b(?:emergency|escalation|on-?call|incident|support|key|stakeholder|vendor) contacts?(?: (?:lists?|details|information|info))?\b(?:[^.;]|\.(?=md\b)){0,40}?\b(?:documented|updated|up[- ]to[- ]date|current|verified|filled in|complete[d]?|listed|confirmed)\b|\bcontact (?:lists?|details|information)\b(?:[^.;]|\.(?=md\b)){0,40}?\b(?:documented|updated|up[- ]to[- ]date|current|verified|filled in|complete[d]?|confirmed)\b/i,
    )
    const [file, ...others] = [...new Set([...sentence.matchAll(/[\w./-]*\w\.md\b/gi)].map(([name]) => name))]
    if (quote === null || file === undefined || others.length > 0) return null
    return propose(SURE.likely, { file }, [quote, file])
  },

  describe({ contacts, file, heading, wanted, mailDomains }) {
    const where = contacts ? Object.keys(contacts).join(', ') : `under "${heading}" in ${file}`
    return [
      `contacts ${where} are filled in and valid`,
      wanted.length > 0 ? `${wanted.join(', ')} among them` : '',
      mailDomains ? 'their domains take mail' : '',
    ]
      .filter(Boolean)
      .join(', ')
  },

  run: (options, context) => look(context, () => judge(options, context)),
})

interface JudgedContact extends ListedContact {
  handles: Handle[]
  problems: string[]
}

async function judge(options: Options, context: CheckContext): Promise<Outcome> {
  const listed = await contactsOf(options, context.directory)
  if ('why' in listed) return unverified(listed.why, { remedy: 'name the document and the heading of its contacts' })
  const judged = listed.contacts.map(judgeOne)
  const missing = options.wanted.filter(
    (name) => !judged.some((one) => one.name.toLowerCase().includes(name.toLowerCase())),
  )
  const mail = options.mailDomains ? await askMailDomains(domainsOf(judged), options, context.signal) : []
  const wrong = [
    ...judged.flatMap((one) => one.problems.map((problem) => `${placeOf(one)}: ${problem}`)),
    ...missing.map((name) => `nobody is named for ${name}`),
    ...mail.filter(({ isUnknown }) => !isUnknown).flatMap(({ problem }) => problem ?? []),
  ]
  const unknown = mail.filter(({ isUnknown }) => isUnknown).flatMap(({ problem }) => problem ?? [])
  const extra = {
    evidence: [evidenceOf(judged)],
    measurements: [{ name: 'contacts', value: judged.length, unit: 'count' }],
  }
  const first = (reasons: readonly string[]): string =>
    [
      ...reasons.slice(0, NAMED_MAX),
      ...(reasons.length > NAMED_MAX ? [`${reasons.length - NAMED_MAX} more`] : []),
    ].join('; ')
  if (wrong.length > 0) return failed(first(wrong), extra)
  if (unknown.length > 0)
    return unverified(first(unknown), { ...extra, remedy: 'see that the name server can be reached' })
  return passed(`${plural(judged.length, 'contact')} filled in and valid`, extra)
}

async function contactsOf(
  { contacts, file, heading }: Options,
  directory: string,
): Promise<{ contacts: ListedContact[] } | { why: string }> {
  if (contacts) {
    const entries = Object.entries(contacts)
    if (entries.length === 0) return { why: 'no contact is given' }
    return { contacts: entries.map(([name, said]) => ({ name, text: listOf(said).join(' ; '), line: 0 })) }
  }
  const text = await readDocument(resolve(directory, file ?? ''))
  if (typeof text !== 'string') return { why: `${file} cannot be read (${text.code})` }
  const listed = contactsUnder(text, heading)
  if (!listed) return { why: `${file} has no heading with the words "${heading}"` }
  return listed.length > 0 ? { contacts: listed } : { why: `under "${heading}" in ${file} stands no contact` }
}

async function readDocument(path: string): Promise<string | { code: string }> {
  try {
    const facts = await stat(path)
    if (!facts.isFile()) return { code: 'no file' }
    return facts.size > FILE_BYTES_MAX ? { code: 'too large' } : await readFile(path, 'utf8')
  } catch (error) {
    return { code: codeOf(error) ?? 'unreadable' }
  }
}

function judgeOne(listed: ListedContact): JudgedContact {
  const { handles, problems } = readContact(listed.text)
  const none = handles.length === 0 && problems.length === 0
  return { ...listed, handles, problems: none ? ['nothing that could be reached stands there'] : problems }
}

function placeOf({ name, line }: ListedContact): string {
  const short = name.slice(0, NAME_CHARS_MAX)
  return line === 0 ? short : `${short} (line ${line})`
}

function domainsOf(judged: readonly JudgedContact[]): string[] {
  const handles = judged.flatMap((one) => one.handles).filter(({ kind }) => kind === 'e-mail')
  return [...new Set(handles.map(({ value }) => value.slice(value.lastIndexOf('@') + 1).toLowerCase()))].slice(
    0,
    DOMAINS_MAX,
  )
}

/** What was found; of addresses no password and no key. */
function evidenceOf(judged: readonly JudgedContact[]): Outcome['evidence'][number] {
  const shown = judged.map(({ name, line, handles, problems }) => ({
    name,
    ...(line === 0 ? {} : { line }),
    reachedBy: handles.map(({ kind, value }) => `${kind} ${kind === 'url' ? publicUrl(value) : value}`),
    ...(problems.length > 0 ? { problems } : {}),
  }))
  return {
    name: 'contacts',
    mediaType: 'application/json',
    content: excerpt(JSON.stringify(shown.slice(0, 100), null, 2)),
  }
}
