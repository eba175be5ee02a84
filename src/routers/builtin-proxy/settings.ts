// What a user can set on the built-in proxy; the process reads the same values from its settings file.
import { z } from 'zod'

const milliseconds = z.int().min(1).max(86_400_000)

export const settingsSchema = z.strictObject({
  listen: z
    .strictObject({
      host: z.string().min(1).default('127.0.0.1').describe('Address to listen on'),
      port: z.int().min(0).max(65_535).describe('Port to listen on; 0 takes any free one'),
    })
    .describe('Where clients connect'),
  previewHeader: z
    .string()
    .regex(/^[a-z0-9-]+$/, 'a header name in lower case')
    .nullable()
    .default('x-gonogo-version')
    .describe('Request header that asks for one version (`v2`, `candidate`, `stable`); responses carry who answered'),
  stickyCookie: z
    .string()
    .regex(/^[\w-]+$/, 'a cookie name')
    .nullable()
    .default('gonogo-client')
    .describe('Cookie that keeps a client at its version while traffic is split; null: every request is drawn anew'),
  trustForwarded: z
    .boolean()
    .default(false)
    .describe('Keep x-forwarded-* of the request (another proxy stands in front) instead of replacing them'),
  retry: z
    .strictObject({
      methods: z
        .array(z.enum(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']))
        .default(['GET', 'HEAD', 'OPTIONS'])
        .describe('Methods whose body-less requests may be sent again after a backend failed before answering'),
      attemptsMax: z.int().min(1).max(10).default(4).describe('Attempts for one request, the first included'),
    })
    .prefault({}),
  connectTimeoutMs: milliseconds.default(1000).describe('Connecting to a backend'),
  requestTimeoutMs: milliseconds
    .default(30_000)
    .describe('From a request that is wholly sent to the head of its answer'),
  bodyTimeoutMs: milliseconds.default(60_000).describe('Silence inside an answer'),
  holdMsMax: milliseconds.default(30_000).describe('A held request waits this long, then gets 503'),
  holdRequestsMax: z.int().min(0).max(100_000).default(10_000).describe('Requests held at the same time'),
  clientIdleTimeoutMs: milliseconds.default(75_000).describe('An idle client connection is closed after this'),
  clientHeadersTimeoutMs: milliseconds.default(60_000).describe('A client has this long to send the head of a request'),
  clientRequestTimeoutMs: milliseconds.default(300_000).describe('A client has this long to send a whole request'),
  requestBytesMax: z
    .int()
    .min(0)
    .default(1024 ** 3)
    .describe('Largest request body; more is answered with 413'),
  headerBytesMax: z.int().min(1024).max(1_048_576).default(16_384).describe('Largest head of a request'),
  clientConnectionsMax: z.int().min(1).max(1_000_000).default(10_000).describe('Client connections at the same time'),
  backendConnectionsMax: z.int().min(1).max(65_000).default(256).describe('Connections to one backend'),
})

export type ProxySettings = z.infer<typeof settingsSchema>
