// JUnit's XML, as a hundred tools write it: what is counted and what is claimed, whichever is worse.
import { Unreadable } from '../report-file.ts'
import { figure, parseXml, type XmlElement } from '../xml.ts'
import { addTallies, type TestTally } from './tally.ts'

/** @throws Unreadable where it is no such report. */
export async function readJunit(path: string, text: string): Promise<TestTally> {
  const root = await parseXml(path, text)
  if (root.name !== 'testsuites' && root.name !== 'testsuite') throw new Unreadable(`${path} is not a report of JUnit`)
  return suiteTally(root)
}

/**
 * A suite that did not start has no case but says `errors="1"`: of cases and attributes the larger figure counts. Attributes of a suite
 * may or may not hold those of the suites in it, so they are compared, not added.
 */
function suiteTally(suite: XmlElement): TestTally {
  const inner = suite.children.filter(({ name }) => name === 'testsuite').map(suiteTally)
  const cases = suite.children.filter(({ name }) => name === 'testcase').map(caseTally)
  const counted = addTallies([...inner, ...cases])
  const claimed = (name: string): number => figure(suite, name) ?? 0
  return {
    tests: Math.max(counted.tests, claimed('tests')),
    failed: Math.max(counted.failed, claimed('failures') + claimed('errors')),
    skipped: Math.max(counted.skipped, claimed('skipped'), claimed('disabled')),
    failures: counted.failures,
  }
}

function caseTally(testcase: XmlElement): TestTally {
  const has = (...names: string[]): boolean => testcase.children.some(({ name }) => names.includes(name))
  const failed = has('failure', 'error')
  const { classname, name = 'a test without a name' } = testcase.attributes
  return {
    tests: 1,
    failed: failed ? 1 : 0,
    skipped: !failed && (has('skipped') || testcase.attributes['status'] === 'notrun') ? 1 : 0,
    failures: failed ? [classname ? `${classname}: ${name}` : name] : [],
  }
}
