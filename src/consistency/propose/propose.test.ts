// Four databases as teams have them: everything that is proposed is right there, and nothing that only looks like a rule is.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { inProcess } from '../compare/in-process.fixture.ts'
import type { ProposedRule } from './proposed-rule.ts'
import { proposeRules } from './propose.ts'
import { rulesYaml } from './rules-yaml.ts'

const NOW = Date.parse('2026-11-21T12:00:00Z')
let directory = ''
let made = 0
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'gonogo-propose-'))
})
afterAll(() => rmSync(directory, { recursive: true, force: true }))

async function proposed(sql: string): Promise<ProposedRule[]> {
  const file = join(directory, `${made++}.db`)
  using database = new DatabaseSync(file, { enableForeignKeyConstraints: false })
  database.exec(sql)
  return proposeRules(inProcess(file), { now: NOW, signal: AbortSignal.timeout(30_000) })
}

/** `name: violations`, those that the database keeps to in brackets. */
const summary = (rules: readonly ProposedRule[]): string[] =>
  rules.map(({ name, violations, isEnforced }) => (isEnforced ? `(${name})` : `${name}: ${violations}`)).toSorted()

const optionsOf = (rules: readonly ProposedRule[], name: string) => rules.find((rule) => rule.name === name)?.options

const series = (count: number): string =>
  `WITH RECURSIVE s (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s WHERE i < ${count})`

