import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http'
import { join } from 'node:path'
import type { RoutingTable } from '../../../src/plan/traffic.ts'
import { localUrl, type OpenRouter, type Place, type RouterScene } from '../scene.ts'

/** What the user's commands write: who gets what, for people and for the splitter. */
const TABLE = 'table.json'
const SET = `cat > ${TABLE}.new
printf '%s\\n' "$GONOGO_WEIGHTS" | tr ',=' '\\n ' > weights
mv ${TABLE}.new ${TABLE}`

export const command: RouterScene = {
  kind: 'command',
  label: 'command',
  needs: [],
  missing: () => null,
  options: (place) => ({
    set: { shell: SET },
    current: { shell: 'if [ -f weights ]; then cat weights; fi' },
    drainGraceMs: 200,
    probe: { url: localUrl(place) },
  }),
  url: localUrl,
  open: async (place) => startSplitter(place),
}

/** A splitter of ours that reads the table with every request. */
async function startSplitter({ directory, port, cluster }: Place): Promise<OpenRouter> {
  const file = join(directory, TABLE)
  const handle = (_: IncomingMessage, response: ServerResponse): void => {
    const refuse = (): void => void response.writeHead(503).end()
    const table = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as RoutingTable) : null
    const backend = table && drawn(table)
    if (!backend) return refuse()
    const { service, host } = backend
    const url = service === undefined ? `http://${host}:${backend.port}/` : `${cluster?.gateway.url}/service/${service}`
    request(url, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    })
      .on('error', refuse)
      .end()
  }
  const server = createServer(handle).listen(port, '127.0.0.1')
  await once(server, 'listening')
  return {
    env: {},
    parts: [],
    async stop() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

function drawn({ weights, backends }: RoutingTable): RoutingTable['backends'][number] | null {
  const shares = Object.entries(weights)
  let rest = Math.random() * shares.reduce((sum, [, weight]) => sum + weight, 0)
  const version = shares.find(([, weight]) => (rest -= weight) < 0)?.[0]
  const own = backends.filter((backend) => backend.version === version)
  return own[Math.floor(Math.random() * own.length)] ?? null
}
