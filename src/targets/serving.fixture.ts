// For the tests of targets: a small server that says which version it is, and a client that asks it.

/**
 * CommonJS. Answers everything with GONOGO_VERSION, or with the first line of the file VERSION beside it; /health with 200. A version whose
 * name begins with `sick` answers 503, with `dies` it ends at once, with `stubborn` it ignores requests to end.
 */
export const SERVER = `
const { createServer } = require('node:http')
const { existsSync, readFileSync } = require('node:fs')
const { join } = require('node:path')
const beside = join(__dirname, 'VERSION')
const version = existsSync(beside) ? readFileSync(beside, 'utf8').trim() : process.env.GONOGO_VERSION
console.log('this is', version)
if (version.startsWith('dies')) throw new Error('no good reason')
const server = createServer((request, response) => {
  response.statusCode = version.startsWith('sick') ? 503 : 200
  response.end(version)
})
server.listen(Number(process.env.PORT), '127.0.0.1')
for (const signal of ['SIGTERM', 'SIGINT'])
  process.on(signal, () => { if (!version.startsWith('stubborn')) process.exit(0) })
`

/** What answers at this port; null when nobody does. */
export async function ask(port: number): Promise<string | null> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/`, { headers: { connection: 'close' } })
    return await response.text()
  } catch {
    return null
  }
}
