import { expect, it } from 'vitest'
import type { InPlaceSwitch } from '../../targets/target.ts'
import { inPlaceRouter } from './in-place-router.ts'

function createSwitch(from: string | null = 'v1') {
  const told: string[] = []
  const now = { version: from }
  const inPlace: InPlaceSwitch = {
    current: async () => now.version,
    switchTo: async (version) => {
      told.push(version)
      now.version = version
    },
    capsule: (version) => ({ stage: 'traffic', title: version, shell: `switch ${version}`, files: {} }),
  }
  return { told, now, inPlace, router: inPlaceRouter('target web', inPlace) }
}

const all = (version: string, other: string) => ({
  weights: { [version]: 100, [other]: 0 },
  backends: [],
  stable: 'v1',
})

it('giving a version everything is switching to it, once', async () => {
  const { router, told } = createSwitch()
  expect(await router.current()).toEqual({ weights: { v1: 100 }, backends: [], stable: 'v1' })
  await router.set(all('v1', 'v2'))
  await router.set(all('v2', 'v1'))
  await router.set(all('v2', 'v1'))
  expect(told).toEqual(['v2'])
  expect((await router.current())?.weights).toEqual({ v2: 100 })
  expect(router.capsule(all('v1', 'v2')).shell).toBe('switch v1')
})

it('what cannot be is refused before anything happens', async () => {
  const { router, told } = createSwitch()
  await expect(router.set({ ...all('v1', 'v2'), weights: { v1: 90, v2: 10 } })).rejects.toThrow(/is not possible/)
  await expect(router.set({ ...all('v2', 'v1'), hold: true })).rejects.toThrow(/hold requests/)
  await expect(router.set({ ...all('v2', 'v1'), closed: 'soon' })).rejects.toThrow(/turn them away/)
  expect(told).toEqual([])
})

it('a switch that did not come about is said', async () => {
  const { router, inPlace, now } = createSwitch(null)
  expect(await router.current()).toBeNull()
  inPlace.switchTo = async () => void (now.version = 'v0')
  const own = inPlaceRouter('target web', inPlace)
  await expect(own.set(all('v2', 'v1'))).rejects.toThrow(/switched to v2, and v0 serves/)
})

it('it counts nothing, and has nothing in flight', async () => {
  const { router } = createSwitch()
  expect(await router.counters(AbortSignal.timeout(1000))).toBeNull()
  expect(await router.drain('v1', 1000)).toBe(true)
})
