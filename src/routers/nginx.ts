// Router kind `nginx`: one of gonogo's own or the user's, switched in memory where it has Lua, by a reload where it has not.
import { programLine } from '../lib/program.ts'
import { describeWeights } from '../plan/traffic.ts'
import { LuaRouter } from './nginx/lua-router.ts'
import { modeOf } from './nginx/modules.ts'
import { nginxPaths } from './nginx/paths.ts'
import { dumpProgram, reloadProgram, testProgram } from './nginx/programs.ts'
import { ReloadRouter } from './nginx/reload-router.ts'
import { settingsSchema } from './nginx/settings.ts'
import type { NginxSettings } from './nginx/settings.ts'
import { defineRouter } from './router.ts'

export const nginx = defineRouter<NginxSettings>({
  id: 'nginx',
  summary: 'nginx: weights in memory with its Lua module, without one lost request; by reload without the module',
  options: settingsSchema,
  example: { include: '/etc/nginx/gonogo' },
  failingExample: { include: 'etc/nginx/gonogo' },
  secretFields: [],
  needs: 'nginx',
  abilities(options) {
    const hasLua = modeOf(options) === 'lua'
    return {
      weights: 'any',
      reaches: 'addresses',
      counts: hasLua,
      preview: options.previewHeader !== null,
      hold: hasLua,
      mirror: false,
    }
  },
  describe(options) {
    const where = options.listen ? `on ${options.listen.host}:${options.listen.port}` : `with ${options.include}`
    return modeOf(options) === 'lua'
      ? `nginx ${where}`
      : `nginx ${where}, by reload: each change closes idle client connections (measured: 10 to 30 requests of 64 busy clients fail)`
  },
  plan(options, weights, context) {
    const paths = nginxPaths(options, context)
    const goal = describeWeights(weights)
    if (modeOf(options) === 'lua')
      return [`PUT /table to ${options.listen ? paths.adminSocket : options.admin}: ${goal}`, `write ${paths.table}`]
    return [
      `write ${paths.server}`,
      `write ${paths.http}: ${goal}`,
      programLine(testProgram(options, paths)),
      ...(options.listen ? [] : [programLine(dumpProgram(options))]),
      programLine(reloadProgram(options, paths)),
    ]
  },
  create: (options, context) =>
    modeOf(options) === 'lua' ? new LuaRouter(options, context) : new ReloadRouter(options, context),
})
