import { expect, it } from 'vitest'
import { secretTexts } from './secret-options.ts'

const secrets = (options: Record<string, unknown>): string[] => secretTexts(options, Object.keys(options))

it('takes passwords, bare users and secret query values of addresses, not hosts and paths', () => {
  expect(secrets({ url: 'https://ann:s3cret%21x@host/path?api_key=k3y-12345&page=2' })).toEqual([
    's3cret%21x',
    's3cret!x',
    Buffer.from('ann:s3cret!x').toString('base64'),
    'k3y-12345',
  ])
  expect(secrets({ url: 'https://t0kent0ken@host/' })).toContain('t0kent0ken')
  expect(secrets({ url: 'https://host/health?verbose=true' })).toEqual([])
})

it('takes values of headers, without what everybody sends', () => {
  const headers = { authorization: 'Bearer abc-def-ghi', accept: 'application/json', 'x-api-key': 'k3yk3yk3y' }
  expect(secrets({ headers })).toEqual(['Bearer abc-def-ghi', 'abc-def-ghi', 'k3yk3yk3y'])
})

it('takes fields of bodies that are secrets by their names, and the whole body', () => {
  const body = JSON.stringify({ user: 'ann@shop', password: 'hunter22', nested: { token: 't0ken-x' } })
  expect(secrets({ body })).toEqual([body, 'hunter22', 't0ken-x'])
  expect(secrets({ body: 'user=ann&password=hunter22' })).toContain('hunter22')
})

it('takes plain values, lists and maps; too short ones would shred text', () => {
  expect(secretTexts({ token: 't0ken-x', other: 'not-asked-for' }, ['token'])).toEqual(['t0ken-x'])
  expect(secrets({ tokens: ['t0ken-1', 't0ken-2'], pin: '1234' })).toEqual(['t0ken-1', 't0ken-2'])
  expect(secretTexts(null, ['token'])).toEqual([])
})

it('leaves the name of a program readable, not its arguments', () => {
  expect(secrets({ command: ['journalctl', '--token=t0ken-x'] })).toEqual(['--token=t0ken-x'])
})

it('of what has parts of its own takes only the parts that hold secrets', () => {
  const steps = [
    { name: 'log in', method: 'POST', url: 'https://shop.internal/login', body: '{"password":"hunter22"}' },
    { name: 'look', url: 'https://shop.internal/orders', headers: { accept: 'text/html', 'x-key': 'k3yk3yk3y' } },
  ]
  expect(secrets({ steps })).toEqual(['{"password":"hunter22"}', 'hunter22', 'k3yk3yk3y'])
})
