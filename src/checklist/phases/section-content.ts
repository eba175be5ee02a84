// What stands under a heading, counted: enough to tell a list of steps from a list of symptoms. Looks at the first entries only.
import type { ListItem, RootContent } from 'mdast'
import { plainText } from '../markdown/markdown.ts'

const ENTRIES_MAX = 40
const WORDS_MAX = 160

/** Counts over the blocks directly under a heading. */
export interface SectionContent {
  boxes: number
  bullets: number
  steps: number
  fences: number
  tables: number
  paragraphs: number
  /** Entries that begin with check, verify, test, confirm, monitor. */
  looks: number
  /** Entries that tell to change something: deploy, create, push, switch. */
  deeds: number
  /** Entries about something being set up: configured, enabled, documented, tested. */
  setUps: number
  /** Entries that name trouble or pass a limit, and do not say that it is kept away. */
  troubles: number
  /** Entries and lines with a telephone number, an address, or a name to fill in. */
  reachable: number
  /** Lines to be signed. */
  signatures: number
  /** First words that introduce what follows, lower case. */
  lead: string
  /** Texts of the table's header cells, lower case. */
  columns: string
}

const LOOKS =
  /^(?:double[- ]?)?(?:check|verify|test|confirm|monitor|watch|ensure|validate|review|inspect|observe|track|compare|make sure|look|smoke)\b|(?:確認|チェック|検証|点検|テスト|監視)(?:する|します|してください|済み?|完了|すること|を実施|実施)?[。.]?$|(?:检查|验证|确认|监控|测试|확인|점검|검증)/
const DEEDS =
  /^(?:deploy|push|tag|merge|publish|release|run|start|stop|restart|switch|shift|scale|migrate|upload|copy|execute|apply|create|install|build|bump|enable|disable|promote|submit|update|set|add|move|point|clone|transfer|extract|draft|announce|send|go to|click|select|cut|open|commit|notify|inform|document|write|schedule|remove|delete|replace|rotate|configure|set up|ssh|pull|checkout|log ?in|navigate|download|restore|rebuild|redeploy)\b|[をにへ][^をがは]{0,12}(?:する|します|してください|実行|実施|適用|起動|停止|選択|クリック|マージ|デプロイ|作成|更新|変更|切り替え\S{0,2}|戻す|押す|開く)[。.]?$|^(?:执行|创建|切换|停止|启动|部署|运行|拉取|更新|上传|安装|重启)|(?:한다|합니다|실행|배포)\.?$/
const SET_UP =
  /\b(?:configur\w*|set ?up|enabled?|disabled|reviewed|created?|active|defined|documented|tested|exists?|verif\w+|in place|working|installed|established|operational|ready|implemented|completed?|sent|functional|visible|accessible)\b|済み?[。.]?$|完了|(?:されて|して|なって)いる|設定|有効|已(?:配置|启用|设置|完成)|(?:완료|설정|활성화)/
const TROUBLES =
  /(?:>|≥|\bexceed\w*|\babove\b|\bmore than\b|\bover \d)\s*\d|\b(?:failures?|fail(?:s|ed|ing)?|errors?|violations?|breach(?:es)?|corruption|loss|outage|unavailable|down|crash\w*|unresponsive|leaks?|degrad\w+|timeouts?|attempts?|anomal\w+|spikes?|detected|unreachable|exceeded|expir\w+|escalation attempts|unusual|missing)\b|超え|超過|失敗|障害|異常|不整合|損失|ダウン|停止した|発生し(?:た|て)|できない|超过|失败|异常|错误率|초과|실패|장애|오류/
const NEGATED =
  /^(?:no|zero|0|without|check|verify|confirm|ensure|is|are|does|do|did|monitor)\b|\b(?:no|zero) (?:\w+ )?(?:errors?|failures?|leaks?|loss|crash)|(?:なし|ない(?:こと)?|ゼロ|0件|確認|済み?|解消)|(?:设置|配置|检查|确认|无|없음|확인)/
const REACHABLE =
  /\+\d[\d ()-]{6,}\d|(?<![\d-])(?!\d{4}-\d\d-\d\d)\d{2,5}[ ()-]+\d[\d ()-]{3,}\d|\S@\S+\.\S|\bslack\b|#[a-z][\w-]{2,}|\[(?:name|phone|contact|email|number|your)[^\]]*\]|\btel\b|\bphone\b/
const SIGNATURE = /\b(?:signature|signed(?: by)?|approved by|sign-?off)\b|_{3,}.{0,20}\bdate\b/

/** Counts of the given blocks; lists nested in lists count with their parents. */
export function readContent(blocks: readonly RootContent[]): SectionContent {
  const content: SectionContent = {
    boxes: 0,
    bullets: 0,
    steps: 0,
    fences: 0,
    tables: 0,
    paragraphs: 0,
    looks: 0,
    deeds: 0,
    setUps: 0,
    troubles: 0,
    reachable: 0,
    signatures: 0,
    lead: '',
    columns: '',
  }
  for (const block of blocks) addBlock(content, block)
  return content
}

function addBlock(content: SectionContent, block: RootContent): void {
  switch (block.type) {
    case 'list':
      for (const entry of block.children) addEntry(content, entry, block.ordered === true)
      break
    case 'code':
      content.fences++
      break
    case 'table': {
      content.tables++
      content.columns = (block.children[0]?.children ?? []).slice(0, 8).map(plainText).join(' | ').toLowerCase()
      break
    }
    case 'blockquote':
      for (const child of block.children.slice(0, ENTRIES_MAX)) addBlock(content, child)
      break
    case 'paragraph': {
      content.paragraphs++
      if (content.paragraphs > ENTRIES_MAX) break
      const words = plainText(block).slice(0, WORDS_MAX).toLowerCase()
      if (content.lead === '') content.lead = words
      if (REACHABLE.test(words)) content.reachable++
      if (SIGNATURE.test(words)) content.signatures++
      break
    }
    default:
  }
}

function addEntry(content: SectionContent, entry: ListItem, ordered: boolean): void {
  const paragraph = entry.children[0]
  const counted = content.boxes + content.bullets + content.steps
  const words =
    counted < ENTRIES_MAX && paragraph?.type === 'paragraph'
      ? plainText(paragraph).slice(0, WORDS_MAX).toLowerCase()
      : ''
  const boxed = typeof entry.checked === 'boolean' || /^(?:\[[~/!-]?\]|[☐□⬜☑◻❏])/u.test(words)
  if (boxed) content.boxes++
  else if (ordered) content.steps++
  else content.bullets++
  if (words === '') return
  const said = words.replace(/^(?:\[[~/!-]?\]|[^\p{L}\p{N}[]+)\s*/u, '')
  const statement = said.replace(/^[^:]{1,40}:\s+/, '')
  const looks = LOOKS.test(said) || LOOKS.test(statement)
  if (looks) content.looks++
  else if (DEEDS.test(said) || DEEDS.test(statement)) content.deeds++
  if (SET_UP.test(said)) content.setUps++
  else if (!looks && TROUBLES.test(said) && !NEGATED.test(said)) content.troubles++
  if (REACHABLE.test(words)) content.reachable++
  if (SIGNATURE.test(words)) content.signatures++
}

/** Whether words name trouble or pass a limit, and do not say that it is kept away. */
export function namesTrouble(text: string): boolean {
  const words = text.slice(0, WORDS_MAX).toLowerCase()
  return TROUBLES.test(words) && !NEGATED.test(words)
}

/** Entries of lists, of whatever form. */
export function entriesOf({ boxes, bullets, steps }: SectionContent): number {
  return boxes + bullets + steps
}
