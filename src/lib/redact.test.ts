import { describe, expect, it } from 'vitest'
import { createRedactor, secretsByName } from './redact.ts'

describe('what it was told', () => {
  it('is taken out in every form in which it travels', () => {
    const secret = 'p@ss/w"ö rd'
    const { redact } = createRedactor({ TOKEN: secret })
    const forms = [secret, encodeURIComponent(secret), Buffer.from(secret).toString('base64'), JSON.stringify(secret)]
    for (const form of forms) expect(redact(`before ${form} after`)).toMatch(/^before "?\[secret TOKEN\]"? after$/)
  })

  it('is taken out whole where one secret holds another', () => {
    const redactor = createRedactor({ SHORT: 'abcd' })
    redactor.add('LONG', 'abcd-efgh')
    expect(redactor.redact('abcd-efgh and abcd')).toBe('[secret LONG] and [secret SHORT]')
  })

  it('leaves text alone that it would shred', () => {
    expect(createRedactor({ SMALL: 'a' }).redact('banana')).toBe('banana')
  })
})

describe('what looks like a credential', () => {
  it.each([
    ['a password in an address', 'postgres://ann:tr0ub4dor@db:5432/app', 'postgres://ann:[secret]@db:5432/app'],
    ['a token in a header', 'authorization: Bearer abcdefghijklmnop1234', 'authorization: Bearer [secret]'],
    ['a key of a cloud', `id ${'AKIA'}ABCDEFGHIJKLMNOP.`, 'id [secret].'],
    ['a token of a code host', `with ${'ghp_'}${'a1'.repeat(18)} set`, 'with [secret] set'],
    ['a signed token', `${'eyJ'}hbGciOiJIUzI1NiJ9.${'eyJ'}zdWIiOiIxIn0.c2lnbmF0dXJl`, '[secret]'],
    ['a private key', `${'-----BEGIN'} PRIVATE KEY-----\nMIIE\nabc\n-----END PRIVATE KEY-----`, '[secret]'],
  ])('%s is taken out', (_, text, expected) => {
    expect(createRedactor().redact(text)).toBe(expected)
  })

  it.each([
    'https://shop.internal:8443/health answered 200',
    'commit 3f786850e387550fdab836ed7e6dc881de23001b',
    'Basic checks passed; see http://a.b/c@d',
    'redis://cache:6379',
  ])('ordinary text stays: %s', (text) => {
    expect(createRedactor().redact(text)).toBe(text)
  })

  it('is looked for in time that grows with the text, not faster', () => {
    const text = `${'a'.repeat(50_000)}://${':'.repeat(50_000)}-----BEGIN PRIVATE KEY-----`.repeat(5)
    expect(createRedactor().redact(text)).toContain('[secret]')
  })
})

describe('variables that hold secrets by their name', () => {
  it('are found', () => {
    const env = { GITHUB_TOKEN: 'abc12345xyz', DB_PASSWORD: 'hunter2hunter2', npm_config_api_key: 'k3y-k3y-k3y' }
    expect(secretsByName(env)).toEqual(env)
  })

  it('are not guessed from words, numbers, paths and names that only mention one', () => {
    const env = {
      TOKEN_TTL_SECONDS: '86400 seconds',
      AUTH_MODE: 'disabled-1',
      SECRET: 'none',
      PUBLIC_KEY: 'ssh-ed25519 AAAA',
      A_TOKEN: '/run/secrets/a',
    }
    expect(secretsByName({ ...env, PASSWORD: 'password', PWD: '/home/x', B_SECRET: undefined })).toEqual({})
  })
})
