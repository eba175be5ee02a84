// For tests: what a check came to, with words that mean harm to every form of the report.
import type { CheckedItem, CheckedRelease } from './checked.ts'

const ITEM: CheckedItem = {
  id: 'before/disk-k2fa',
  line: 12,
  phase: 'Before',
  text: 'At least 5 GB free',
  label: null,
  check: 'disk',
  status: 'passed',
  summary: 'free 82.1 GB, at least 5 GB wanted',
  remedy: null,
  measurements: [],
  durationMs: 12.4,
}

/** An item like any other, but for this. */
export const checkedItem = (change: Partial<CheckedItem>): CheckedItem => ({ ...ITEM, ...change })

/** One item of each status, one that nobody bound and a guard that cannot turn red. */
export const checkedRelease = (change: Partial<CheckedRelease> = {}): CheckedRelease => ({
  service: 'shop',
  environment: 'production',
  file: 'docs/RELEASE CHECKLIST.md',
  version: '1.2.3',
  startedAt: Date.UTC(2026, 10, 21, 10, 15),
  endedAt: Date.UTC(2026, 10, 21, 10, 15, 4),
  cancelled: false,
  verdict: { word: 'NO-GO', exitCode: 1 },
  items: [
    checkedItem({}),
    checkedItem({
      id: 'before/health-9xqe',
      line: 14,
      text: 'Health, 50%: ok',
      check: 'http',
      status: 'failed',
      summary: 'status 500,\r\nnot 200: 100% wrong',
      remedy: 'read its log',
    }),
    checkedItem({ id: 'before/scan-p2xv', line: 15, check: 'http', status: 'unverified', summary: 'no answer' }),
    checkedItem({ id: 'before/beta-c6wd', line: 16, status: 'skipped', summary: 'only for beta' }),
  ],
  unbound: [{ id: 'before/moon-h7ro', line: 18, phase: 'Before', text: 'The moon is up' }],
  blindGuards: [{ id: 'errors', title: 'Error rate', line: null, sentence: 'no: it never trips' }],
  kinds: [
    { id: 'disk', summary: 'compares free space', remedy: 'free some' },
    { id: 'http', summary: 'asks an address', remedy: 'look at the service' },
  ],
  ...change,
})
