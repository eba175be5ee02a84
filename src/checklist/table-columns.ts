// What the columns of a table are for, by their headings and by what stands in them.

/** Columns to be filled in by whoever goes through the list: theirs is no part of what a row is, filled or not. */
const FILL =
  /\b(?:actual|status|results?|outcome|measured|observed|current(?: value)?|verified|checked|tested|done|complete[d]?|pass(?:ed)?(?:\s*\/\s*fail(?:ed)?)?|signature|signed|sign-?off|approved|approval|date|time|timestamp|initials|notes?|comments?|remarks?|evidence)\b|^(?:✓|✔|✅|☑|ok|y\/n|go\s*\/\s*no-?go)$/iu
/** Columns that are filled in where they are empty, and part of the row where they are not. */
const FILL_EMPTY = /\b(?:value|name|owner|assignee|assigned to|responsible|who|by|person|team|link|ticket|version)\b/i
/** Headings that only a form has. */
const FORM =
  /\b(?:actual|measured|signature|initials|sign-?off|verified by|checked by|approved by|tested by|date completed|pass\s*\/\s*fail)\b|^(?:current|done|checked|completed?|verified|results?)\??$/i
const TARGET =
  /^(?:target|threshold|expected|goal|limit|slo|sla|objective|requirement|criteri(?:a|on)|acceptable|acceptance|budget|max(?:imum)?|min(?:imum)?|good|healthy|pass)\b|\b(?:target|threshold|limit|goal)$/i
/** First columns whose rows are requirements, whether or not there is a cell to fill in. */
const REQUIREMENTS =
  /^(?:checks?|items?|tasks?|steps?|requirements?|criteri\w+|controls?|activit(?:y|ies)|action items?|verifications?|validations?|test(?: case)?s?)\b/i
const REACH = /\b(?:phone|e-?mail|contact|slack|pager|telephone|mobile|channel|escalation)\b/i

export interface Columns {
  headings: string[]
  /** Of the column that says what a row is about. */
  subject: number
  /** -1 where there is none. */
  target: number
  command: number
  action: number
  fill: boolean[]
  fillEmpty: boolean[]
}

/** What each column is for. `cells`: the words of each row. */
export function readColumns(headings: string[], cells: readonly string[][]): Columns {
  const index = (pattern: RegExp): number => headings.findIndex((heading) => pattern.test(heading))
  const fill = headings.map(
    (heading, column) => FILL.test(heading) && (column > 0 || isMark(cells, 0)) && !TARGET.test(heading),
  )
  const numbered = (column: number): boolean =>
    /^(?:#|no\.?|nr\.?|id|step ?#?|s\.?no\.?|order|seq\w*)?$/i.test(headings[column] ?? '') && isNumbers(cells, column)
  const subject = headings.findIndex((_, column) => !fill[column] && !numbered(column) && !isMark(cells, column))
  return {
    headings,
    subject: Math.max(subject, 0),
    target: headings.findIndex((heading, column) => column !== subject && TARGET.test(heading)),
    command: index(/^(?:commands?|how to (?:check|verify|test)|verification command|query)\b/i),
    action: index(/^(?:actions?|response|reaction|what to do|mitigation|decision|do)\b/i),
    fill,
    fillEmpty: headings.map((heading, column) => column !== subject && FILL_EMPTY.test(heading)),
  }
}

/** Whether the table is one to be filled in: some heading says so, or a cell is left open. */
export function isForm({ headings, fill, fillEmpty }: Columns, cells: readonly string[][]): boolean {
  if (headings.some((heading, column) => column > 0 && fill[column] && FORM.test(heading))) return true
  return cells.some((row) =>
    row.some((cell, column) => isOpen(cell) && (fill[column] || fillEmpty[column] || isBlank(cell))),
  )
}

/** Whether each row states a requirement by itself. */
export function statesRequirements({ headings, subject }: Columns): boolean {
  return REQUIREMENTS.test(headings[subject] ?? '')
}

/** A list of people and how to reach them; not one of those who sign. */
export function listsContacts({ headings }: Columns): boolean {
  return (
    headings.some((heading) => REACH.test(heading)) &&
    !headings.some((heading) => /\bsign|\bapprov|\bdate\b|\bstatus\b/i.test(heading))
  )
}

/** What ends a release that goes wrong. */
export const GOES_BACK =
  /\b(?:roll(?:ing)?[ -]?back|abort|revert|halt|stop the (?:rollout|deploy\w*|release)|fail ?over)\b/i

/** Rows that name a state and what to do about it: roll back, stop. */
export function listsTriggers({ action, target, headings }: Columns, cells: readonly string[][]): boolean {
  const states = target >= 0 || /^(?:condition|trigger|symptom|if|when|alert|signal|metric)\b/i.test(headings[0] ?? '')
  return (
    action > 0 &&
    states &&
    cells.some((row) =>
      /\b(?:roll(?:ing)?[ -]?back|abort|revert|halt|stop the (?:rollout|deploy\w*|release)|fail ?over)\b/i.test(
        row[action] ?? '',
      ),
    )
  )
}

function isOpen(cell: string): boolean {
  return cell === '' || isBlank(cell)
}

function isBlank(cell: string): boolean {
  return /[☐□⬜]|_{2,}|^\[\s?\]$|^\.{4,}$/u.test(cell)
}

function isMark(cells: readonly string[][], column: number): boolean {
  return cells.length > 0 && cells.every((row) => /^(?:[☐□⬜☑✓✔✅❌]|\[[ xX~]?\]|)$/u.test((row[column] ?? '').trim()))
}

function isNumbers(cells: readonly string[][], column: number): boolean {
  return cells.every((row) => /^(?:[A-Za-z]{0,4}[-.]?)?\d+(?:\.\d+)*[a-z]?[.)]?$|^$/.test((row[column] ?? '').trim()))
}
