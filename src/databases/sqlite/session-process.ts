// Entry of a session's process: one connection, statements by message. Ends, rolling back, when its owner is gone.
import type { DatabaseSync } from 'node:sqlite'
import { OutsideError } from '../../lib/errors.ts'
import type { Row, Value } from '../database.ts'
import { explain, openForSession } from './open.ts'
import type { SessionAnswer, SessionQuestion } from './session-messages.ts'
import { registerFunctions } from './functions.ts'

let path = ''
let database: DatabaseSync | null = null

process.on('message', (question: SessionQuestion) => process.send?.(answer(question)))
process.on('disconnect', () => {
  database?.close()
  process.exit(0)
})

function answer(question: SessionQuestion): SessionAnswer {
  try {
    return { value: work(question) }
  } catch (error) {
    const explained = explain(path, error)
    if (!(explained instanceof OutsideError)) return { problem: { message: String(error), retryable: false } }
    const { message, retryable, hint } = explained
    return { problem: { message, retryable, ...(hint === undefined ? {} : { hint }) } }
  }
}

function work(question: SessionQuestion): Row[] | number {
  if (question.type === 'open') {
    path = question.options.path
    database = openForSession(path, question.options)
    registerFunctions(database)
    return 0
  }
  if (!database) throw new Error('no connection')
  const { type, sql, parameters } = question
  if (type === 'all') {
    const statement = database.prepare(sql)
    statement.setReadBigInts(true)
    return statement.all(...(parameters as Value[])).map((row) => readable(row as Row))
  }
  if (parameters.length > 0) return Number(database.prepare(sql).run(...(parameters as Value[])).changes)
  database.exec(sql)
  return Number(database.prepare('SELECT changes() AS n').get()?.n)
}

/** Integers that a number can hold become one. */
function readable(row: Row): Row {
  for (const name in row) {
    const value = row[name]
    if (typeof value === 'bigint' && value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER)
      row[name] = Number(value)
  }
  return row
}
