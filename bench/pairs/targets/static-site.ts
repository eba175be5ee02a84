import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { localUrl, VERSIONS, type TargetScene } from '../scene.ts'

export const staticSite: TargetScene = {
  kind: 'static-site',
  label: 'static-site',
  needs: [],
  missing: () => null,
  options: (place) => ({
    source: 'builds/{version}',
    folder: 'www',
    probe: { url: `${localUrl(place)}version.txt`, file: 'version.txt' },
  }),
  async open(place) {
    const { directory, port } = place
    for (const version of VERSIONS) {
      const build = join(directory, 'builds', version)
      mkdirSync(build, { recursive: true })
      writeFileSync(join(build, 'version.txt'), version)
      // A build that lost its page.
      if (!version.includes('faulty')) writeFileSync(join(build, 'index.html'), `<h1>${version}</h1>`)
    }
    const served = join(directory, 'www', 'current')
    const shown = (): string | null => {
      const file = join(served, 'version.txt')
      return existsSync(file) ? readFileSync(file, 'utf8') : null
    }
    const server = createServer((request, response) => {
      const file = join(served, request.url === '/version.txt' ? 'version.txt' : 'index.html')
      const isThere = existsSync(file)
      response.writeHead(isThere ? 200 : 404, { 'x-gonogo-version': shown() ?? 'none' })
      response.end(isThere ? readFileSync(file) : '')
    }).listen(port, '127.0.0.1')
    await once(server, 'listening')
    return {
      env: {},
      url: localUrl(place),
      // Files need not run: the one that is shown.
      running: (version) => (shown() === version ? 1 : 0),
      parts: [],
      async stop() {
        server.closeAllConnections()
        server.close()
        await once(server, 'close')
      },
    }
  },
}
