import { spawnSync } from 'node:child_process'
import { isNginxLuaThere } from '../../../test/servers/nginx.ts'
import { isProgramThere } from '../../../test/servers/packages.ts'
import { localUrl, NOTHING_TO_START, type RouterScene } from '../scene.ts'

const sceneOf = (mode: 'lua' | 'reload', missing: () => string | null): RouterScene => ({
  kind: 'nginx',
  label: `nginx (${mode})`,
  needs: [],
  missing,
  options: ({ port }) => ({ listen: { port }, mode }),
  url: localUrl,
  async open() {
    const version = /nginx\/([\d.]+)/.exec(spawnSync('nginx', ['-v'], { encoding: 'utf8' }).stderr)?.[1]
    return { ...NOTHING_TO_START, parts: [`nginx ${version}`] }
  },
})

export const nginxLua = sceneOf('lua', () => (isNginxLuaThere() ? null : 'nginx with its Lua module'))
export const nginxReload = sceneOf('reload', () => (isProgramThere('nginx', 'nginx-light') ? null : 'nginx'))
