import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkContract, runCheck } from '../../../test/contracts/check-contract.ts'
import { ANSI } from '../../../test/servers/hostile.ts'
import { logScan } from './log-scan.ts'

const SECRET = 'log-very-secret'
let directory = ''
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'gonogo-logs-'))
})
afterAll(() => rmSync(directory, { recursive: true, force: true }))

let written = 0
/** A log of its own with these lines. */
const log = (lines: readonly string[], ending = 'log'): string => {
  const name = `log-${written++}.${ending}`
  const text = `${lines.join('\n')}\n`
  writeFileSync(join(directory, name), ending.endsWith('gz') ? gzipSync(text) : text)
  return name
}
const given = (options: object) => ({ options, context: { directory } })
const ask = (options: object) => runCheck(logScan, given(options))
const ago = (minutes: number): string => new Date(Date.now() - minutes * 60_000).toISOString()
const calm = ['INFO started', 'INFO 0 errors so far']

checkContract(logScan, {
  passing: () => given({ files: log(calm) }),
  failing: () => given({ files: log([...calm, 'ERROR no connection']) }),
  unverified: () => given({ files: 'no-such.log' }),
  slow: () => given({ command: ['node', '-e', 'setInterval(() => {}, 1000)'] }),
  unreachable: { status: 'unverified', case: () => given({ command: ['no-such-program-anywhere'] }) },
  hostile: {
    'escapes for terminals': { status: 'failed', case: () => given({ files: log([`ERROR ${ANSI}`]) }) },
    'a line without end': { status: 'unverified', case: () => given({ files: log(['x'.repeat(3_000_000)]) }) },
    'bytes that are no text': {
      status: 'passed',
      case: () => given({ command: ['node', '-e', 'process.stdout.write(Buffer.alloc(100_000, 0xfe))'] }),
    },
    'a pattern that backtracks without end': {
      status: 'unverified',
      case: () => given({ files: log([`${'a'.repeat(60)}b`]), pattern: '^(a+)+$' }),
    },
    'output without end': {
      status: 'unverified',
      case: () =>
        given({ command: ['node', '-e', 'for (;;) console.log("x".repeat(1e5))'], bytesMax: 1000, timeoutMs: 300 }),
    },
    'a small file that unpacks to a large one': {
      status: 'unverified',
      case: () => given({ files: log(['x\n'.repeat(2_000_000)], 'log.gz'), bytesMax: '10 kB' }),
    },
    'no gzip where it says so': {
      status: 'unverified',
      case: () => {
        writeFileSync(join(directory, 'odd.log.gz'), 'plain')
        return given({ files: 'odd.log.gz' })
      },
    },
  },
  secret: { value: SECRET, case: () => given({ command: ['node', '-e', 'process.exit(3)', SECRET] }) },
  mentions: () => ['log-', 'errors', 'at most 0'],
  recognises: {
    clear: [
      'No errors in `logs/shop.log`',
      'No critical errors in `/var/log/shop/app.log` in the last 30 minutes',
      '`journalctl -u shop -f` shows no errors',
      '`docker logs shop --since 10m` shows no exceptions',
    ],
    unclear: [
      'No errors in logs',
      'Log file is `logs/shop.log`',
      'No console errors in `app.log`',
      '`tail -f x | grep ERROR` shows no errors',
    ],
  },
})

