import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { layService, SERVER_FILE } from '../service.ts'
import { localUrl, type OpenTarget, type Place, type TargetScene } from '../scene.ts'

const common = { kind: 'compose', label: 'compose', needs: ['docker'], missing: () => null, open } as const
const QUICK = { service: 'web', pull: false, health: { intervalMs: 100 }, settleMs: 300, graceMs: 1000 }

export const compose: TargetScene = {
  ...common,
  options: ({ slug }) => ({ ...QUICK, project: `${slug}-{version}` }),
}

export const composeInPlace: TargetScene = {
  ...common,
  options: ({ slug, port }) => ({ ...QUICK, mode: 'in-place', project: slug, port }),
}

/** Containers share the network of this machine, and its Node: the image has none. */
async function open(place: Place): Promise<OpenTarget> {
  const { directory, slug, docker: engine } = place
  if (!engine) throw new Error('there is no docker engine')
  layService(directory)
  const web = {
    image: 'box:1',
    command: ['/bin/busybox', 'chroot', '/host', process.execPath, join(directory, SERVER_FILE)],
    volumes: ['/:/host:ro'],
    network_mode: 'host',
    environment: { GONOGO_VERSION: '${GONOGO_VERSION}', PORT: '${PORT}' },
  }
  writeFileSync(join(directory, 'compose.yaml'), JSON.stringify({ services: { web } }))
  const { DOCKER_HOST = '', DOCKER_CONFIG = '' } = engine.env
  const label = 'com.docker.compose.project'
  const containers = (): string[] =>
    engine
      .docker(['ps', `--format={{.ID}} {{.Label "${label}"}}`])
      .split('\n')
      .map((line) => line.split(' '))
      .flatMap(([id = '', project = '']) => (project === slug || project.startsWith(`${slug}-`) ? id : []))
  return {
    env: { DOCKER_HOST, DOCKER_CONFIG },
    url: localUrl(place),
    running(version) {
      const found = containers()
      if (found.length === 0) return 0
      const told = engine.docker(['inspect', '--format={{json .Config.Env}}', ...found]).split('\n')
      return told.filter((line) => line.includes(`"GONOGO_VERSION=${version}"`)).length
    },
    parts: [
      `Docker ${engine.docker(['version', '--format={{.Server.Version}}']).trim()}`,
      `Compose ${engine.docker(['compose', 'version', '--short']).trim()}`,
    ],
    async stop() {
      const left = containers()
      if (left.length > 0) engine.docker(['rm', '--force', ...left])
    },
  }
}
