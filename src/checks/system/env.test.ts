import { describe, expect, it } from 'vitest'
import { checkContract, itemOf, runCheck } from '../../../test/contracts/check-contract.ts'
import { env } from './env.ts'

const SECRET = 'postgres://app:tell-nobody@db/app'
const context = { env: { DATABASE_URL: SECRET, NODE_ENV: 'production', EMPTY: '' } }

checkContract(env, {
  passing: () => ({
    options: { present: ['DATABASE_URL'], absent: ['DEBUG'], matching: { NODE_ENV: '^production$' } },
    context,
  }),
  failing: () => ({ options: { present: ['DATABASE_URL', 'API_KEY'] }, context }),
  hostile: {
    'escapes for terminals in what is set': {
      status: 'failed',
      case: () => ({
        options: { matching: { NODE_ENV: '^production$' } },
        context: { env: { NODE_ENV: '\u001b[2Jproduction' } },
      }),
    },
    'names that objects have of themselves': {
      status: 'failed',
      case: () => ({ options: { present: ['constructor', 'toString'] }, context }),
    },
  },
  secret: {
    value: SECRET,
    case: () => ({ options: { absent: ['DATABASE_URL'], matching: { DATABASE_URL: '^mysql:' } }, context }),
  },
  mentions: () => ['DATABASE_URL', 'DEBUG', 'NODE_ENV'],
  recognises: {
    clear: [
      '`DATABASE_URL` and `REDIS_URL` are set',
      '`NODE_ENV=production`',
      { label: 'API_KEY', text: 'configured' },
      '`SESSION_SECRET` (required)',
      '`MAIL_HOST`, `MAIL_PORT`',
      '`NODE_ENV` is set to `production`',
    ],
    unclear: [
      'Archive mounted if `ARCHIVE_ENABLED=true`',
      'Test with `APP_ENV=staging docker compose up`',
      'Validate all required environment variables are set',
      'DEBUG_MODE is not set',
      'DATABASE_URL rotated',
      '`API_KEY` set in GitHub Actions',
      '`API_KEY=your_key_here`',
      '`MAX_RETRIES` retries are made',
    ],
  },
})

describe('env', () => {
  it('names everything that is wrong, not only the first', async () => {
    const options = { present: ['API_KEY', 'EMPTY'], absent: ['NODE_ENV'], matching: { DATABASE_URL: '^mysql:' } }
    expect((await runCheck(env, { options, context })).summary).toBe(
      'API_KEY is not set; EMPTY is not set; NODE_ENV is set and should not be; DATABASE_URL does not match /^mysql:/',
    )
  })

  it('wants at least one variable, and patterns that are patterns', () => {
    expect(env.options.safeParse({}).success).toBe(false)
    expect(env.options.safeParse({ matching: { NODE_ENV: '(' } }).success).toBe(false)
  })

  it.each([
    ['Set NODE_ENV=production.', { matching: { NODE_ENV: '^production$' } }],
    ['**LOG_LEVEL**: Set to "info"', { matching: { LOG_LEVEL: '^info$' } }],
    ['POOL_MAX: Set to 100', { matching: { POOL_MAX: '^100$' } }],
    ['`LOG_LEVEL` - Set to `INFO` or `WARNING`', { present: ['LOG_LEVEL'] }],
  ])('proposes for %j what the words give', (text, options) => {
    expect(env.recognise?.(itemOf(text))?.options).toEqual(options)
  })
})
