// What a client may rely on that comes back while traffic is split: run by the test of each router that keeps clients at their version.
// The first two are what Flagger's own verifier asks of a router; the others are what follows when weights go on to change.
import { expect, it } from 'vitest'

/** A router in front of v1 (stable) and v2, as one client sees it. */
export interface AffinityBench {
  /** One request, with a `Cookie` header or without; `cookie` is what its `Set-Cookie` would have the client send next time. */
  ask(cookie?: string): Promise<{ version: string; cookie: string | null }>
  /** Gives v2 this share in percent and v1 the rest; done when it is in force. */
  setWeight(percent: number): Promise<void>
}

interface Client {
  version: string
  cookie: string
}

/** Longest search for a client of a version: at 10 %, 300 draws without one are one in 10^13. */
const DRAWS_MAX = 300

/** @param open A router of its own for each test; the weight is not set yet. */
export function describeSessionAffinity(open: () => Promise<AffinityBench>): void {
  for (const wanted of ['v2', 'v1'])
    it(`who was once answered by ${wanted} is answered by it again, whoever else comes in between`, async () => {
      const bench = await open()
      await bench.setWeight(50)
      const client = await clientOf(bench, wanted)
      for (let i = 0; i < 20; i++) {
        await bench.ask()
        expect((await bench.ask(client.cookie)).version).toBe(wanted)
      }
    })

  it('as the share of v2 grows nobody leaves it, and clients of v1 join it', async () => {
    const bench = await open()
    await bench.setWeight(10)
    const clients = await newClients(bench, 60)
    clients.push(await clientOf(bench, 'v2'))
    for (const weight of [30, 60, 90]) {
      await bench.setWeight(weight)
      for (const client of clients) {
        const { version } = await bench.ask(client.cookie)
        if (client.version === 'v2') expect(version).toBe('v2')
        client.version = version
      }
    }
    // 90 % of 60 and one: fewer than half would be one in 10^18.
    expect(clients.filter(({ version }) => version === 'v2').length).toBeGreaterThan(30)
  })

  it('cookies of other applications beside it, before and behind, change nothing', async () => {
    const bench = await open()
    await bench.setWeight(50)
    for (const wanted of ['v1', 'v2']) {
      const { cookie } = await clientOf(bench, wanted)
      for (let i = 0; i < 10; i++) expect((await bench.ask(`session=a=b; ${cookie}; theme=dark`)).version).toBe(wanted)
    }
  })

  it('a cookie that is nonsense is drawn like no cookie', async () => {
    const bench = await open()
    await bench.setWeight(50)
    const { cookie } = await clientOf(bench, 'v2')
    const name = cookie.slice(0, cookie.indexOf('='))
    const nonsense = [`${name}=`, `${name}`, `${name}=v9`, `${name}=${'x'.repeat(2000)}`, '=;=;;', `${name}="`]
    for (const text of nonsense) expect(['v1', 'v2']).toContain((await bench.ask(text)).version)
  })

  it('new clients are drawn by the weights, however many old ones there are', async () => {
    const bench = await open()
    await bench.setWeight(20)
    await newClients(bench, 50)
    const versions = (await newClients(bench, 200)).map(({ version }) => version)
    const share = versions.filter((version) => version === 'v2').length / 2
    // Five standard deviations of a draw of 200 at 20 %.
    expect(share).toBeGreaterThan(20 - 14.1)
    expect(share).toBeLessThan(20 + 14.1)
  })

  it('when v2 is promoted or taken back its cookies hold nobody, and neither do those of v1', async () => {
    const bench = await open()
    await bench.setWeight(50)
    const clients = [await clientOf(bench, 'v1'), await clientOf(bench, 'v2')]
    for (const [weight, everybody] of [
      [100, 'v2'],
      [50, null],
      [0, 'v1'],
    ] as const) {
      await bench.setWeight(weight)
      if (everybody === null) continue
      for (const { cookie } of clients)
        for (let i = 0; i < 5; i++) expect((await bench.ask(cookie)).version).toBe(everybody)
    }
  })
}

/** Asks as a new client until `wanted` answers; the client then has its cookie. */
async function clientOf(bench: AffinityBench, wanted: string): Promise<Client> {
  for (let draw = 0; draw < DRAWS_MAX; draw++) {
    const { version, cookie } = await bench.ask()
    if (version !== wanted) continue
    if (cookie === null) throw new Error(`an answer of ${wanted} to a new client sets no cookie`)
    return { version, cookie }
  }
  throw new Error(`${DRAWS_MAX} new clients, none was answered by ${wanted}`)
}

async function newClients(bench: AffinityBench, count: number): Promise<Client[]> {
  const clients: Client[] = []
  for (let i = 0; i < count; i++) {
    const { version, cookie } = await bench.ask()
    clients.push({ version, cookie: cookie ?? '' })
  }
  return clients
}
