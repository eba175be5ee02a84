import { describe, expect, it } from 'vitest'
import { ClusterIndex } from './cluster-index.ts'
import { nouns } from './cluster.ts'
import { keyOf, keysOf } from './head-nouns.ts'

const keys = (noun: string) => keysOf(noun)?.toSorted() ?? null

describe('the key of a phrase', () => {
  it('is the first letters of its last word', () => {
    expect(keyOf('disk space')).toBe('spa')
    expect(keyOf('blue/green')).toBe('gre')
    expect(keyOf('go-live')).toBe('liv')
    expect(keyOf('ux')).toBe('ux')
  })
})

describe('the keys of a noun', () => {
  it('are those of every phrase it may end', () => {
    expect(keys('error rates?')).toEqual(['rat'])
    expect(keys('ips?')).toEqual(['ip', 'ips'])
    expect(keys('polic(?:y|ies)')).toEqual(['pol'])
    expect(keys('(?:disk |free )*space')).toEqual(['spa'])
    expect(keys('queues?(?: depth| length)?')).toEqual(['dep', 'len', 'que'])
    expect(keys('back-?ups?')).toEqual(['bac', 'up', 'ups'])
    expect(keys('[an]lb')).toEqual(['alb', 'nlb'])
    expect(keys('sync\\w*')).toEqual(['syn'])
    expect(keys('robots\\.txt')).toEqual(['rob'])
  })

  it('are not told where any word may stand last', () => {
    expect(keys('service level \\w+')).toBeNull()
    expect(keys('permission from .*')).toBeNull()
    expect(keys('[\\w-]+\\.md')).toBeNull()
  })

  it('are not told of patterns that are not understood', () => {
    expect(keys('a(?=b)')).toBeNull()
    expect(keys('a{2}')).toBeNull()
    expect(keys('(?:a')).toBeNull()
  })
})

it('an index finds the clusters in their order, with the longest noun of each', () => {
  const parts = { name: 'parts', subject: nouns`wheels?, spare wheels?, ^tyre` }
  const stock = { name: 'stock', subject: nouns`spare \w+, lists?` }
  const index = new ClusterIndex([parts, stock])
  const found = (phrase: string) => index.matches(phrase).map(({ cluster, length }) => [cluster.name, length])
  expect(found('four spare wheels')).toEqual([
    ['parts', 12],
    ['stock', 12],
  ])
  expect(found('cartwheels')).toEqual([])
  expect(found('spare bolts')).toEqual([['stock', 11]])
  expect(found('tyre')).toEqual([['parts', 4]])
  expect(found('old tyre')).toEqual([])
  expect(found('')).toEqual([])
})
