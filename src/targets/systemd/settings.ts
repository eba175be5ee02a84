// Options of the target kind `systemd`.
import { z } from 'zod'
import { milliseconds } from '../../lib/milliseconds-option.ts'
import { modeField } from '../fields.ts'
import { healthSchema } from '../health.ts'
import { linkSchema } from '../release-link.ts'

const port = z.number().int().min(1).max(65_535)

export const settingsSchema = z
  .strictObject({
    mode: modeField.describe('Units of both versions at once; or one unit that is restarted as another version'),
    unit: z
      .string()
      .regex(/^[\w@.:\\{}-]+$/, 'no name of a unit')
      .describe(
        'The unit: beside with {slot} (blue or green) or {version}, as `web-{slot}.service`, `web@{version}-{instance}.service`, `web@{port}.service`; in place without',
      ),
    user: z.boolean().default(false).describe('Units of this user (`systemctl --user`) instead of the system'),
    instances: z
      .number()
      .int()
      .min(1)
      .max(100)
      .default(1)
      .describe('Units of each version; more than one want {instance} or {port}'),
    ports: z
      .strictObject({ blue: port, green: port })
      .optional()
      .describe('Beside: the first port of each slot, as the units have them; one more for each further instance'),
    port: port.optional().describe('In place: where it is asked for its health. Without it systemd is believed'),
    environmentFile: z
      .string()
      .optional()
      .describe(
        'File that is written before a start, with GONOGO_VERSION and PORT, relative to gonogo.yaml; the unit names it as EnvironmentFile=. Placeholders as in `unit`',
      ),
    variables: z.record(z.string().regex(/^\w+$/), z.string()).default({}).describe('More variables of that file'),
    link: linkSchema
      .optional()
      .describe('In place: a link that is moved to the folder of the version before the restart'),
    how: z
      .enum(['restart', 'reload-or-restart'])
      .default('restart')
      .describe('In place: how the unit takes over a version'),
    health: healthSchema.prefault({}),
    settleMs: milliseconds.default(1000).describe('Active for so long before it counts as up'),
    commandTimeoutMs: milliseconds
      .default(120_000)
      .describe('Longest that one call of systemctl may take, with the stop of the unit'),
  })
  .superRefine(({ mode, unit, instances, ports, port: own, link, environmentFile }, context) => {
    const wrong = (path: string, message: string): void => context.addIssue({ code: 'custom', path: [path], message })
    if (mode === 'in-place') {
      if (unit.includes('{')) wrong('unit', 'in place it is always the same')
      if (!link && environmentFile === undefined) wrong('link', 'in place `link` or `environmentFile` says the version')
      if (instances > 1) wrong('instances', 'in place there is one unit')
      return
    }
    if (!/\{(slot|version|port)\}/.test(unit)) wrong('unit', 'it must contain {slot}, {version} or {port}')
    if (instances > 1 && !/\{(instance|port)\}/.test(unit)) wrong('unit', 'several instances want {instance} or {port}')
    if (!ports && environmentFile === undefined)
      wrong('ports', 'of each slot, or an `environmentFile` that tells the unit its port')
    if (own !== undefined) wrong('port', 'belongs to `mode: in-place`')
    if (/\{port\}/.test(unit) && !ports) wrong('ports', '{port} wants the ports of each slot')
    if (link) wrong('link', 'belongs to `mode: in-place`')
  })

export type Settings = z.output<typeof settingsSchema>
