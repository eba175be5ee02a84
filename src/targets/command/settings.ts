// Options of the target kind `command`.
import { z } from 'zod'
import { milliseconds } from '../../lib/milliseconds-option.ts'
import { userCommand } from '../../lib/user-command.ts'
import { modeField } from '../fields.ts'
import { healthSchema } from '../health.ts'

export const settingsSchema = z
  .strictObject({
    mode: modeField.describe("Both versions run at once, and a router splits traffic; or one takes the other's place"),
    prepare: userCommand
      .optional()
      .describe(
        'Brings a version up, or makes it ready for the switch; run again after a crash. A list is program and arguments with {version}; `shell` is text that reads $GONOGO_VERSION',
      ),
    ready: userCommand
      .optional()
      .describe('Ends with exit code 0 when the version is healthy; quick. Without it `health` asks the addresses'),
    retire: userCommand.optional().describe('Beside: takes a version down; where nothing of it runs it ends well too'),
    switch: userCommand.optional().describe('In place: makes a version the one that serves'),
    current: userCommand.optional().describe('In place: prints the version that serves, nothing when there is none'),
    addresses: z
      .array(z.string().regex(/^\S+:\S+$/, 'must be host:port'))
      .default([])
      .describe(
        'Beside: where a version listens, as `{version}.internal:3000`. Default: lines {"host": "...", "port": 3000} that `prepare` prints',
      ),
    health: healthSchema.prefault({}),
    cwd: z.string().default('.').describe('Directory the commands are run in, relative to gonogo.yaml'),
    env: z
      .record(z.string(), z.string())
      .default({})
      .describe('Added to their environment; values are treated as secrets'),
    commandTimeoutMs: milliseconds.default(300_000).describe('Longest that one of them may take'),
  })
  .superRefine((options, context) => {
    const wanted = options.mode === 'beside' ? (['prepare', 'retire'] as const) : (['switch', 'current'] as const)
    for (const name of wanted)
      if (options[name] === undefined)
        context.addIssue({ code: 'custom', path: [name], message: `\`mode: ${options.mode}\` wants this command` })
  })

export type Settings = z.output<typeof settingsSchema>
