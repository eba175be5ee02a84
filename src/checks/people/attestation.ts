// Whether somebody who may state it has stated it, recently enough, for this version and commit. The records stand in a file in git.
import { readFile, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { z } from 'zod'
import {
  ATTESTATION_BYTES_MAX,
  ATTESTATION_FILE,
  attestationsIn,
  type Attestation,
} from '../../lib/attestation-file.ts'
import { codeOf } from '../../lib/errors.ts'
import { plural } from '../../lib/plural.ts'
import { unverified, type Outcome } from '../../plan/outcome.ts'
import { defineCheck, type CheckContext } from '../check.ts'
import { look } from '../look.ts'
import { find, propose, sentenceOf, SURE } from '../words.ts'
import { judgeAttestations } from './attestation/judge.ts'

const schema = z.strictObject({
  statement: z
    .string()
    .min(1)
    .max(200)
    .describe('name of the statement, as records have it under `statement`: "security-review"'),
  file: z.string().min(1).default(ATTESTATION_FILE).describe('YAML file of the records, kept in git'),
  people: z.array(z.string().min(1)).default([]).describe('who may state it, by name; none: anybody'),
  role: z.string().min(1).optional().describe('role of gonogo.yaml that they must have had when stating it'),
  peopleMin: z.int().min(1).max(20).default(1).describe('so many different people must have stated it'),
  ageDaysMax: z.number().positive().optional().describe('oldest a statement may be; then it is to be made again'),
  evidenceWanted: z.boolean().default(false).describe('whether only a statement that names its evidence counts'),
  version: z.string().min(1).optional().describe('version that it must be for, as in "${env:VERSION}"'),
  commit: z
    .boolean()
    .default(false)
    .describe('whether it must be for the code as it is: no other file may have changed since its commit'),
})

type Options = z.output<typeof schema>

/** Commits and evidence of more records than this are not asked after. */
const RECORDS_MAX = 200
const DONE = String.raw`\b[^.;]{0,30}?\b(?:complete[d]?|done|passed|performed|conducted|carried out|obtained|signed off|approved|granted|held)\b`
const STATED = [
  ['penetration-test', String.raw`\bpen(?:etration)?[- ]test(?:s|ing)?`],
  ['security-review', String.raw`\bsecurity (?:design )?(?:review|assessment)`],
  ['legal-review', String.raw`\blegal (?:review|approval|sign-?off)`],
  ['privacy-review', String.raw`\b(?:privacy (?:review|impact assessment)|data protection impact assessment|DPIA)`],
  ['threat-model', String.raw`\bthreat[- ]model(?:l?ing)?(?: review)?`],
  ['risk-assessment', String.raw`\brisk assessment`],
  [
    'recovery-drill',
    String.raw`\b(?:disaster[- ]recovery|failover|incident(?:[- ]response)?) (?:drill|exercise|rehearsal|game ?day)`,
  ],
].map(([statement, noun]) => ({ statement, words: new RegExp(`${noun}${DONE}`, 'i') }))

export const attestation = defineCheck({
  id: 'attestation',
  summary: 'looks whether somebody who may state it has stated it: recently enough, with evidence, for this version',
  options: schema,
  example: { statement: 'security-review', people: ['ann', 'bob'], ageDaysMax: 90, evidenceWanted: true },
  failingExample: { statement: 'never-stated' },
  secretFields: [],
  restsOnPeople: true,
  remedy: 'let somebody who may state it run "gonogo attest", and commit the file of records',

  recognise(item) {
    const sentence = sentenceOf(item)
    if (/\b(?:if|not|no|never|schedul\w+|plan(?:ned)?|automat\w+|scan\w*|ci|pipeline|before|until)\b/i.test(sentence))
      return null
    const found = STATED.flatMap(({ statement, words }) => {
      const quote = find(sentence, words)
      return quote === null ? [] : [{ statement, quote }]
    })
    const [only, ...others] = found
    if (!only || others.length > 0) return null
    return propose(SURE.assumed, { statement: only.statement }, [only.quote], 'only people can state it')
  },

  describe(options) {
    const { statement, file, people, role, peopleMin, ageDaysMax, evidenceWanted, version, commit } = options
    const claims = [
      peopleMin > 1 ? `by at least ${peopleMin} people` : '',
      people.length > 0 ? `by ${people.join(' or ')}` : '',
      role === undefined ? '' : `as ${role}`,
      ageDaysMax === undefined ? '' : `at most ${plural(ageDaysMax, 'day')} ago`,
      evidenceWanted ? 'with evidence' : '',
      version === undefined ? '' : `for version ${version}`,
      commit ? 'for the code as it is' : '',
    ]
    return [`"${statement}" is stated in ${file}`, ...claims.filter(Boolean)].join(', ')
  },

  run: (options, context) => look(context, () => judge(options, context)),
})

async function judge(options: Options, context: CheckContext): Promise<Outcome> {
  const text = await readRecords(resolve(context.directory, options.file))
  if (typeof text !== 'string') {
    if (text.code === 'ENOENT') return judgeAttestations([], options, nothingKnown())
    return unverified(`${options.file} cannot be read (${text.code})`, { remedy: 'name the file of the records' })
  }
  const read = attestationsIn(text, options.statement)
  if ('problem' in read)
    return unverified(`${options.file}: ${read.problem}`, { remedy: `correct the record in ${options.file}` })
  const records = read.records.slice(-RECORDS_MAX)
  return judgeAttestations(records, options, {
    nowMs: Date.now(),
    changedSince: options.commit ? await changesSince(records, options, context) : new Map(),
    missing: await missingEvidence(records, context.directory),
  })
}

function nothingKnown() {
  return { nowMs: Date.now(), changedSince: new Map(), missing: new Set<string>() }
}

async function readRecords(path: string): Promise<string | { code: string }> {
  try {
    const facts = await stat(path)
    if (!facts.isFile()) return { code: 'no file' }
    if (facts.size > ATTESTATION_BYTES_MAX) return { code: 'too large' }
    return await readFile(path, 'utf8')
  } catch (error) {
    return { code: codeOf(error) ?? 'unreadable' }
  }
}

/** Commit → files that differ from it now, the file of records left out; null where git does not know the commit, or is not there. */
async function changesSince(records: readonly Attestation[], { file }: Options, { exec }: CheckContext) {
  const commits = new Set(records.flatMap(({ commit }) => commit ?? []))
  const changes = new Map<string, string[] | null>()
  for (const commit of commits) {
    const args = ['--no-optional-locks', 'diff', '--no-ext-diff', '--no-textconv', '--name-only', '-z', commit, '--']
    const { exitCode, stdout } = await exec('git', [...args, ':/', `:(exclude)${file}`])
    changes.set(commit, exitCode === 0 ? stdout.split('\0').filter(Boolean) : null)
  }
  return changes
}

/** Evidence that is no address is a file of the project. */
async function missingEvidence(records: readonly Attestation[], directory: string): Promise<Set<string>> {
  const files = [...new Set(records.flatMap(({ evidence }) => evidence ?? []))].filter((link) => !URL.canParse(link))
  const missing = new Set<string>()
  for (const file of files)
    await stat(resolve(directory, file)).catch(() => {
      missing.add(file)
    })
  return missing
}
