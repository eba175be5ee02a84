import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { excerpt, lastLine } from './excerpt.ts'
import { findShell, quoteWord } from './shell.ts'

describe('shell text', () => {
  it('quotes anything as one word', () => {
    const text = `it's $HOME "and" \`date\`\n\\ end`
    expect(execFileSync('sh', ['-c', `printf %s ${quoteWord(text)}`], { encoding: 'utf8' })).toBe(text)
  })

  it('falls back to sh where there is no bash', () => {
    expect(findShell({ PATH: '/nonexistent' })).toBe('sh')
  })
})

describe('excerpts', () => {
  it('keeps the beginning and the end and says what is missing', () => {
    expect(excerpt('abcdefghij', 4)).toBe('ab\n[... 6 characters left out ...]\nij')
    expect(excerpt('abcd', 4)).toBe('abcd')
  })

  it('finds the last line that says something', () => {
    expect(lastLine('first\n  last one \n\n')).toBe('last one')
    expect(lastLine('')).toBe('')
  })
})
