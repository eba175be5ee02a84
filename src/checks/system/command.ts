// A program that judges for itself: exit code and output.
import { resolve } from 'node:path'
import { z } from 'zod'
import { excerpt, lastLine, withLastLine } from '../../lib/excerpt.ts'
import type { ExecResult } from '../../lib/exec.ts'
import { findShell } from '../../lib/shell.ts'
import { failed, passed, unverified } from '../../plan/outcome.ts'
import type { CommandStep } from '../../plan/plan.ts'
import { defineCheck } from '../check.ts'
import { listOf, oneOrMore, pattern, timeoutMs } from '../fields.ts'
import { look } from '../look.ts'
import { onlyInlineCommand, propose, SURE } from '../words.ts'

const schema = z
  .strictObject({
    run: z
      .array(z.string())
      .min(1)
      .optional()
      .describe('program and its arguments, run without a shell; either this or shell'),
    shell: z
      .string()
      .min(1)
      .optional()
      .describe('shell text, run by bash or else sh; values come in by env, not by splicing'),
    env: z
      .record(z.string(), z.string())
      .default({})
      .describe('environment variables for it; values are treated as secrets'),
    cwd: z.string().default('.').describe('directory to run it in'),
    exitCode: oneOrMore(z.number().int().min(0).max(255))
      .default(0)
      .describe('exit code, or list of codes, that is right'),
    stdoutEquals: z.string().optional().describe('what it must print, white space at the ends aside; "" for nothing'),
    stdoutContains: z.string().optional().describe('text it must print'),
    stdoutMatches: pattern.optional().describe('regular expression its output must match'),
    timeoutMs: timeoutMs(60_000).describe('how long it may take'),
  })
  .refine((o) => (o.run === undefined) !== (o.shell === undefined), 'give either run or shell')

type Options = z.infer<typeof schema>

const SAID_MAX = 120
/** Programs that look, and whose exit code says whether what they looked at is right. What they write is their own cache or build. */
const TELLS_BY_EXIT =
  /^(?:sudo )?(?:(?:npm|pnpm|yarn|bun)(?: run)? (?:test|lint|type-?check|check|audit|verify|validate|build|e2e)(?::[\w:-]+)?\b|npx (?:tsc|eslint|vitest|jest|playwright test|prettier --check|biome check)\b|pytest\b|python3? -m (?:pytest|unittest|mypy|ruff check)\b|(?:\.\/)?(?:mvnw?|gradlew?) (?:test|verify|check)\b|go (?:test|vet|build)\b|cargo (?:test|check|clippy|audit|build)\b|make (?:test|check|lint|verify|validate|build)\b|tsc\b|eslint\b|ruff\b|mypy\b|flake8\b|rspec\b|bundle exec rspec|phpunit\b|php artisan test|python3? manage\.py (?:check|test)\b|npx prisma (?:validate|migrate status)\b|dotnet (?:test|build)\b|flutter (?:test|analyze)\b|terraform (?:validate|fmt -check)\b|helm (?:lint|test)\b|nginx -t\b|apachectl configtest|systemctl (?:is-active|is-enabled|status)\b|supervisorctl status\b|docker[- ]compose config\b|kubectl rollout status\b|pg_isready\b|redis-cli ping\b|curl\b[^|;&>]* (?:-f|--fail|-\w*f\w*)\b|test -[efdrwx] |(?:(?:ba)?sh |python3? |node )?(?:\.{0,2}\/)?[\w./-]*(?:test|check|verify|validate|smoke|e2e|lint|audit)[\w-]*\.(?:sh|py|js|ts|mjs)\b)/

/** What its output must be, as options; null where nothing is said of it that this kind can judge. */
function judgedOutput({ expects }: CommandStep): Record<string, unknown> | null {
  if (!expects) return null
  const { kind, value, exitCodes } = expects
  const exits = exitCodes.length === 0 || (exitCodes.length === 1 && exitCodes[0] === 0) ? {} : { exitCode: exitCodes }
  if (kind === 'empty') return { stdoutEquals: '', ...exits }
  if (kind === 'equals' && value !== null) return { stdoutEquals: value, ...exits }
  if (kind === 'contains' && value !== null) return { stdoutContains: value, ...exits }
  return null
}

