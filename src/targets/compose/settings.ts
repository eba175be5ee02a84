// Options of the target kind `compose`.
import { z } from 'zod'
import { milliseconds } from '../../lib/milliseconds-option.ts'
import { modeField } from '../fields.ts'
import { healthSchema } from '../health.ts'
import { portsSchema } from '../places.ts'

export const settingsSchema = z
  .strictObject({
    mode: modeField.describe(
      'A project a version, or slot; or one project that is brought up again as another version',
    ),
    files: z
      .array(z.string().min(1))
      .min(1)
      .default(['compose.yaml'])
      .describe('Compose files, relative to gonogo.yaml'),
    service: z.string().min(1).describe('The service that is released'),
    project: z
      .string()
      .min(1)
      .describe(
        'Name of the project: beside with {version} or {slot} (blue or green), as `web-{slot}`; in place without',
      ),
    versionEnv: z
      .string()
      .regex(/^\w+$/)
      .default('GONOGO_VERSION')
      .describe('Variable of the compose files that is the version, as in `image: shop:${TAG}`'),
    instances: z.number().int().min(1).max(100).default(1).describe('Containers of the service'),
    containerPort: z
      .number()
      .int()
      .min(1)
      .max(65_535)
      .optional()
      .describe(
        'Port inside the container; docker is asked under which it is published. Default: the port of `portEnv`',
      ),
    portEnv: z
      .string()
      .regex(/^\w+$/)
      .default('PORT')
      .describe(
        'Variable of the compose files that is the port on this machine, as in `ports: ["127.0.0.1:${PORT}:3000"]`',
      ),
    ports: portsSchema.optional(),
    port: z.number().int().min(1).max(65_535).optional().describe('In place: the port, where it is always the same'),
    host: z.string().min(1).default('127.0.0.1').describe('Where published ports are reached'),
    variables: z.record(z.string(), z.string()).default({}).describe('More variables of the compose files'),
    pull: z.boolean().default(true).describe('Pull the image first'),
    health: healthSchema.prefault({}),
    settleMs: milliseconds.default(1000).describe('Up for so long before it counts as up'),
    graceMs: milliseconds.default(10_000).describe('How long a container may take to end; then it is killed'),
    commandTimeoutMs: milliseconds.default(300_000).describe('Longest that one call of docker may take, as a pull'),
  })
  .superRefine(({ mode, project, instances, containerPort }, context) => {
    const varies = /\{(version|slot)\}/.test(project)
    if (varies !== (mode === 'beside'))
      context.addIssue({
        code: 'custom',
        path: ['project'],
        message: mode === 'beside' ? 'it must contain {version} or {slot}' : 'in place it is always the same',
      })
    if (instances > 1 && containerPort === undefined)
      context.addIssue({
        code: 'custom',
        path: ['containerPort'],
        message:
          'several containers cannot share one port of this machine: publish it without naming one, and give `containerPort`',
      })
  })

export type Settings = z.output<typeof settingsSchema>
