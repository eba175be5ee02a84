import { expect, it } from 'vitest'
import { checkedRelease } from './checked.fixture.ts'
import { renderCheckedJunit } from './checked-junit.ts'

it('has a suite for each phase, where only what passed is green', () => {
  const xml = renderCheckedJunit(checkedRelease())
  expect(xml).toContain('<testsuites name="shop" tests="6" failures="2" errors="2" skipped="1"')
  expect(xml).toContain('<testsuite name="Before" tests="5" failures="1" errors="2" skipped="1"')
  expect(xml).toMatch(
    /name="Health, 50%: ok" time="0\.012">\s*<failure message="status 500,&#10;not 200: 100% wrong"\/>/,
  )
  expect(xml).toMatch(/name="The moon is up" time="0\.000">\s*<error message="nobody said how to verify it"\/>/)
  expect(xml).toMatch(/classname="Guards" name="Error rate" time="0\.000">\s*<failure /)
})