export const command = defineCheck({
  id: 'command',
  summary: 'runs a program that changes nothing and judges its exit code and output',
  options: schema,
  example: { run: ['npm', 'test'], timeoutMs: 600_000 },
  failingExample: { run: ['node', '-e', 'process.exit(1)'] },
  secretFields: ['env'],
  remedy: 'run the command by hand in the same directory and read what it says',

  recognise(item) {
    const step = onlyInlineCommand(item)
    if (!step || step.language !== 'shell' || step.expects?.kind === 'described') return null
    const shell = step.script.trim()
    const said = item.text.replace(step.script, ' ')
    // A command in the middle of a long story is an example, or one of several things it speaks of.
    if (item.code.length > 1 || said.length > SAID_MAX) return null
    if (/\b(?:if|fix|rollback|otherwise)\b/i.test(said)) return null
    const expected = judgedOutput(step)
    // "Returns success" is the exit code, not the output, of a program that has a meaningful one.
    const exits = TELLS_BY_EXIT.test(shell) && /^(?:success\w*|ok|pass\w*)$/i.test(step.expects?.value ?? '')
    if (expected && step.looksOnly && !exits)
      return propose(SURE.named, { shell, ...expected }, [shell, step.expects?.text ?? ''].filter(Boolean))
    if (TELLS_BY_EXIT.test(shell)) return propose(SURE.said, { shell }, [shell])
    if (!step.looksOnly || step.expects) return null
    return propose(SURE.assumed, { shell }, [shell], 'judged by its exit code alone: say what it must print')
  },

  describe(options) {
    const bounds = [
      `exit code ${listOf(options.exitCode).join(' or ')}`,
      options.stdoutEquals === undefined ? '' : `prints ${JSON.stringify(options.stdoutEquals)}`,
      options.stdoutContains === undefined ? '' : `prints "${options.stdoutContains}"`,
      options.stdoutMatches === undefined ? '' : `output matches /${options.stdoutMatches}/`,
    ]
    return `run ${nameOf(options)}: ${bounds.filter(Boolean).join(', ')}`
  },

  run: (options, context) =>
    look(context, async () => {
      const [file = '', ...args] = options.run ?? [findShell(context.env), '-c', options.shell ?? '']
      const result = await context.exec(file, args, {
        cwd: resolve(context.directory, options.cwd),
        env: { ...context.env, ...options.env },
        timeoutMs: options.timeoutMs,
        signal: context.signal,
      })
      return judge(options, result)
    }),
})

function judge(options: Options, result: ExecResult) {
  const { ended, exitCode, signal, stdout, stderr, durationMs } = result
  const name = nameOf(options)
  const evidence = [
    {
      name: 'output',
      mediaType: 'text/plain' as const,
      content: `exit code ${exitCode ?? signal}\n\n${excerpt(stdout)}\n${excerpt(stderr)}`,
    },
  ]
  const measurements = [{ name: 'duration', value: Math.round(durationMs), unit: 'ms' }]
  const extra = { evidence, measurements }
  if (ended === 'not-started') return unverified(withLastLine(`${name} could not be started`, stderr), extra)
  if (ended !== 'exited') return unverified(`${name} did not end within ${options.timeoutMs} ms`, extra)
  if (
    options.shell !== undefined &&
    (exitCode === 126 || exitCode === 127) &&
    !listOf(options.exitCode).includes(exitCode)
  )
    return unverified(withLastLine(`${name} could not be started`, stderr), extra)
  const wrong = complaints(options, result)
  const ending = exitCode === null ? `was ended by ${signal}` : `exited ${exitCode}`
  if (wrong.length === 0) return passed(`${name} ${ending}`, extra)
  return failed(`${name} ${ending}: ${wrong.join('; ')}`, { ...extra, remedy: lastLine(stderr) || 'read its output' })
}

function complaints(options: Options, { exitCode, stdout }: ExecResult): string[] {
  const wrong: string[] = []
  const codes = listOf(options.exitCode)
  if (exitCode === null || !codes.includes(exitCode)) wrong.push(`exit code ${codes.join(' or ')} wanted`)
  if (options.stdoutEquals !== undefined && stdout.trim() !== options.stdoutEquals.trim())
    wrong.push(
      `it printed ${JSON.stringify(excerpt(stdout.trim(), 80))}, ${JSON.stringify(options.stdoutEquals)} wanted`,
    )
  if (options.stdoutContains !== undefined && !stdout.includes(options.stdoutContains))
    wrong.push(`it did not print "${options.stdoutContains}"`)
  if (options.stdoutMatches !== undefined && !new RegExp(options.stdoutMatches, 'm').test(stdout))
    wrong.push(`its output does not match /${options.stdoutMatches}/`)
  return wrong
}

function nameOf(options: Options): string {
  return `\`${options.shell ?? options.run?.join(' ') ?? ''}\``
}
