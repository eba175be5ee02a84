// What a user can set on the built-in proxy; the process reads the same values from its settings file.
import { z } from 'zod'
import { milliseconds } from '../../lib/milliseconds-option.ts'
import { clientFields, cookieName } from '../client-fields.ts'

export const settingsSchema = z.strictObject({
  listen: z
    .strictObject({
      host: z.string().min(1).default('127.0.0.1').describe('Address to listen on'),
      port: z.int().min(0).max(65_535).describe('Port to listen on; 0 takes any free one'),
    })
    .describe('Where clients connect'),
  ...clientFields,
  previewCookie: cookieName
    .nullable()
    .default('gonogo-version')
    .describe('Cookie that asks for one version like the preview header; one that names no routed version is ignored'),
  retry: z
    .strictObject({
      methods: z
        .array(z.enum(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']))
        .default(['GET', 'HEAD', 'OPTIONS'])
        .describe('Methods whose body-less requests may be sent again after a backend failed before answering'),
      attemptsMax: z.int().min(1).max(10).default(4).describe('Attempts for one request, the first included'),
    })
    .prefault({}),
  shield: z
    .strictObject({
      enabled: z
        .boolean()
        .default(true)
        .describe(
          'An error answer of a version that is not stable to a request that may be sent again is answered by stable',
        ),
      statuses: z.array(z.int().min(500).max(599)).default([500, 502, 503, 504]).describe('Answers that are errors'),
      shareMax: z.number().min(0).max(100).default(20).describe('Most requests answered again, in percent of all'),
      stableInFlightMax: z
        .int()
        .min(1)
        .default(200)
        .describe('While stable has so many requests under way, it gets none of these'),
    })
    .prefault({})
    .describe('Errors of a canary that its clients do not see; they count against it all the same'),
  breaker: z
    .strictObject({
      enabled: z.boolean().default(true).describe('A backend whose answers fail gets no more traffic; stable gets it'),
      failures: z
        .int()
        .min(1)
        .max(32)
        .default(5)
        .describe('So many failed answers of a version in a row open it, or ...'),
      ofLast: z.int().min(1).max(32).default(5).describe('... as many of so many last ones of the backend'),
      probeEveryMs: milliseconds
        .default(50)
        .describe('While it is open, a request that may be sent again tries the backend this often; stable covers it'),
      openMs: milliseconds.default(5000).describe('Without any such request, any other one tries it after this'),
      successes: z.int().min(1).max(100).default(3).describe('So many good answers in a row close it'),
    })
    .prefault({})
    .describe(
      'Backends that are reached and answer with errors. From the second error of a version in a row on, stable answers what may ' +
        'be sent again, within the bounds of the shield. At most half of the stable backends are taken out',
    ),
  health: z
    .strictObject({
      path: z.string().regex(/^\//, 'a path').describe('Asked with GET at every backend'),
      intervalMs: milliseconds.default(2000).describe('From one question to the next'),
      timeoutMs: milliseconds.default(1000).describe('Longest answer'),
      status: z.int().min(200).max(599).optional().describe('Expected status; without it, any from 200 to 399'),
      rise: z.int().min(1).max(100).default(2).describe('So many good answers in a row bring a backend back'),
      fall: z.int().min(1).max(100).default(2).describe('So many bad ones in a row take it out of turn'),
    })
    .optional()
    .describe('Active health checks'),
  mirrorRequestsMax: z.int().min(1).max(10_000).default(64).describe('Mirrored requests under way at the same time'),
  upgrades: z
    .array(
      z
        .string()
        .regex(/^[a-z0-9!#$%&'*+.^_`|~-]+$/, 'a protocol name in lower case')
        .refine((name) => !/^(?:h2c?|http|tls)/.test(name), 'a protocol that carries requests past the router'),
    )
    .default(['websocket'])
    .describe('Protocols that clients may upgrade a connection to'),
  connectTimeoutMs: milliseconds.default(1000).describe('Connecting to a backend'),
  requestTimeoutMs: milliseconds
    .default(30_000)
    .describe('From a request that is wholly sent to the head of its answer'),
  bodyTimeoutMs: milliseconds
    .default(60_000)
    .describe('Silence inside an answer; event streams may be silent for ever'),
  holdMsMax: milliseconds.default(30_000).describe('A held request waits this long, then gets 503'),
  holdRequestsMax: z.int().min(0).max(100_000).default(10_000).describe('Requests held at the same time'),
  passPaths: z
    .array(z.string().regex(/^\//, 'a path'))
    .max(20)
    .default([])
    .describe(
      'Paths that are forwarded while the router holds or is closed, as the health check of who stands in front',
    ),
  holdEndsAfterMs: milliseconds
    .nullable()
    .default(900_000)
    .describe('A hold that nobody ended for so long ends by itself: its maker died. null: never'),
  retiredMsMax: milliseconds
    .default(3_600_000)
    .describe('After an upgrade the former process answers what is under way, WebSockets too, for at most so long'),
  clientIdleTimeoutMs: milliseconds.default(75_000).describe('An idle client connection is closed after this'),
  clientHeadersTimeoutMs: milliseconds.default(60_000).describe('A client has this long to send the head of a request'),
  clientRequestTimeoutMs: milliseconds.default(300_000).describe('A client has this long to send a whole request'),
  requestBytesMax: z
    .int()
    .min(0)
    .default(1024 ** 3)
    .describe('Largest request body; more is answered with 413'),
  headerBytesMax: z.int().min(1024).max(1_048_576).default(16_384).describe('Largest head of a request'),
  headersMax: z.int().min(16).max(2000).default(200).describe('Most headers of a request'),
  clientConnectionsMax: z.int().min(1).max(1_000_000).default(10_000).describe('Client connections at the same time'),
  backendConnectionsMax: z.int().min(1).max(65_000).default(256).describe('Connections to one backend'),
})

export type ProxySettings = z.infer<typeof settingsSchema>
