// What an nginx was built with: whether it has Lua decides how traffic is moved, where the user did not.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { NginxSettings } from './settings.ts'

export interface NginxBuild {
  /** Null where there is none. */
  modulesDirectory: string | null
  pidFile: string | null
  /** Lua is part of the program itself, as in OpenResty. */
  isLuaBuiltIn: boolean
}

const ASK_TIMEOUT_MS = 5000
const known = new Map<string, NginxBuild | null>()

/**
 * What `nginx -V` says; null where there is no such program. Asked once a process and at once: what a router is able to do
 * is a plain question, and a program that lists its own build flags has nothing to wait for.
 */
export function nginxBuild(program: string): NginxBuild | null {
  const before = known.get(program)
  if (before !== undefined) return before
  const { stderr, error } = spawnSync(program, ['-V'], { encoding: 'utf8', timeout: ASK_TIMEOUT_MS })
  const build = error ? null : readBuild(stderr)
  // One that is missing may be installed the next moment.
  if (build) known.set(program, build)
  return build
}

export function readBuild(text: string): NginxBuild {
  const flag = (name: string): string | null => new RegExp(`--${name}=(\\S+)`).exec(text)?.[1] ?? null
  return {
    modulesDirectory: flag('modules-path') ?? (flag('prefix') && join(flag('prefix') ?? '', 'modules')),
    pidFile: flag('pid-path'),
    isLuaBuiltIn: /--add-module=\S*(?:ngx_lua|lua-nginx-module)/.test(text),
  }
}

/** Files to load so that there is Lua; null where the module is missing. */
export function luaModules(build: NginxBuild | null): string[] | null {
  if (!build) return null
  if (build.isLuaBuiltIn) return []
  const files = ['ndk_http_module.so', 'ngx_http_lua_module.so'].map((file) => join(build.modulesDirectory ?? '', file))
  return build.modulesDirectory !== null && files.every((file) => existsSync(file)) ? files : null
}

/** The mode that was asked for, else `lua` where its module is there. */
export function modeOf({ mode, program }: NginxSettings): 'lua' | 'reload' {
  return mode ?? (luaModules(nginxBuild(program)) ? 'lua' : 'reload')
}
