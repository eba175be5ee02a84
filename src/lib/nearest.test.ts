import { expect, it } from 'vitest'
import { nearest } from './nearest.ts'

it('finds the word that was meant: one letter off in a short one, a few in a long one', () => {
  expect(nearest('chek', ['action', 'check'])).toBe('check')
  expect(nearest('releese-manger', ['dba', 'release-manager'])).toBe('release-manager')
  expect(nearest('Traffic', ['traffic'])).toBe('traffic')
})

it('takes two neighbours that changed places for one slip', () => {
  expect(nearest('ulr', ['url', 'body'])).toBe('url')
})

it('says nothing where nothing is near', () => {
  expect(nearest('kubernetes', ['process-group'])).toBeNull()
  expect(nearest('ab', ['xy'])).toBeNull()
  expect(nearest('x', [])).toBeNull()
})
