// What a user can set on HAProxy: a configuration that gonogo writes (`listen`), or one of the user's own (`adopt`).
import { z } from 'zod'
import { milliseconds } from '../../lib/milliseconds-option.ts'
import { clientFields } from '../client-fields.ts'
import { probeSchema } from '../probing.ts'

const path = z.string().regex(/^[^\s"'\\]+$/, 'a path without spaces and quotes')
const proxyName = z.string().regex(/^[\w.:-]+$/, 'a name as HAProxy takes it')
const slotNames = z.array(proxyName).min(1).max(256)

const listenSchema = z.strictObject({
  host: z
    .string()
    .regex(/^[\w.:*-]+$/, 'an address')
    .default('127.0.0.1')
    .describe('Address to listen on; `*` is every one'),
  port: z.int().min(1).max(65_535).describe('Port to listen on'),
  certificate: path.optional().describe('PEM file with certificate and key: TLS and HTTP/2'),
})

const adoptSchema = z
  .strictObject({
    socket: path.optional().describe('Unix socket of the runtime API, `level admin`'),
    tcp: z
      .string()
      .regex(/^.+:\d{1,5}$/, 'is no address like 127.0.0.1:9999')
      .transform((address) => address.replace(/^(?:ipv[46]|tcp[46]?)@/, ''))
      .optional()
      .describe('Address of the runtime API, `host:port`'),
    backend: proxyName.describe('Backend of the service'),
    slots: z
      .strictObject({
        blue: slotNames.describe('Servers of that backend that one version has'),
        green: slotNames.describe('Servers of that backend that the next version has, and so on in turn'),
      })
      .refine(({ blue, green }) => new Set([...blue, ...green]).size === blue.length + green.length, {
        message: 'a server stands twice',
      })
      .describe('Servers of two colours; gonogo gives them addresses, weights and states'),
    config: path.optional().describe('Its haproxy.cfg: read by a dry-run, which says what it lacks'),
  })
  .refine(({ socket, tcp }) => (socket === undefined) !== (tcp === undefined), 'give one of socket and tcp')

export const haproxyOptions = z
  .strictObject({
    listen: listenSchema.optional().describe('gonogo writes the configuration, and clients connect here'),
    adopt: adoptSchema.optional().describe('HAProxy is yours; gonogo only uses its runtime API'),
    slots: z.int().min(1).max(64).default(8).describe('Instances that one version can have'),
    ...clientFields,
    healthPath: path.nullable().default(null).describe('Path that is asked to see whether an instance is well'),
    shield: z
      .strictObject({
        statuses: z
          .array(z.union([500, 501, 502, 503, 504].map((status) => z.literal(status))))
          .min(1)
          .default([500, 502, 503, 504])
          .describe('Answers of the candidate that its client does not see'),
        busyMax: z
          .int()
          .min(1)
          .default(1000)
          .describe('No second attempt while the stable version has more requests than this at once'),
      })
      .nullable()
      .prefault({})
      .describe('GET, HEAD and OPTIONS that the candidate fails are answered by the stable version; null: they fail'),
    breaker: z
      .strictObject({
        errors: z.int().min(1).max(1000).default(5).describe('So many failures in a row, and an instance is out'),
        backAfterMs: milliseconds.default(10_000).describe('It is back when its health was good for so long'),
      })
      .nullable()
      .prefault({})
      .describe('Takes an instance of the candidate out by itself; null: only its health check does'),
    hold: z
      .strictObject({
        msMax: milliseconds.default(30_000).describe('A held request waits this long, then gets 503'),
        connectionsMax: z
          .int()
          .min(1)
          .max(1_000_000)
          .default(10_000)
          .describe('While requests are held, those of more client connections than this get 503'),
      })
      .nullable()
      .prefault({})
      .describe('Holding requests while data is swapped; needs HAProxy with Lua, as distributions ship it'),
    connectTimeoutMs: milliseconds.default(300).describe('Connecting to an instance'),
    requestTimeoutMs: milliseconds.default(30_000).describe('Silence of an instance'),
    clientTimeoutMs: milliseconds.default(60_000).describe('Silence of a client within a request'),
    clientIdleTimeoutMs: milliseconds.default(75_000).describe('An idle client connection is closed after this'),
    program: path.default('haproxy').describe('The program'),
    threads: z.int().min(1).max(256).nullable().default(null).describe('Threads; null: one a processor'),
    config: path.nullable().default(null).describe('Where the configuration is written; null: under `.gonogo`'),
    reload: z
      .string()
      .min(1)
      .nullable()
      .default(null)
      .describe('Command by which your init system takes a new configuration; null: gonogo runs HAProxy itself'),
    probe: probeSchema.optional(),
  })
  .refine((given) => (given.listen === undefined) !== (given.adopt === undefined), 'give one of listen and adopt')

export type HaproxyOptions = z.output<typeof haproxyOptions>
export type Adoption = z.output<typeof adoptSchema>
/** The options where gonogo writes the configuration. */
export type GeneratedOptions = HaproxyOptions & { listen: z.output<typeof listenSchema> }
