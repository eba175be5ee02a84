// Sentences in other scripts: their grammar is not read, only technical words that are the same everywhere.

/** "Создать ...", "...を実行する": something to do. */
const FOREIGN_ORDER =
  /^\S+(?:ть|ти|ться)(?:\s|$)|(?:する|取得|実施|実行|作成|起動|停止|切り替え\S*|デプロイ)$|^(?:执行|创建|切换|停止|启动|部署|备份|运行)/
/** In other scripts the technical words stay Latin; these leave no doubt. */
const TERMS =
  /\b(?:back-?ups?|restore|csrf|cors|https|tls|ssl|dns|rbac|health-?checks?|openapi|smoke-?tests?|rate-?limit\w*|liveness|readiness|prometheus|grafana|sentry|alertmanager|k6|ci\/cd|security headers|brute-?force|x-request-id|coverage|login|uptime|\.env|env)\b/i
/** Documents, plans, people, agreement, training: Russian, Chinese, Japanese, Korean. */
const FOREIGN_PERSON =
  /документ|инструкц|процедур|процесс|план|команд|обуч|соглас|уведом|runbook|文書|手順|承認|連絡|周知|教育|文档|审批|通知|培训|计划|문서|승인|교육|공지|계획/i

/** The technical term that a sentence in another script rests on, or null. */
export function foreignTerm(text: string): string | null {
  if (!isForeign(text)) return null
  const term = TERMS.exec(text)?.[0]
  return !term || FOREIGN_PERSON.test(text) || FOREIGN_ORDER.test(text) ? null : term
}

/** Sentences whose grammar is not read here. */
export function isForeign(text: string): boolean {
  return /[\p{Script=Cyrillic}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]{2}/u.test(text)
}
