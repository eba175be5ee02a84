import { expect, it } from 'vitest'
import { command } from './command.ts'

it('knows what is wanted of it, and says what it would do', () => {
  expect(command.options.safeParse(command.failingExample).error?.issues.map(({ path }) => path)).toEqual([['retire']])
  expect(command.options.safeParse({ mode: 'in-place' }).error?.issues.map(({ path }) => path)).toEqual([
    ['switch'],
    ['current'],
  ])
  const options = command.options.parse({ ...(command.example as object), env: { TOKEN: 'secret' } })
  const context = { name: 'app', directory: '/', stateDirectory: '/', env: {} }
  expect(command.plan(options, 'v2', context)).toEqual(['GONOGO_VERSION=v2 GONOGO_TARGET=app ./deploy start v2'])
  expect(command.abilities(options)).toEqual({ mode: 'beside', reachedBy: 'addresses', resize: false })
})