describe('proposed rules', () => {
  it('of a shop', async () => {
    const rules = await proposed(`
      CREATE TABLE customers (id INTEGER PRIMARY KEY, email TEXT NOT NULL UNIQUE, name TEXT, orders_count INTEGER DEFAULT 0, status TEXT, credit_score REAL);
      CREATE TABLE addresses (id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL, city TEXT, latitude REAL, longitude REAL);
      CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER REFERENCES customers (id), billing_address_id INTEGER, coupon_id INTEGER,
        state TEXT CHECK (state IN ('open', 'paid', 'sent')), total REAL CHECK (total >= 0), discount_percent REAL, created_at TEXT);
      CREATE TABLE products (id INTEGER PRIMARY KEY, sku TEXT, name TEXT, product_type TEXT, rating REAL, view_count INTEGER);
      CREATE TABLE order_items (order_id INTEGER REFERENCES orders, product_id INTEGER REFERENCES products, quantity INTEGER, PRIMARY KEY (order_id, product_id));
      ${series(200)} INSERT INTO customers SELECT i, 'c' || i || '@example.org', 'C ' || i, 1, CASE WHEN i = 7 THEN 'actve' WHEN i % 3 THEN 'active' ELSE 'blocked' END, 300 + i FROM s;
      ${series(200)} INSERT INTO addresses SELECT i, i, 'city ' || i, -45.5 + i / 10.0, i / 2.0 FROM s;
      ${series(200)} INSERT INTO orders SELECT i, CASE WHEN i = 200 THEN 999 ELSE i END, i, i % 5 + 1, 'paid', i, i % 60, '2026-01-01' FROM s;
      ${series(200)} INSERT INTO products SELECT i, CASE WHEN i < 3 THEN 'same' ELSE 'sku-' || i END, 'P', 'type ' || i, i % 6, i FROM s;
      INSERT INTO order_items VALUES (1, 1, 2), (2, 500, 1);
      UPDATE customers SET orders_count = 5 WHERE id = 9`)
    expect(summary(rules)).toEqual(
      [
        '(customers-email-unique)',
        'addresses-customer-id-reference: 0',
        'addresses-latitude-range: 0',
        'addresses-longitude-range: 0',
        'customers-email-regex: 0',
        'customers-orders-count-aggregate-equals: 2',
        'customers-orders-count-range: 0',
        'customers-status-enum: 1',
        'order-items-order-id-reference: 0',
        'order-items-product-id-reference: 1',
        'orders-billing-address-id-reference: 0',
        'orders-customer-id-reference: 1',
        'orders-discount-percent-range: 0',
        'orders-state-enum: 0',
        'orders-total-range: 0',
        'products-sku-duplicate-groups: 1',
        'products-view-count-range: 0',
        'order-items-order-id-not-null: 0',
        'order-items-product-id-not-null: 0',
      ].toSorted(),
    )
    expect(optionsOf(rules, 'customers-status-enum')).toEqual({
      column: 'customers.status',
      values: ['active', 'blocked'],
    })
    expect(optionsOf(rules, 'orders-billing-address-id-reference')).toEqual({
      column: 'orders.billing_address_id',
      references: 'addresses.id',
    })
  })

  it('of a blog', async () => {
    const rules = await proposed(`
      CREATE TABLE people (id INTEGER PRIMARY KEY, handle TEXT);
      CREATE TABLE categories (id INTEGER PRIMARY KEY, parent_id INTEGER, slug TEXT);
      CREATE TABLE posts (id INTEGER PRIMARY KEY, author_id INTEGER, person_id INTEGER, category_id TEXT, slug TEXT, site_id INTEGER, comments_count INTEGER, content_type TEXT, published_at TEXT);
      CREATE TABLE comments (id INTEGER PRIMARY KEY, post_id INTEGER, commentable_id INTEGER, commentable_type TEXT, body TEXT);
      ${series(100)} INSERT INTO people SELECT i, 'h' || i FROM s;
      ${series(100)} INSERT INTO categories SELECT i, CASE WHEN i = 1 THEN NULL WHEN i = 5 THEN 6 WHEN i = 6 THEN 5 ELSE 1 END, 'slug-' || i FROM s;
      ${series(100)} INSERT INTO posts SELECT i, i, i, 'c' || i, 'same', 1, 0, 'text/html', '2020-01-01' FROM s;
      ${series(100)} INSERT INTO comments SELECT i, i, i, 'Post', 'x' FROM s;
      UPDATE posts SET comments_count = 1 WHERE id < 95`)
    expect(summary(rules)).toEqual([
      'categories-parent-id-acyclic: 2',
      'categories-parent-id-reference: 0',
      'comments-post-id-reference: 0',
      'posts-comments-count-aggregate-equals: 6',
      'posts-comments-count-range: 0',
      'posts-person-id-reference: 0',
    ])
  })

  it('of a graph', async () => {
    const rules = await proposed(`
      CREATE TABLE entities (id INTEGER PRIMARY KEY, kind TEXT, confidence REAL, semantic_id TEXT);
      CREATE TABLE relationships (id INTEGER PRIMARY KEY, source_id INTEGER, target_id INTEGER, type TEXT, confidence REAL CHECK (confidence BETWEEN 0 AND 1), weight REAL, semantic_id TEXT,
        FOREIGN KEY (source_id) REFERENCES entities (id), FOREIGN KEY (target_id) REFERENCES entities (id));
      CREATE TABLE evidence (id INTEGER PRIMARY KEY, relationship_id INTEGER, score REAL, status INTEGER);
      CREATE VIEW strong AS SELECT * FROM relationships WHERE confidence > 0.9;
      ${series(1000)} INSERT INTO entities SELECT i, CASE i % 3 WHEN 0 THEN 'person' WHEN 1 THEN 'place' ELSE 'thing' END, CASE WHEN i < 4 THEN 1.5 ELSE i / 1000.0 END, 'e' || i FROM s;
      ${series(1000)} INSERT INTO relationships SELECT i, i, CASE WHEN i < 6 THEN 5000 ELSE i END, 'knows', 0.5, i, CASE WHEN i < 5 THEN 'r' ELSE 'r' || i END FROM s;
      ${series(1000)} INSERT INTO evidence SELECT i, i + 2, i / 1000.0, 1 FROM s`)
    expect(summary(rules)).toEqual([
      'entities-confidence-range: 3',
      'entities-kind-enum: 0',
      'entities-semantic-id-duplicate-groups: 0',
      'evidence-relationship-id-reference: 2',
      'evidence-score-range: 0',
      'relationships-confidence-range: 0',
      'relationships-semantic-id-duplicate-groups: 1',
      'relationships-source-id-reference: 0',
      'relationships-target-id-reference: 5',
      'relationships-type-enum: 0',
    ])
  })

  it('of a queue', async () => {
    const at = (seconds: string): string => `strftime('%Y-%m-%dT%H:%M:%SZ', ${NOW / 1000} - (${seconds}), 'unixepoch')`
    const rules = await proposed(`
      CREATE TABLE workers (id TEXT PRIMARY KEY, last_seen_at TEXT);
      CREATE TABLE jobs (id INTEGER PRIMARY KEY, worker_id TEXT, uuid TEXT UNIQUE, status TEXT NOT NULL, priority INTEGER, created_at TEXT NOT NULL, finished_at TEXT, attempts INTEGER CHECK (attempts >= 0 AND attempts < 10));
      CREATE TABLE old_events (id INTEGER PRIMARY KEY, job_id INTEGER, created_at INTEGER);
      CREATE TABLE events (id INTEGER PRIMARY KEY, job_id INTEGER, recorded_at INTEGER, payload TEXT);
      INSERT INTO workers VALUES ('w1', NULL), ('w2', NULL);
      ${series(300)} INSERT INTO jobs SELECT i, 'w' || (i % 2 + 1), 'u' || i, CASE i % 4 WHEN 0 THEN 'failed' ELSE 'done' END, i, ${at('(300 - i) * 20')}, NULL, i % 3 FROM s;
      ${series(300)} INSERT INTO old_events SELECT i, i, 1500000000 + i FROM s;
      ${series(300)} INSERT INTO events SELECT i, i * 1000, ${NOW} - (300 - i) * 60000, '{}' FROM s`)
    expect(summary(rules)).toEqual([
      '(jobs-uuid-unique)',
      'events-recorded-at-freshness: 0',
      'jobs-attempts-range: 0',
      'jobs-created-at-freshness: 0',
      'jobs-status-enum: 0',
      'jobs-worker-id-reference: 0',
      'old-events-job-id-reference: 0',
      'workers-id-not-null: 0',
    ])
    expect(optionsOf(rules, 'jobs-attempts-range')).toEqual({ column: 'jobs.attempts', from: 0, below: 10 })
    expect(optionsOf(rules, 'events-recorded-at-freshness')).toEqual({
      column: 'events.recorded_at',
      within: expect.stringMatching(/^5 ?min/),
      format: 'milliseconds',
    })
  })

  it('of an empty database are those that are declared', async () => {
    expect(await proposed('')).toEqual([])
    const rules =
      await proposed(`CREATE TABLE a (id INTEGER PRIMARY KEY, "odd.name" TEXT CHECK ("odd.name" IN ('it''s', 'b')), status TEXT, b_id INTEGER);
      CREATE TABLE b (id INTEGER PRIMARY KEY)`)
    expect(summary(rules)).toEqual(['a-odd-name-enum: 0'])
    expect(rules[0]?.options).toEqual({ column: { table: 'a', column: 'odd.name' }, values: ["it's", 'b'] })
  })

  it('are text that gonogo.yaml takes, whatever stands in the data', async () => {
    const rules = await proposed(`CREATE TABLE "t: #1" (id INTEGER PRIMARY KEY, slug TEXT UNIQUE, status TEXT);
      ${series(60)} INSERT INTO "t: #1" SELECT i, 's' || i, CASE i % 3 WHEN 0 THEN 'a: b' WHEN 1 THEN '- "x"' || char(10) || 'y' ELSE 'yes' END FROM s`)
    const text = rulesYaml(rules, 'live')
    expect(parse(text)).toEqual({
      rules: {
        't-1-status-enum': {
          kind: 'enum',
          database: 'live',
          column: 't: #1.status',
          values: ['- "x"\ny', 'a: b', 'yes'],
          max: 0,
        },
      },
    })
    expect(text).toContain('none breaks it now')
    const commented = text.split('\n').findLast((line) => line.includes('-unique:')) ?? ''
    expect(parse(commented.replace('# ', ''))).toEqual({
      't-1-slug-unique': { kind: 'unique', database: 'live', column: 't: #1.slug', max: 0 },
    })
    expect(parse(rulesYaml([]))).toEqual({ rules: {} })
  })
})
