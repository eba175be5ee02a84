// A package registry that knows advisories, in the words of npm's own: what the managers ask when they audit. For tests.
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gunzipSync } from 'node:zlib'

const ADVISORY = {
  id: 1_179,
  url: 'https://github.com/advisories/GHSA-vh95-rmgr-6w4m',
  title: 'Prototype Pollution in minimist',
  severity: 'moderate',
  vulnerable_versions: '<0.2.1',
  cwe: ['CWE-1321'],
  cvss: { score: 5.6, vectorString: 'CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:L/I:L/A:L' },
}
const CRITICAL = {
  ...ADVISORY,
  id: 1_097_678,
  url: 'https://github.com/advisories/GHSA-xvch-5gv4-984h',
  title: 'Prototype Pollution, again',
  severity: 'critical',
  vulnerable_versions: '<0.2.4',
}

/** Answers audits of minimist with two advisories; everything else is fine. */
export async function startAuditRegistry(): Promise<{ url: string; asked: string[]; stop(): Promise<void> }> {
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`)
    void answer(request, response)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    async stop() {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const body = Buffer.concat(chunks)
  const text = (body[0] === 0x1f ? gunzipSync(body) : body).toString()
  const send = (value: unknown): void =>
    void response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value))
  const isAffected = isAsked(text)
  if (request.url?.endsWith('/advisories/bulk')) return send(isAffected ? { minimist: [ADVISORY, CRITICAL] } : {})
  if (request.url?.includes('/security/audits'))
    return send(isAffected ? fullAudit() : { actions: [], advisories: {}, muted: [], metadata: metadata(0) })
  // What is asked of the package itself: which versions there are, and whether they are deprecated.
  const [, name] = /^\/(minimist|ms)$/.exec(request.url ?? '') ?? []
  if (name) {
    const dist = { tarball: 'http://127.0.0.1:1/package.tgz' }
    const versions = Object.fromEntries(['0.0.8', '2.1.3'].map((version) => [version, { name, version, dist }]))
    return send({ name, 'dist-tags': { latest: '2.1.3' }, versions })
  }
  response.writeHead(404).end('{}')
}

/** Yarn 1 sends the whole tree, and what is asked about of it by name. */
function isAsked(text: string): boolean {
  if (!text.includes('minimist')) return false
  const { requires } = JSON.parse(text) as { requires?: Record<string, unknown> }
  return requires === undefined || '.' in requires || 'minimist' in requires
}

/** The answer of the older endpoint. */
function fullAudit(): unknown {
  const advisories = [ADVISORY, CRITICAL].map((advisory) => ({
    ...advisory,
    module_name: 'minimist',
    github_advisory_id: advisory.url.split('/').at(-1),
    findings: [{ version: '0.0.8', paths: ['minimist'] }],
    patched_versions: '>=1.2.6',
    cves: [],
  }))
  const resolves = advisories.map(({ id }) => ({ id, path: 'minimist', dev: false, optional: false, bundled: false }))
  return {
    actions: [{ action: 'update', module: 'minimist', target: '1.2.6', depth: 1, resolves }],
    advisories: Object.fromEntries(advisories.map((advisory) => [advisory.id, advisory])),
    muted: [],
    metadata: metadata(1),
  }
}

const metadata = (count: number) => ({
  vulnerabilities: { info: 0, low: 0, moderate: count, high: 0, critical: count },
  dependencies: 1,
  devDependencies: 0,
  optionalDependencies: 0,
  totalDependencies: 1,
})
