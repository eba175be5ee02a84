// Sentences in other languages: their grammar is not read, only technical words that leave no doubt.
import { isJapaneseOrder, JAPANESE_NOUNS, JAPANESE_PEOPLE } from './japanese.ts'

/** "Создать ...", "...を実行する", "... 생성": something to do. */
const ORDER =
  /^\S+(?:ть|ти|ться)(?:\s|$)|^(?:执行|创建|切换|停止|启动|部署|备份(?!文件|完成|已|策略|是)|运行|修改|添加|更新|删除|移除|优化|移动|归档|精简|恢复|上传|安装|升级|设置|重启|回滚)|(?:생성|설정|활성화|구현|추가|등록|업로드|제출|배포|삭제|변경)(?:\s*[:(（].*)?$/u
/** Orders to look or to try, whatever else they say. */
const LOOKS = /проверить|убедиться|测试|验证|检查|确认|テスト|確認|테스트|확인/u
/** Infinitives of Latin languages at the start, German ones at the end: something to do, unless it is to look. */
const LATIN_ORDER =
  /^(?!verific|comprob|revis|valid|confirm|monitor|chec|vérif|contrôl|test|probar)\p{L}+(?:ar|er|ir|re)\s|(?<!prüf|test)en$/iu
/** Technical words that stay what they are in every language. */
const TERMS =
  /\b(?:back-?ups?|restore|csrf|cors|csp|hsts|xss|sql|https?|tls|ssl|dns|cdn|rbac|jwt|oauth|health-?checks?|openapi|smoke-?tests?|e2e|rate-?limit\w*|liveness|readiness|prometheus|grafana|sentry|alertmanager|pagerduty|k6|ci\/cd|security headers|x-frame-options|brute-?force|x-request-id|coverage|login|uptime|redis|elasticsearch|postgres\w*|mysql|mongodb|docker|kubernetes|pods?|crashloopbackoff|oomkilled|nginx|node(?:\.js)?|typescript|eslint|gzip|websockets?|webhooks?|cpu|\.env|env)\b(?!\/)/i
const NOUNS =
  /数据库|备份|日志|监控|告警|健康检查|测试(?:通过|用例|套件|覆盖)|(?:单元|集成|回归|性能|压力|负载|冒烟|攻击|注入|并发|运行)测试|覆盖率|编译|构建|镜像|容器|证书|域名|防火墙|端口|缓存|队列|磁盘|内存|错误率|响应时间|加载时间|处理速度|延迟|吞吐|并发|可用性|环境变量|密钥|加密|硬编码|限流|鉴权|漏洞|外键|连接池|服务(?:启动|正常|运行|宕机)|系统正常|数据(?:完整|丢失|损坏|一致)|负载均衡|定时任务|安全头|데이터베이스|백업|로그|헬스 ?체크|커버리지|빌드|인증서|방화벽|캐시|디스크|메모리|(?:오류|에러)율|(?:응답|시작|로드) ?시간|환경 ?변수|암호화|취약점|마이그레이션|인덱스|баз\p{L}* данных|бэкап|резервн\p{L}+ копи|логир|логи(?:\s|$)|мониторинг|алерт|(?:модульн|интеграционн|нагрузочн|регрессионн)\p{L}+ тест|тесты|покрыти|сборк|сертификат|очеред|диск|памят|переменн\p{L}+ окружени|шифрован|уязвимост|миграци/iu
/** Documents, plans, people, agreement, training, costs. */
const PERSON =
  /документ|инструкц|процедур|процесс|план|команд|обуч|соглас|уведом|runbook|文書|手順|承認|連絡|周知|教育|文档|指南|规范|方案|审批|通知|培训|计划|成本|评估|建议|문서|승인|교육|공지|계획|비용|설명|요약|스크린샷|처리방침|약관|document|dokument|aprova|aproba|genehmig|approuv|equip[eo]|équipe|plan[oe]?\b/i
/** Only Japanese is written with these. */
const KANA = /[\p{Script=Hiragana}\p{Script=Katakana}]/u
const SCRIPT = /[\p{Script=Cyrillic}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]{2}/u
/** Small words of Portuguese, Spanish, German, French and Italian that English has not. */
const SMALL_WORDS =
  /(?:^|[\s(])(?:dos|das|em|não|nenhuma?|algum|para|é|está|com|sem|el|los|las|del|sin|con|und|der|ist|sind|für|mit|keine?|auf|les|des|du|est|sont|pour|avec|aucune?|della?|delle|sono|nel)(?=[\s),.;:]|$)/gi

const PEOPLE = /審批|审批|通知(?:用户|团队)|培训|승인|교육|공지/u

/** The technical term that a sentence in another language rests on, or null. */
export function foreignTerm(text: string): string | null {
  if (!isForeign(text)) return null
  const term = (TERMS.exec(text) ?? NOUNS.exec(text) ?? JAPANESE_NOUNS.exec(text))?.[0]
  return !term ||
    PERSON.test(text) ||
    JAPANESE_PEOPLE.test(text) ||
    isForeignOrder(text) ||
    (!SCRIPT.test(text) && LATIN_ORDER.test(text))
    ? null
    : term
}

/** What a sentence in another script leaves to people, by the word that says so: approval, documents, training; or null. */
export function foreignPerson(text: string): string | null {
  if (!SCRIPT.test(text) || isForeignOrder(text)) return null
  return (JAPANESE_PEOPLE.exec(text) ?? PEOPLE.exec(text))?.[0] ?? null
}

/** Whether a sentence in another script tells to change something: "`compose.yml`: 添加 ...". */
export function isForeignOrder(text: string): boolean {
  if (!SCRIPT.test(text) || LOOKS.test(text)) return false
  if (KANA.test(text)) return isJapaneseOrder(text)
  return ORDER.test(text) || ORDER.test(text.replace(/^[^:：]{1,60}[:：]\s*/, ''))
}

/** Sentences whose grammar is not read here. */
export function isForeign(text: string): boolean {
  return SCRIPT.test(text) || (text.match(SMALL_WORDS)?.length ?? 0) > 1
}