describe('log-scan', () => {
  it('knows the usual words for trouble, and not their harmless use', async () => {
    const bad = [
      'level=error msg=x',
      '{"level":"fatal"}',
      '[error] 7#7: x',
      '2026-11-21 20:00:00 CRITICAL x',
      'Traceback (most recent call last):',
    ]
    expect(await ask({ files: log(bad) })).toMatchObject({
      measurements: expect.arrayContaining([{ name: 'matching lines', value: 5, unit: 'count' }]),
    })
    expect((await ask({ files: log(['0 errors', 'error_count=0', 'ERRORS_TOTAL 3']) })).status).toBe('passed')
  })

  it('leaves out what is ignored, and takes silence for no pass', async () => {
    expect((await ask({ files: log(['ERROR ECONNRESET']), ignored: ['ECONNRESET'] })).status).toBe('passed')
    expect((await ask({ files: log([]) })).status).toBe('unverified')
    expect((await ask({ files: log(calm), linesMin: 3 })).status).toBe('unverified')
  })

  it('judges only the newest stretch; lines without a time belong to the one before', async () => {
    const lines = [`${ago(50)} ERROR old`, '    at old.js:1', `${ago(5)} INFO new`, '    at new.js:1']
    const files = log(lines)
    expect(await ask({ files, lastMs: '30 min' })).toMatchObject({
      status: 'passed',
      summary: expect.stringContaining('0 of 2 lines'),
    })
    expect((await ask({ files, lastMs: '60 min' })).status).toBe('failed')
    expect((await ask({ files, since: ago(10) })).status).toBe('passed')
    expect((await ask({ files, lastMs: '1 min' })).status).toBe('unverified')
    expect((await ask({ files: log(calm), lastMs: '30 min' })).summary).toBe('no line says when it was written')
  })

  it('takes a rate over the time the lines span', async () => {
    const lines = Array.from({ length: 11 }, (_, minute) => `${ago(10 - minute)} ${minute % 2 ? 'ERROR' : 'INFO'}`)
    expect((await ask({ files: log(lines), ratePerMinuteMax: 1 })).status).toBe('passed')
    expect(await ask({ files: log(lines), ratePerMinuteMax: 0.2 })).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining('0.5 a minute'),
    })
    expect((await ask({ files: log(['ERROR']), ratePerMinuteMax: 1 })).status).toBe('unverified')
  })

  it('compares with the stretch before, where the log reaches back that far', async () => {
    const every = (from: number, to: number, step: number): string[] =>
      Array.from({ length: Math.floor((from - to) / step) }, (_, index) => `${ago(from - index * step)} ERROR`)
    const options = { lastMs: '10 min', baselineMs: '60 min' }
    expect((await ask({ files: log([...every(70, 10, 2), ...every(10, 0, 2)]), ...options })).status).toBe('passed')
    expect(await ask({ files: log([...every(70, 10, 2), ...every(10, 0, 0.5)]), ...options })).toMatchObject({
      status: 'failed',
      summary: expect.stringMatching(/before it was 0\.5/),
    })
    expect((await ask({ files: log(every(20, 0, 2)), ...options })).status).toBe('unverified')
  })

  it('looks at long lines, and says when one is too long to be called calm', async () => {
    const long = 'x'.repeat(20_000)
    expect((await ask({ files: log([`INFO ${long} ERROR at the end`]) })).status).toBe('failed')
    const json = log([JSON.stringify({ msg: long, level: 'error' })])
    expect((await ask({ files: json, json: { level: 'error' } })).status).toBe('failed')
    const longer = log(['INFO', `INFO ${'x'.repeat(400_000)} ERROR at the end`])
    expect(await ask({ files: longer })).toMatchObject({
      status: 'unverified',
      summary: '0 of 2 lines match, but 1 line is too long to look at',
    })
    expect((await ask({ files: longer, pattern: '^INFO', countMin: 3 })).status).toBe('failed')
    expect((await ask({ files: longer, pattern: 'at the end$', countMin: 1 })).status).toBe('unverified')
  })

  it('reads what shells of Windows wrote, from its end too', async () => {
    const name = log([])
    writeFileSync(join(directory, name), Buffer.from('\uFEFFINFO started\r\nERROR boom\r\n', 'utf16le'))
    expect((await ask({ files: name })).status).toBe('failed')
    expect((await ask({ files: name, bytesMax: 31 })).status).toBe('failed')
  })

  it.each(['TypeError: x is not a function', 'java.lang.IllegalStateException: no', '2026-11-21 10:00:00 error: no'])(
    'takes "%s" for trouble',
    async (line) => expect((await ask({ files: log([...calm, line]) })).status).toBe('failed'),
  )

  it('tells a log that was silent from one without times', async () => {
    const silent = log(calm)
    utimesSync(join(directory, silent), 1000, 1000)
    expect(await ask({ files: silent, lastMs: '1 h' })).toMatchObject({
      status: 'unverified',
      summary: '0 of 0 lines match in 1 h: at least 1 line wanted to judge by',
    })
  })

  it('reads fields of JSON lines', async () => {
    const files = log([
      JSON.stringify({ level: 50, time: Date.now(), http: { status: 500 } }),
      JSON.stringify({ level: 30, time: Date.now(), http: { status: 200 }, msg: 'level 50' }),
    ])
    const count = async (json: object) => (await ask({ files, json, countMax: 9 })).measurements[0]?.value
    expect(await count({ level: 50 })).toBe(1)
    expect(await count({ level: { min: 30 } })).toBe(2)
    expect(await count({ level: [40, 50], 'http.status': 200 })).toBe(0)
    expect((await ask({ files: log(calm), json: { level: 50 } })).status).toBe('unverified')
  })

  it('reads rotated and compressed files, the newest first, and says when that is not all', async () => {
    const [old, older] = [log(['ERROR old'], 'rotated.1.gz'), log([...calm], 'rotated')]
    utimesSync(join(directory, old), 1000, 1000)
    expect((await ask({ files: '*rotated*' })).status).toBe('failed')
    expect((await ask({ files: [old, older], lastMs: '1 h' })).summary).toBe('no line says when it was written')
    expect(
      (await ask({ files: log(Array.from({ length: 100 }, () => 'INFO fine')), bytesMax: 100 })).summary,
    ).toContain('longer than was read')
    const newest = log([...Array.from({ length: 100 }, () => `${ago(90)} ERROR`), `${ago(5)} INFO`, `${ago(1)} INFO`])
    expect((await ask({ files: newest, bytesMax: 130, lastMs: '30 min' })).status).toBe('passed')
  })

  it('reads the output of a program, both of its streams', async () => {
    expect((await ask({ command: ['node', '-e', 'console.error("ERROR x")'] })).status).toBe('failed')
    expect((await ask({ command: ['node', '-e', 'console.log("fine"); process.exit(1)'] })).status).toBe('unverified')
  })

  it('wants lines that must be there', async () => {
    expect((await ask({ files: log(calm), pattern: 'started', countMin: 1 })).status).toBe('passed')
    expect((await ask({ files: log(calm), pattern: 'migrated', countMin: 1 })).status).toBe('failed')
  })
})
