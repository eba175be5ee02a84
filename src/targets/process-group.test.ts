import { expect, it } from 'vitest'
import { processGroup } from './process-group.ts'

const example = processGroup.options.parse(processGroup.example)

it('has options that parse their own result, and says what it would start', () => {
  expect(processGroup.options.parse(example)).toEqual(example)
  expect(processGroup.describe(example, 'v2')).toBe(
    'start 2 × `node server.js` as v2, each ready when GET /health gives 200',
  )
  const context = { name: 'app', directory: '/srv', stateDirectory: '/srv/.gonogo', env: {} }
  expect(processGroup.plan(example, 'v2', context)).toEqual([
    'PORT=<free port> node server.js  (in /srv, v2-1)',
    'PORT=<free port> node server.js  (in /srv, v2-2)',
  ])
  expect(processGroup.abilities(example)).toEqual({ mode: 'beside', reachedBy: 'addresses', resize: true })
})
