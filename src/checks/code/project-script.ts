// The project's own tests, lint, types or build, run as the project runs them.
import { resolve } from 'node:path'
import { z } from 'zod'
import { formatDuration } from '../../lib/duration.ts'
import { excerpt, lastLine } from '../../lib/excerpt.ts'
import type { ExecResult } from '../../lib/exec.ts'
import { createRedactor } from '../../lib/redact.ts'
import { failed, passed, unverified, type Outcome } from '../../plan/outcome.ts'
import { defineCheck } from '../check.ts'
import { pattern, timeoutMs } from '../fields.ts'
import { look } from '../look.ts'
import { find, propose, sentenceOf, SURE } from '../words.ts'
import { commandFor, TOOLS, type Command } from './project-script/tools.ts'
import { Unreadable } from './report-file.ts'

const schema = z.strictObject({
  directory: z.string().default('.').describe('directory of the project'),
  script: z
    .string()
    .regex(/^[\w@][\w@.:/-]*$/)
    .default('test')
    .describe(
      'script of package.json or target of the Makefile; test, lint, types and build are known of other tools too',
    ),
  tool: z
    .enum(['auto', ...TOOLS])
    .default('auto')
    .describe('what runs it; auto goes by lockfile and project files, and asks where several could'),
  args: z.array(z.string()).default([]).describe('arguments for the script'),
  env: z
    .record(z.string(), z.string())
    .default({})
    .describe('environment variables for it; values are treated as secrets'),
  outputMatches: pattern.optional().describe('regular expression its output must match'),
  outputExcludes: pattern.optional().describe('regular expression its output must not match, as "warning"'),
  durationMsMax: z.number().int().positive().optional().describe('how long it may take and still be well'),
  timeoutMs: timeoutMs(900_000).describe('how long it may take before it is stopped'),
})

type Options = z.infer<typeof schema>

const TAIL_CHARS = 8_192

export const projectScript = defineCheck({
  id: 'project-script',
  summary: "runs the project's own tests, lint, types or build and judges exit code and output",
  options: schema,
  example: { script: 'test' },
  failingExample: { script: 'test', tool: 'npm', outputMatches: '^no such line$' },
  secretFields: ['env'],
  remedy: 'run the same script by hand and repair what it complains of',
  needs: 'the tool of the project: npm, pnpm, yarn, bun, make, cargo, go, python3 with pytest, mvn or gradle',
  alone: true,

  recognise(item) {
    // Where the words carry a command, that one is meant.
    if (item.commands.length > 0 || item.code.length > 0) return null
    const sentence = sentenceOf(item).replace(/[*_]/g, '')
    if (
      /\b(?:ci|cd|pipelines?|workflows?|staging|production|coverage|docker|images?|if|not|coverage|smoke|e2e|load|performance|penetration|security|integration|backend|frontend|manual\w*|hours?|days?|pr|%)\b/i.test(
        sentence,
      )
    )
      return null
    for (const [script, words] of CLAIMS) {
      const said = find(sentence, words)
      if (said) return propose(SURE.likely, { script }, [said], `the project's own script ${script} is assumed`)
    }
    return null
  },

  describe(options) {
    const bounds = [
      'exit code 0',
      options.outputMatches === undefined ? '' : `output matches /${options.outputMatches}/`,
      options.outputExcludes === undefined ? '' : `output does not match /${options.outputExcludes}/`,
      options.durationMsMax === undefined ? '' : `within ${formatDuration(options.durationMsMax)}`,
    ]
    const by = options.tool === 'auto' ? '' : ` by ${options.tool}`
    return `run "${[options.script, ...options.args].join(' ')}" of ${options.directory}${by}: ${bounds.filter(Boolean).join(', ')}`
  },

  run: (options, context) =>
    look(context, async () => {
      const directory = resolve(context.directory, options.directory)
      let command: Command
      try {
        command = await commandFor(directory, options)
      } catch (error) {
        if (error instanceof Unreadable) return unverified(error.message)
        throw error
      }
      const result = await context.exec(command.file, command.args, {
        cwd: directory,
        // Tools that would wait for somebody to type, or watch for changes, do not where they are told so.
        env: { ...context.env, CI: context.env['CI'] ?? 'true', NO_COLOR: '1', ...options.env },
        timeoutMs: options.timeoutMs,
        signal: context.signal,
        outputBytesMax: 16 << 20,
      })
      return judge(options, command, withoutSecrets(result, options.env))
    }),
})

