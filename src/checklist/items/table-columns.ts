// What the columns of a table are for, by their headings and by what stands in them.

/** Columns to be filled in by whoever goes through the list: theirs is no part of what a row is, filled or not. */
const FILL =
  /\b(?:actual|status|results?|outcome|measured|observed|current(?: value)?|verified|checked|tested|done|complete[d]?|pass(?:ed)?(?:\s*\/\s*fail(?:ed)?)?|signature|signed|sign-?off|approved|approval|date|time|timestamp|initials|notes?|comments?|remarks?|evidence)\b|^(?:✓|✔|✅|☑|ok|y\/n|go\s*\/\s*no-?go)$|^(?:实际值?|实际结果|测试结果|结果|签字|签名|日期|実測値?|結果|署名|日付|실제(?: ?값)?|결과|서명|날짜|resultado|firma|fecha|assinatura|résultat|ergebnis|unterschrift|datum|результат|подпись|дата)$/iu
/** Columns that are filled in where they are empty, and part of the row where they are not. */
const FILL_EMPTY = /\b(?:value|name|owner|assignee|assigned to|responsible|who|by|person|team|link|ticket|version)\b/i
/** Headings that only a form has. */
const FORM =
  /\b(?:actual|measured|signature|initials|sign-?off|verified by|checked by|approved by|tested by|date completed|pass\s*\/\s*fail)\b|^(?:current|done|checked|completed?|verified|results?)\??$/i
const TARGET =
  /^(?:target|threshold|expected|goal|limit|slo|sla|objective|requirement|criteri(?:a|on)|acceptable|acceptance|budget|max(?:imum)?|min(?:imum)?|good|healthy|pass)\b|\b(?:target|threshold|limit|goal)$|^(?:阈值|目标值?|标准|目標値?|基準値?|閾値|しきい値|許容値|期待(?:値|結果)|合格基準|기준(?: ?값)?|목표(?: ?값)?|임계값|limite|umbral|objetivo|meta|alvo|esperado|seuil|objectif|cible|zielwert|grenzwert|schwell(?:e|wert)|soll|порог|цель|норма|critério|criterio)/i
/** Further columns that may bound the same thing: what is normal, when to warn, when to go back. */
const BOUNDED =
  /\b(?:threshold|limit|target|goal|slo|sla|baseline|normal|alert|warn(?:ing)?|critical|page|rollback|roll back|abort|stop|green|yellow|amber|red|good|acceptable|poor|umbral|seuil|limite)\b|阈值|告警|閾値|しきい値|観測値|条件|임계/i
/** Columns about the work, not about what is measured. */
const ABOUT_WORK =
  /\b(?:duration|estimate[ds]?|effort|priority|severity|when|frequency|owner|eta|deadline|due|window|phase|stage|traffic|percentage|response|escalat\w+|retention|example|current|before)\b/i
/** Columns from whose bounds on somebody is called. */
const ALARMING = /\b(?:warn(?:ing)?|critical|alert|page|red|yellow|amber|emergency)\b/i
/** How long a state is to last. */
const HELD = /^(?:duration|(?:time )?window|for|period|sustained(?: for)?|time period|evaluation (?:window|period))$/i
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
  /** What is measured of the subject, in a column of its own; -1 where there is none. */
  metric: number
  /** Further columns with bounds of the same thing, where a cell compares. */
  bounded: number[]
  /** Of other words about a row; a bound in them is one of it. */
  described: number[]
  /** How long the state of a row lasts; -1 where there is none. */
  held: number
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
  const target = headings.findIndex((heading, column) => column !== subject && TARGET.test(heading))
  const command = index(/^(?:commands?|how to (?:check|verify|test)|verification command|query)\b/i)
  const others = headings.flatMap((_, column) =>
    column > subject && column !== target && column !== command && !fill[column] && !numbered(column) ? [column] : [],
  )
  return {
    headings,
    subject: Math.max(subject, 0),
    target,
    metric: headings.findIndex(
      (heading, column) =>
        column > subject && /^(?:metric|measure|indicator|kpi|signal|parameter|métrica)s?\b/i.test(heading),
    ),
    bounded: others.filter((column) => TARGET.test(headings[column] ?? '') || BOUNDED.test(headings[column] ?? '')),
    described: others.filter((column) => !ABOUT_WORK.test(headings[column] ?? '')),
    held: index(HELD),
    command,
    action: index(
      /^(?:actions?|response|reaction|what to do|mitigation|decision|do)\b|^(?:roll ?back|revert|abort)(?: required| needed)?\??$/i,
    ),
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

/** Rows that name from where on to be alerted, and no target: "Warning" and "Critical". */
export function listsAlerts({ headings, target, bounded }: Columns): boolean {
  return target < 0 && bounded.length > 0 && bounded.every((column) => ALARMING.test(headings[column] ?? ''))
}

/** What a row calls for: "Roll back", or "Yes" under "Rollback?". */
export function callOf(headings: readonly string[], row: readonly string[], action: number): string {
  const call = row[action] ?? ''
  if (!GOES_BACK.test(headings[action] ?? '')) return call
  return /^\W*(?:no|n\/a|-)?\W*$/iu.test(call) ? '' : `roll back: ${call}`
}

/** Rows that name a state and what to do about it: roll back, stop. */
export function listsTriggers({ action, target, headings }: Columns, cells: readonly string[][]): boolean {
  const states =
    target >= 0 ||
    /^(?:condition|trigger|symptom|if|when|alert|signal|metric|issue|problem|scenario|situation)\b/i.test(
      headings[0] ?? '',
    )
  return action > 0 && states && cells.some((row) => GOES_BACK.test(callOf(headings, row, action)))
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
