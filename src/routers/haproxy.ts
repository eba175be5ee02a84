// Router kind `haproxy`: a HAProxy whose configuration gonogo writes and runs, or the runtime API of one that is there.
import { AdoptedHaproxy } from './haproxy/adopted.ts'
import { GeneratedHaproxy } from './haproxy/generated.ts'
import { haproxyOptions } from './haproxy/options.ts'
import type { GeneratedOptions, HaproxyOptions } from './haproxy/options.ts'
import { defineRouter } from './router.ts'
import type { RouterContext } from './router.ts'

export const haproxy = defineRouter<HaproxyOptions>({
  id: 'haproxy',
  summary: 'a HAProxy over its runtime API: weights without a reload, shield and breaker, figures per version',
  options: haproxyOptions,
  example: { listen: { port: 8080 }, healthPath: '/health' },
  failingExample: { listen: { port: 8080 }, adopt: { socket: '/run/haproxy/admin.sock', backend: 'web' } },
  secretFields: [],
  needs: 'haproxy',
  abilities: (options) => ({
    weights: 'any',
    reaches: 'addresses',
    counts: true,
    preview: isGenerated(options) && options.previewHeader !== null,
    hold: isGenerated(options) && options.hold !== null,
    mirror: false,
  }),
  describe: ({ listen, adopt }) =>
    listen
      ? `HAProxy on ${listen.host}:${listen.port}`
      : `HAProxy at ${adopt?.socket ?? adopt?.tcp}, backend ${adopt?.backend}`,
  plan: (options, weights, context) => createRouter(options, context).plan(weights),
  create: createRouter,
})

function createRouter(options: HaproxyOptions, context: RouterContext): GeneratedHaproxy | AdoptedHaproxy {
  if (isGenerated(options)) return new GeneratedHaproxy(options, context)
  const { adopt, probe } = options
  if (!adopt) throw new Error('neither listen nor adopt')
  return new AdoptedHaproxy(adopt, probe, context)
}

function isGenerated(options: HaproxyOptions): options is GeneratedOptions {
  return options.listen !== undefined
}
