// Options of the target kind `pm2`.
import { z } from 'zod'
import { milliseconds } from '../../lib/milliseconds-option.ts'
import { modeField } from '../fields.ts'
import { healthSchema } from '../health.ts'
import { portsSchema } from '../places.ts'
import { linkSchema } from '../release-link.ts'

export const settingsSchema = z
  .strictObject({
    mode: modeField.describe('Both versions at once, under names of their own; or `pm2 reload` of the one app'),
    ecosystem: z.string().min(1).default('ecosystem.config.js').describe('The ecosystem file, relative to gonogo.yaml'),
    app: z.string().min(1).describe('Name of the app in it'),
    env: z
      .string()
      .regex(/^\w+$/)
      .optional()
      .describe('Which of its environments: `production` takes `env_production`'),
    name: z
      .string()
      .regex(/\{(version|slot)\}/, 'it must contain {version} or {slot}')
      .default('{app}-{version}')
      .describe('Beside: what a version is called in pm2; {slot} is blue or green'),
    cwd: z
      .string()
      .optional()
      .describe(
        'Beside: folder of a version, relative to gonogo.yaml, as `releases/{version}`. Default: what the ecosystem file says',
      ),
    instances: z.number().int().min(1).max(100).default(2).describe('How many run of each version'),
    exec: z
      .enum(['cluster', 'fork'])
      .default('cluster')
      .describe('Beside: workers of Node that share a port; or one process a port'),
    ports: portsSchema.optional(),
    portEnv: z.string().regex(/^\w+$/).default('PORT').describe('Environment variable that tells an app its port'),
    port: z
      .number()
      .int()
      .min(1)
      .max(65_535)
      .optional()
      .describe('In place: where it is asked for its health. Without it pm2 is believed'),
    variables: z.record(z.string(), z.string()).default({}).describe('Added to the environment of the app'),
    link: linkSchema
      .optional()
      .describe('In place: a link that is moved to the folder of the version before the reload'),
    health: healthSchema.prefault({}),
    settleMs: milliseconds
      .default(1000)
      .describe('Up for so long before it counts as up: what ends at once never does'),
    graceMs: milliseconds.default(10_000).describe('Beside: how long an app may take to end; then it is killed'),
    commandTimeoutMs: milliseconds.default(120_000).describe('Longest that one call of pm2 may take'),
  })
  .refine(({ mode, link }) => mode === 'in-place' || link === undefined, {
    path: ['link'],
    message: 'belongs to `mode: in-place`; beside, `cwd` says the folder of a version',
  })
  .refine(({ name, ports }) => !ports || !('blue' in ports) || name.includes('{slot}'), {
    path: ['ports'],
    message: 'ports of slots want a name with {slot}',
  })

export type Settings = z.output<typeof settingsSchema>
