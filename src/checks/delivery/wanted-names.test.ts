import { describe, expect, it } from 'vitest'
import { missingNames } from './wanted-names.ts'

describe('wanted names', () => {
  it.each<[string, string, boolean]>([
    ['shop.zip', 'shop.zip', true],
    ['shop.zip', 'shop', false],
    ['shop-1.4.tgz', 'shop-*.tgz', true],
    ['shop-.tgz', 'shop-*.tgz', true],
    ['shop.tgz', 'shop-*.tgz', false],
    ['ab', 'ab*b', false],
    ['a-linux-x64.zip', 'a*linux*64*', true],
    ['a-x64-linux', 'a*linux*64*', false],
    ['anything', '*', true],
  ])('%s is named by %s: %s', (name, pattern, isNamed) => {
    expect(missingNames([pattern], [name])).toEqual(isNamed ? [] : [pattern])
  })
})
