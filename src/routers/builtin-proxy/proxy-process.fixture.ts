// For tests: a proxy in a process of its own, in front of one backend. Argument: the backend's port; prints its own.
import { Proxy } from './proxy.ts'
import { listenPublic, portOf } from './server.ts'
import { settingsSchema } from './settings.ts'

const proxy = new Proxy(settingsSchema.parse({ listen: { port: 0 } }), () => {})
const backends = [{ id: 'v1-1', version: 'v1', host: '127.0.0.1', port: Number(process.argv[2]) }]
proxy.apply({ weights: { v1: 100 }, backends, stable: 'v1' })
process.stdout.write(`${portOf(await listenPublic(proxy))}\n`)
