import { describe, expect, it } from 'vitest'
import { expectationOfOutput, readExpectation, readSentence } from './expectations.ts'

const read = (words: string, script = 'bin/look', bare = false) => {
  const found = readExpectation(words, { script }, { bare })
  return found && (found.value === null ? found.kind : `${found.kind} ${found.value}`)
}

describe('what a comment says a command prints', () => {
  it.each<[string, string | null]>([
    ['Should return no results', 'empty'],
    ['should be empty', 'empty'],
    ['no output expected', 'empty'],
    ['Expected: nothing', 'empty'],
    ['expected result: no matches', 'empty'],
    ['Expected: 100', 'equals 100'],
    ['Expected output: `ok`', 'equals ok'],
    ['should be `0 0`', 'equals 0 0'],
    ['→ 3', 'equals 3'],
    ['=> 12', 'equals 12'],
    ['Count the backlog (should be 0)', 'equals 0'],
    ['should contain "ready"', 'contains ready'],
    ['must include NOERROR', 'contains NOERROR'],
    ['Should print PONG', 'contains PONG'],
    ['Expected: {"state":"up"}', 'contains {"state":"up"}'],
    ['Output: healthy', 'contains healthy'],
    ['should return 3 rows', 'count 3'],
    ['should return no rows', 'empty'],
    ['should be > 0', 'compare > 0'],
    ['expects at least 3', 'compare >= 3'],
    ['must be fewer than 1,000', 'compare < 1000'],
    ['should exit 0', 'exit 0'],
    ['should succeed', 'exit 0'],
    ['should show all replicas running', 'described'],
    ['All pods should be Running', 'described'],
    ['should not contain errors', 'described'],
    ['must be less than 80%', 'described'],
    ['Should resolve', 'described'],
    // Words that only sound like it.
    ['Build the images', null],
    ['Returns the list of pods', null],
    ['expected downtime calculated', null],
    ['will take 5 minutes', null],
    ['Show the version', null],
    ['Output directory', null],
  ])('%s', (words, expected) => expect(read(words)).toBe(expected))

  it('takes a number for a status only where something is fetched', () => {
    expect(read('should return 200', 'curl localhost/ready')).toBe('status 200')
    expect(read('Expected: HTTP 200 OK', 'curl localhost/ready')).toBe('status 200')
    expect(read('should return 200', 'psql -c "select n from t"')).toBe('equals 200')
    expect(readExpectation('should return 404', { script: 'curl -f localhost/old' })?.exitCodes).toEqual([0, 22])
  })

  it('lets a search that rightly finds nothing exit 1', () => {
    expect(readExpectation('should be empty', { script: 'cat app.log | grep FATAL' })?.exitCodes).toEqual([0, 1])
    expect(readExpectation('should be 0', { script: 'grep -c FATAL app.log' })?.exitCodes).toEqual([0, 1])
    expect(readExpectation('should be empty', { script: 'git status --short' })?.exitCodes).toEqual([0])
    expect(readExpectation('should be empty', { script: 'grep FATAL app.log | sort' })?.exitCodes).toEqual([0])
  })

  it('needs no cue where a table says that it is one', () => {
    expect(read('200 OK', 'curl localhost', true)).toBe('status 200')
    expect(read('`PONG`', 'redis-cli ping', true)).toBe('equals PONG')
    expect(read('every node Ready', 'kubectl get nodes', true)).toBe('described')
    expect(read('every node Ready', 'kubectl get nodes')).toBeNull()
  })
})

describe('what a sentence says behind inline code', () => {
  it.each<[string, string | null]>([
    [' is `0 0`', 'equals 0 0'],
    [' returns `ok`', 'equals ok'],
    [' (should be empty)', 'empty'],
    [' → 3', 'equals 3'],
    [' contains `ready`', 'contains ready'],
    [' shows every node as Ready', null],
    [' is running', null],
    [' passes', null],
    ['', null],
  ])('%j', (after, expected) => {
    const found = readSentence(after, { script: 'bin/look' })
    expect(found && (found.value === null ? found.kind : `${found.kind} ${found.value}`)).toBe(expected)
  })
})

describe('a block of expected output', () => {
  const block = (text: string, announcement = 'Expected output:') =>
    expectationOfOutput(text, announcement, { script: 'curl -i localhost' })

  it('is looked for where it is one line or JSON', () => {
    expect(block('ok\n')).toMatchObject({ kind: 'equals', value: 'ok' })
    expect(block('{\n "state": "up"\n}')).toMatchObject({ kind: 'contains' })
    expect(block('HTTP/1.1 204 No Content')).toMatchObject({ kind: 'status', value: '204' })
  })

  it('is for a person to compare where it is longer, shortened or only a sample', () => {
    expect(block('NAME READY\nweb 1/1')).toMatchObject({ kind: 'described' })
    expect(block('version 1...')).toMatchObject({ kind: 'described' })
    expect(block('ok', 'Example output:')).toMatchObject({ kind: 'described' })
  })
})
