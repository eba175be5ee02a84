import { describe, expect, it } from 'vitest'
import { cut, displayWidth, padTo, plainLine, wrap } from './display-width.ts'

describe('display width', () => {
  it.each([
    ['plain', 5],
    ['größer', 6],
    ['e\u0301', 1],
    ['確認', 4],
    ['서버', 4],
    ['🚀 go', 5],
    ['⚠️', 2],
    ['👩‍💻', 2],
    ['≥ 5 %', 5],
    ['“ok” – yes', 10],
  ])('%j takes %i columns', (text, width) => {
    expect(displayWidth(text)).toBe(width)
    expect(displayWidth(padTo(text, 12))).toBe(12)
  })

  it('cuts to columns, never through a character', () => {
    expect(cut('abcdef', 6)).toBe('abcdef')
    expect(cut('abcdefg', 6)).toBe('abcde…')
    expect(cut('デプロイ確認', 6)).toBe('デプ…')
    expect(cut('デプロイ確認', 12)).toBe('デプロイ確認')
    expect(displayWidth(cut('👩‍💻👩‍💻👩‍💻', 5))).toBeLessThanOrEqual(5)
    expect(cut('abc', 0)).toBe('')
  })

  it('wraps between words, and inside them where there is no other way', () => {
    expect(wrap('error rate above five percent', 12)).toEqual(['error rate', 'above five', 'percent'])
    expect(wrap('本番環境の健全性を確認', 8)).toEqual(['本番環境', 'の健全性', 'を確認'])
    for (const line of wrap(`see https://a.example/${'x'.repeat(50)} there`, 20))
      expect(displayWidth(line)).toBeLessThanOrEqual(20)
  })

  it('takes away what would steer a terminal', () => {
    expect(plainLine('red \u001B[31malert\u0007\n next\u202E line ')).toBe('red [31malert next line')
  })
})
