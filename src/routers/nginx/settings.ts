// What a user can set on an nginx router.
import { z } from 'zod'
import { milliseconds } from '../../lib/milliseconds-option.ts'
import { clientFields } from '../client-fields.ts'
import { probeSchema } from '../probing.ts'

const command = z.array(z.string().min(1)).min(1)

export const settingsSchema = z
  .strictObject({
    listen: z
      .strictObject({
        host: z.string().min(1).default('127.0.0.1').describe('Address to listen on'),
        port: z.int().min(1).max(65_535).describe('Port to listen on'),
      })
      .optional()
      .describe('Where clients connect: gonogo runs an nginx of its own, as the user that runs gonogo'),
    include: z
      .string()
      .startsWith('/', 'an absolute path')
      .optional()
      .describe('Directory for NAME.http.conf and NAME.server.inc, which your own nginx includes; gonogo writes there'),
    mode: z
      .enum(['lua', 'reload'])
      .optional()
      .describe(
        'lua: no request is lost; reload: any nginx, idle client connections are closed at each change. Found out',
      ),
    program: z.string().min(1).default('nginx').describe('The nginx to run'),
    test: command.optional().describe('Tests the configuration of your nginx. Default: nginx -t'),
    reload: command.optional().describe('Reloads your nginx. Default: nginx -s reload'),
    pidFile: z
      .string()
      .startsWith('/')
      .optional()
      .describe('Process id of your nginx. Default: what it was built with'),
    admin: z
      .string()
      .regex(/^(127\.\d+\.\d+\.\d+|\[::1\]):\d{1,5}$/, 'an address of the loopback interface, as 127.0.0.1:9181')
      .default('127.0.0.1:9181')
      .describe(
        'Where gonogo asks your nginx (lua); several routers may share it. An nginx of its own is asked over a socket',
      ),
    location: z.string().startsWith('/').default('/').describe('Path below which requests are routed'),
    ...clientFields,
    attemptsMax: z
      .int()
      .min(1)
      .max(10)
      .default(4)
      .describe(
        'Attempts for one request; one that may have been worked on is repeated only if it is GET, HEAD or OPTIONS',
      ),
    shield: z
      .strictObject({
        enabled: z
          .boolean()
          .default(true)
          .describe('A 500, 502, 503 or 504 of a version that is not stable is answered again by stable'),
        shareMax: z.number().min(0).max(100).default(20).describe('Most requests answered again, in percent of all'),
      })
      .prefault({})
      .describe('Errors of a canary that clients of GET, HEAD and OPTIONS do not see; they count against it (lua)'),
    connectTimeoutMs: milliseconds.default(1000).describe('Connecting to a backend'),
    requestTimeoutMs: milliseconds.default(30_000).describe('Silence of a backend before and inside its answer'),
    ejectMs: milliseconds.default(1000).describe('A backend that broke a connection gets nothing for so long'),
    idleConnectionMs: milliseconds
      .default(4000)
      .describe('An idle connection to a backend is kept so long: less than the backend keeps it'),
    holdMsMax: milliseconds.default(30_000).describe('A held request waits this long, then gets 503'),
    holdRequestsMax: z.int().min(0).max(100_000).default(10_000).describe('Requests held at the same time'),
    requestBytesMax: z
      .int()
      .min(0)
      .default(1024 ** 3)
      .describe('Largest request body, where gonogo runs nginx'),
    reloadGraceMs: z
      .int()
      .min(0)
      .max(60_000)
      .default(1500)
      .describe('Before nginx is reloaded for changed settings (lua), clients are asked to reconnect for so long'),
    probe: probeSchema.optional(),
  })
  .superRefine(({ listen, include }, context) => {
    if ((listen === undefined) === (include === undefined))
      context.addIssue({
        code: 'custom',
        message: 'give either `listen` (gonogo runs an nginx) or `include` (your nginx includes what gonogo writes)',
      })
  })

export type NginxSettings = z.infer<typeof settingsSchema>
