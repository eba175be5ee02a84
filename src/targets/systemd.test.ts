import { expect, it } from 'vitest'
import { unitNames } from './systemd/programs.ts'
import { systemd } from './systemd.ts'

it('knows what its options must say, and shows what it would do', () => {
  const pathsOf = (given: unknown): unknown[] =>
    systemd.options.safeParse(given).error?.issues.map(({ path }) => path) ?? []
  expect(pathsOf(systemd.failingExample)).toEqual([['unit'], ['ports']])
  expect(pathsOf({ mode: 'in-place', unit: 'web' })).toEqual([['link']])
  expect(pathsOf(systemd.example)).toEqual([])
  const context = { name: 'app', directory: '/srv', stateDirectory: '/srv/.gonogo', env: {} }
  const options = systemd.options.parse({
    mode: 'in-place',
    unit: 'web',
    user: true,
    environmentFile: 'web.env',
    link: {},
  })
  expect(systemd.plan(options, 'v2', context)).toEqual([
    'write /srv/web.env: GONOGO_VERSION=v2',
    'ln -s releases/v2 /srv/current.gonogo && mv -T /srv/current.gonogo /srv/current',
    'systemctl --user restart -- web.service',
  ])
  const many = systemd.options.parse({
    unit: 'web@{version}-{instance}',
    instances: 2,
    environmentFile: '{version}.env',
  })
  expect(unitNames(many, { version: 'feature/1.2', slot: null, ports: [] })).toEqual([
    String.raw`web@feature\x2f1.2-1.service`,
    String.raw`web@feature\x2f1.2-2.service`,
  ])
})
