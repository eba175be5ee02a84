// A program that judges for itself: exit code and output.
import { resolve } from 'node:path'
import { z } from 'zod'
import { excerpt, lastLine } from '../../lib/excerpt.ts'
import type { ExecResult } from '../../lib/exec.ts'
import { findShell } from '../../lib/shell.ts'
import { failed, passed, unverified } from '../../plan/outcome.ts'
import { defineCheck } from '../check.ts'
import { listOf, oneOrMore, pattern, timeoutMs } from '../fields.ts'
import { look } from '../look.ts'
import { find, onlyInlineCommand, propose } from '../words.ts'

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

export const command = defineCheck({
  id: 'command',
  summary: 'runs a program that changes nothing and judges its exit code and output',
  options: schema,
  example: { run: ['npm', 'test'], timeoutMs: 600_000 },
  failingExample: { run: ['node', '-e', 'process.exit(1)'] },
  secretFields: ['env'],

  recognise(item) {
    const step = onlyInlineCommand(item)
    const claim = find(
      item.text.replace(step?.script ?? '', ''),
      /\b(pass(es|ed|ing)?|succeeds?|clean|green|no (errors|warnings|vulnerabilities))\b/i,
    )
    if (!step || !claim) return null
    return propose(0.7, { shell: step.script.trim() }, [step.script.trim(), claim])
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
  if (ended === 'not-started') return unverified(`${name} could not be started: ${lastLine(stderr)}`, extra)
  if (ended !== 'exited') return unverified(`${name} did not end within ${options.timeoutMs} ms`, extra)
  if (
    options.shell !== undefined &&
    (exitCode === 126 || exitCode === 127) &&
    !listOf(options.exitCode).includes(exitCode)
  )
    return unverified(`${name} could not be started: ${lastLine(stderr)}`, extra)
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