const CLAIMS: [string, RegExp][] = [
  ['types', /^(?:there are )?(?:no|zero|0) (?:typescript|type|compile|compilation|tsc)(?: compilation)? errors$/i],
  [
    'lint',
    /^(?:there are )?(?:no|zero|0) (?:es)?lint(?:er|ing)?(?:\/\w+)? (?:errors?|warnings?|issues?)$|^(?:es)?lint(?:er|ing)? (?:passes|passed|is clean|clean)$/i,
  ],
  [
    'build',
    /^(?:production |project )?build (?:is )?(?:successful|succeeds|succeeded|passes|passed|completes(?: without errors)?)$/i,
  ],
  [
    'test',
    /^(?:all )?(?:the )?(?:unit |automated )?tests (?:are )?(?:pass|passing|passed|green)$|^(?:the )?(?:full )?test suite (?:passes|passed|is green)$/i,
  ],
]

/** What was given as a secret does not come back in what a program printed. */
function withoutSecrets(result: ExecResult, secrets: Readonly<Record<string, string>>): ExecResult {
  const { redact } = createRedactor(secrets)
  return { ...result, stdout: redact(result.stdout), stderr: redact(result.stderr) }
}

function judge(options: Options, command: Command, result: ExecResult): Outcome {
  const { ended, exitCode, signal, stdout, stderr, durationMs } = result
  const name = `\`${[command.file, ...command.args].join(' ')}\``
  const tail = excerpt(`${stdout.slice(-TAIL_CHARS)}\n${stderr.slice(-TAIL_CHARS)}`)
  const extra = {
    measurements: [{ name: 'duration', value: Math.round(durationMs), unit: 'ms' }],
    evidence: [
      { name: 'output', mediaType: 'text/plain' as const, content: `exit code ${exitCode ?? signal}\n\n${tail}` },
    ],
  }
  if (ended === 'not-started')
    return unverified(`${command.file} could not be started: ${lastLine(stderr)}`, {
      ...extra,
      remedy: `install ${command.file} where gonogo runs`,
    })
  if (ended !== 'exited') return unverified(`${name} did not end within ${formatDuration(options.timeoutMs)}`, extra)
  const missing = notThere(command, result)
  if (missing !== null)
    return unverified(`${name}: ${missing}`, { ...extra, remedy: 'install what the script needs, as npm ci does' })
  const wrong = complaints(options, result)
  const seen = `${name} ${exitCode === null ? `was ended by ${signal}` : `exited ${exitCode}`} after ${formatDuration(durationMs)}`
  return wrong.length > 0 ? failed(`${seen}: ${wrong.join('; ')}`, extra) : passed(seen, extra)
}

/** The script needs what is not installed: then it has not looked at anything. */
function notThere({ tool }: Command, { exitCode, stdout, stderr }: ExecResult): string | null {
  if (exitCode === 0) return null
  const end = `${stdout.slice(-TAIL_CHARS)}\n${stderr.slice(-TAIL_CHARS)}`
  const program = /^(?:\/bin\/)?(?:ba|da)?sh:.*?([\w./@-]+): (?:command )?not found$/m.exec(end)?.[1]
  if (program !== undefined) return `${program} is not installed`
  if (exitCode === 126 || exitCode === 127) return 'what it calls is not installed'
  const module = /^\S*python\S*: No module named (\w+)/m.exec(end)?.[1]
  if (module !== undefined) return `${module} is not installed`
  if (tool === 'pytest' && exitCode === 5) return 'there are no tests'
  return null
}

function complaints(options: Options, { exitCode, stdout, stderr, durationMs }: ExecResult): string[] {
  const wrong: string[] = []
  const output = `${stdout}\n${stderr}`
  if (exitCode !== 0) wrong.push(lastLine(stderr) || lastLine(stdout) || 'exit code 0 wanted')
  if (options.outputMatches !== undefined && !new RegExp(options.outputMatches, 'm').test(output))
    wrong.push(`its output does not match /${options.outputMatches}/`)
  const found = options.outputExcludes === undefined ? null : new RegExp(options.outputExcludes, 'm').exec(output)
  if (found) wrong.push(`its output has "${excerpt(found[0], 100)}"`)
  if (options.durationMsMax !== undefined && durationMs > options.durationMsMax)
    wrong.push(`at most ${formatDuration(options.durationMsMax)} wanted`)
  return wrong
}
