import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { describe, expect, it } from 'vitest'
import { PlanError } from '../lib/errors.ts'
import { addBindings } from './edit.ts'

const disk = { check: 'disk', with: { path: '.', freeBytesMin: '1 GB' } }

describe('bindings are added as a person would', () => {
  it('below the last one, in its indentation, and every other byte stays as it is', () => {
    const text = `# ours
service:   shop   # odd spacing stays

bindings:
    # machine
    a/b-1111: {check: env,   with: { present: [HOME] } } # why

    # Ends here
guards: {}
`
    const changed = addBindings(text, { 'machine/disk-2222': disk })
    expect(changed).toBe(
      text.replace('# why\n', '# why\n    machine/disk-2222: { check: disk, with: { path: ., freeBytesMin: 1 GB } }\n'),
    )
  })

  it.each([
    ['an empty map', 'service: a\nbindings: {} # none yet\nguards: {}\n'],
    ['nothing behind the key', 'service: a\nbindings:\nguards: {}\n'],
    ['nothing behind the key, at the end, without a line break', 'service: a\nbindings:'],
    ['no such key', 'service: a\n'],
    ['no such key and no line break', 'service: a'],
    ['a nested block', 'service: a\nbindings:\n  x/y:\n    check: env\n    with:\n      present: [A]\n# end\n'],
    ['a text of several lines', 'service: a\nbindings:\n  x/y:\n    skip: |\n      one\n      two\nguards: {}\n'],
    ['braces', 'service: a\nbindings: { x/y: { skip: no } } # ours\n'],
    ['Windows line ends', 'service: a\r\nbindings:\r\n  x/y: { skip: no }\r\nguards: {}\r\n'],
  ])('where there is %s', (_, text) => {
    const changed = addBindings(text, { 'd/disk': disk, 'd/sign-off': { poll: 'dba' } })
    const before = parse(text) as { bindings?: Record<string, unknown> | null }
    expect(parse(changed)).toEqual({
      ...before,
      bindings: { ...before.bindings, 'd/disk': disk, 'd/sign-off': { poll: 'dba' } },
    })
    for (const comment of text.match(/#.*/g) ?? []) expect(changed).toContain(comment)
    expect(changed.includes('\r\n')).toBe(text.includes('\r\n'))
    if (text.includes('\r\n')) expect(changed).not.toMatch(/[^\r]\n/)
  })

  it('over several lines where one would be too long, and with quotes where YAML wants them', () => {
    const shell = 'node -e "process.exit(0)" && ' + 'x'.repeat(120)
    const changed = addBindings('service: a\n', { 'a/long': { check: 'command', with: { shell } }, 'yes: no': disk })
    expect(Math.max(...changed.split('\n').map((line) => line.length))).toBeLessThan(180)
    expect(parse(changed)).toMatchObject({ bindings: { 'a/long': { with: { shell } }, 'yes: no': disk } })
  })

  it('never in place of one that is there', () => {
    const text = 'bindings:\n  a/b: { skip: ours }\n'
    expect(addBindings(text, { 'a/b': disk })).toBe(text)
  })

  it('not into what is no YAML', () => {
    expect(() => addBindings('bindings: [', { 'a/b': disk })).toThrow(PlanError)
  })

  it('into the example, whose other bytes stay as they are', () => {
    const text = readFileSync(new URL('../../examples/knowledge-graph/gonogo.yaml', import.meta.url), 'utf8')
    const changed = addBindings(text, { 'new/item-1234': { poll: 'dba' } })
    expect(changed.replace('  new/item-1234: { poll: dba }\n', '')).toBe(text)
    expect(changed).not.toBe(text)
  })
})
