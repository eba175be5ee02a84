import { spawnSync } from 'node:child_process'
import { isProgramThere } from '../../../test/servers/packages.ts'
import { localUrl, NOTHING_TO_START, type RouterScene } from '../scene.ts'

export const haproxy: RouterScene = {
  kind: 'haproxy',
  label: 'haproxy',
  needs: [],
  missing: () => (isProgramThere('haproxy', 'haproxy') ? null : 'HAProxy'),
  options: ({ port }) => ({ listen: { port }, healthPath: '/health' }),
  url: localUrl,
  async open() {
    const version = /version ([\d.]+)/.exec(spawnSync('haproxy', ['-v'], { encoding: 'utf8' }).stdout)?.[1]
    return { ...NOTHING_TO_START, parts: [`HAProxy ${version}`] }
  },
}
