import { expect, it } from 'vitest'
import { readStatement } from './read-statement.ts'

it.each([
  ['SELECT 1', 'SELECT 1'],
  ['  with a as (select 1) select * from a ;  ', 'with a as (select 1) select * from a'],
  ["SELECT ';?' -- ;", "SELECT ';?' -- ;"],
  ['SELECT 1; -- done', 'SELECT 1'],
  ['SELECT "a;b", [c] FROM t /* ; ? */', 'SELECT "a;b", [c] FROM t /* ; ? */'],
  ["SELECT a::text, '{}'::jsonb FROM t", "SELECT a::text, '{}'::jsonb FROM t"],
  ['SELECT $$;$$', 'SELECT $$;$$'],
])('%s is one statement that reads', (query, body) => {
  expect(readStatement(query)).toEqual({ body })
})

it.each([
  ['SELECT 1; DELETE FROM t', 'several statements'],
  ['SELECT 1) AS q; DROP TABLE t; --', 'several statements'],
  ['SELECT 1) AS q --', 'brackets'],
  ['DELETE FROM t', 'does not begin'],
  ['', 'does not begin'],
  ["SELECT 'a", 'quote'],
  ['SELECT 1 /* a', 'comment'],
  ['SELECT ?', 'parameter (?)'],
  ['SELECT :name', 'parameter (:name)'],
  ['SELECT $1', 'parameter ($1)'],
])('%s is not', (query, problem) => {
  expect(readStatement(query)).toEqual({ problem: expect.stringContaining(problem) })
})
