// Words of headings that tell what a phase is for, each with its weight: 3 says so by itself, 2 where nothing speaks against
// it, 1 is a topic. Vocabulary only; `phase-kind.ts` weighs it against place and content.
import type { PhaseKind } from '../../plan/plan.ts'

/** What is released, in the compounds "pre-deployment" and "after the launch". */
const EVENT =
  'deploy\\w*|launch|releas\\w*|prod\\w*|flight|migrat\\w*|roll-?out|cut-?over|upgrade|update|go-?live|live|submission|install\\w*|publish\\w*|merg\\w*|ship\\w*|tag\\w*|switch|implanta\\w*|lançamento|despliegue'
/** The same where words are not parted by spaces: "デプロイ直前", "リリース後", "上线后". */
const EVENT_CJK = '(?:デプロイ(?:メント)?|リリース|公開|切り?替え?|移行|本番(?:反映|公開|移行)?|作業|マイグレーション)'
const PRE_CJK = `${EVENT_CJK}の?直?前|直前|上线前|发布前|部署前|배포 ?(?:직)?전`
const POST_CJK = `${EVENT_CJK}の?(?:完了)?の?直?後|直後|事後|運用開始後|上线后|发布后|部署后|배포 ?(?:직)?후`

const PRE = `\\bpr[eé][ -]?(?:${EVENT}|req\\w*|checks?\\b|work\\b)|\\bbefore (?:(?:the|a|an|you|your|each|every|going|any|we) )*(?:${EVENT}|start\\w*|begin\\w*|deploy)|\\b(?:day|days|hours?|week|night) before\\b|${PRE_CJK}`
const POST = `\\bp(?:os|ós|ost)[ -]?(?:${EVENT}|checks?\\b)|\\bafter (?:(?:the|a|an|you|your|each|every|going) )*(?:${EVENT}|deploy)|\\bfollow[ -]?ups?\\b|\\bhyper-?care\\b|\\bpost-?mortem|\\bretro(?:spective)?\\b|${POST_CJK}`

export interface Word {
  kind: PhaseKind
  weight: 1 | 2 | 3
  pattern: RegExp
}

const word = (kind: PhaseKind, weight: Word['weight'], source: string): Word => ({
  kind,
  weight,
  pattern: new RegExp(source, 'u'),
})

/** Headings that say when: before or after the release. */
export const BEFORE = word('readiness', 3, PRE)
export const AFTER = word('verify', 3, POST)

const STANDING_TOPIC =
  'infrastructure|operations?|ops|hosting|devops|ci(?:/cd)?|environments?|config\\w*|security|documentation|docs|support|scal\\w+|backups?|domains?|dns|maintenance|performance|rollback'
const AND = ' ?(?:&|and|\\+|/|,) ?'

/** "Deployment & infrastructure" names a topic of what must be in place, not the release. */
export const TOPIC = word(
  'readiness',
  2,
  `\\b(?:deployments?|releases?|launch)${AND}(?:${STANDING_TOPIC})\\b|\\b(?:${STANDING_TOPIC})${AND}(?:deployments?|releases?|launch)\\W*$`,
)

/** Of two kinds that weigh the same the one listed first is meant. */
export const WORDS: readonly Word[] = [
  word(
    'contacts',
    3,
    '\\bcontacts?\\b(?!.{0,12} (?:form|page)s?\\b)|\\bescalation (?:path|matrix|chain|list|contacts?)|\\bon-?call (?:engineers?|list|team|roster|rotation|schedule)|\\b(?:primary|secondary) on-?call\\b|\\bphone numbers?\\b|联系|連絡(?:先|網|体制)|エスカレーション(?:先|パス|フロー|体制|ルート)|問い合わせ|연락처|문의|\\bcontatos?\\b|\\bkontakt|\\bcontactos?\\b|контакт|iletişim',
  ),
  word(
    'contacts',
    2,
    '^(?:\\w+ )?support$|\\bneed help\\b|\\bget(?:ting)? help\\b|\\broles?(?: and | & | ?/ ?)responsibilit|^(?:the )?(?:release|deployment|key) (?:team|people|personnel|stakeholders)|\\bwho to (?:call|ask)|^escalation$|\\bcommunication channels\\b|^エスカレーション$|^サポート(?:体制|窓口|チャ[ネン]\\S*)?$|^担当者?$|^役割|体制$|^지원$|^suporte$|^soporte$|^support\\b.*\\bchannels?',
  ),
  word(
    'triggers',
    3,
    '\\broll(?:ed|ing)?[ -]?back\\b.{0,24}\\b(?:if|when|triggers?|criteria|conditions?|decision|thresholds?)\\b|\\bwhen to (?:roll|abort|revert|stop)|\\b(?:rollback|abort|stop|escalation|incident) (?:triggers?|criteria|conditions?)|^triggers?$|\\btriggers\\b|\\btriggers? (?:for|conditions?)\\b|\\bfailure (?:indicators?|criteria|conditions?)|\\broll[ -]?back (?:\\w+ )?matrix|\\broll ?back immediately|\\bgatilhos\\b|(?:critérios?|criterios?|condiciones) (?:para|de) (?:o |el )?(?:rollback|revert|reversi)|\\b(?:abort|stop|halt) (?:if|when)\\b|\\bno-?go (?:if|criteria|conditions)|\\bred flags?\\b|\\bwarning signs?\\b|\\bescalate (?:if|when)\\b|\\bkill criteria|回滚(?:触发)?(?:条件|触发|标准)|(?:ロールバック|切り?戻し|中止|中断|停止)の?(?:実施|発動)?(?:判断|判定|条件|基準|トリガー)|롤백 ?(?:기준|조건)|(?:critérios?|criterios?|gatilhos|condiciones) de (?:rollback|reversión)|критерии отката|rollback-kriterien',
  ),
  // Words for alarms, which are as often set up as acted upon: what is listed decides.
  word(
    'triggers',
    2,
    '\\balert(?:ing)? (?:conditions?|thresholds?|rules?|criteria)\\b|\\bal(?:arms|erts)\\b|アラート(?:条件|閾値|ルール|基準)',
  ),
  word(
    'troubleshooting',
    3,
    '\\btrouble-?shoot|\\bcommon (?:\\w+ )?(?:issues?|problems?|errors?|pitfalls)|\\bemergency (?!roll|contact|stop)|\\bincident (?:response|procedure|management|handling)|\\bsymptoms?\\b|\\bif something (?:goes|breaks|fails)|\\b(?:issues?|problems?|errors?) (?:and|&) (?:solutions?|fixes|workarounds)|\\bdebugging\\b|\\bfaqs?\\b|\\bif .{0,24}\\b(?:not work\\w*|fails?|missing|broken|stuck|doesn.?t|won.?t)\\b|\\bwhat to do if\\b|故障|常见问题|问题排查|トラブル|よくある|障害(?:対応|発生|時)|緊急(?:時|事態)?の?(?:対応|対処|手順)|インシデント|問題が(?:発生|起き)|既知の(?:問題|不具合)|(?:エラー|問題)(?:への|の)?(?:対応|対処|解決)|장애 ?대응|자주 (?:묻는|발생)|문제 ?해결|solução de problemas|solución de problemas|résolution|dépannage|fehlerbehebung|устранение|sorun giderme|problemas (?:comunes|comuns|conocidos)|应急',
  ),
  word(
    'troubleshooting',
    2,
    '\\bknown (?:issues?|problems?|bugs)|(?<!\\b(?:priority|production|open|outstanding|remaining|blocking|readiness) )\\b(?:issues?|errors?|problems?|outage|leaks?|failures?|fail(?:s|ed|ing)?)(?: occur\\w*| found)?\\W*$|\\bnot (?:loading|working|starting|syncing|responding|found|running)\\b|\\bwon.?t (?:start|load|connect)|\\bsecurity incidents?\\b|\\bhigh (?:memory|cpu|error|latency|load)',
  ),
  word(
    'sign-off',
    3,
    '\\bsign[ -]?offs?\\b|\\bapprovals?\\b|\\bapprovers?\\b|\\b(?:deployment|release|final) authori[sz]ation|\\bgo ?(?:/|-|–|or|vs\\.?) ?no[ -]?go\\b|^signatures?\\b|^reviewers?\\b|审批|批准|签字|签名|签署|承認|^署名|サインオフ|決裁|(?:リリース|最終)判定|승인|^서명|\\baprova(?:ção|ções)|\\baprobaci|\\bapprobation|\\bfreigabe|утверждени|согласовани|\\bonay\\b',
  ),
  word('sign-off', 2, '^authori[sz]ations?$|\\b(?:final|launch|release) decision\\b|\\backnowledg|\\battestation\\b'),
  word(
    'rollback',
    3,
    '\\broll(?:ing|ed)?[ -]?back|\\brevert(?:ing)?\\b|\\bback-?out\\b|\\bfall-?back (?:plan|procedure|strategy)|\\bcontingency|\\bundo (?:plan|steps|procedure)|回滚|ロールバック|切り?戻し|戻し手順|롤백|\\breversão|\\breversión|\\bretour arrière|\\brückroll|\\brücknahme|откат|geri alma',
  ),
  word('rollback', 2, '\\brecovery (?:procedures?|plan|steps|actions?)|\\bdisaster recovery (?:steps|procedure)'),
  word(
    'reference',
    3,
    '\\breferences?$|\\breferences? (?:and|&|material|links|docs|documents?)|^references?\\b|^(?:(?:additional|helpful|support|further|external|useful|learning|more) )?resources$|\\brelated (?:documents?|documentation|docs|links|files|resources)|\\bsee also\\b|\\bquick (?:commands?|reference|links?|start)|\\bappendix|\\bglossary|\\b(?:useful|handy|helpful|important|key|documentation) (?:commands|links|urls|scripts|files)|\\bcheat ?sheet|\\bfurther reading|^links$|\\b(?:communication|e-?mail|message|announcement|release notes?|changelog|notification) (?:\\w+ )?templates?$|\\b(?:recovery|backup|access|connection|server|environment|account|infrastructure|repository) (?:info(?:rmation)?|details)$|\\bcommand reference|参考|附录|相关(?:文档|链接|资料)|リファレンス|参照|関連(?:リンク|ドキュメント|資料|文書|ファイル|情報)|リンク集?$|付録|用語集?|(?:コマンド|パラメータ|環境変数|URL|ファイル)一覧|コマンド集|テンプレート$|참고(?! ?사항)|관련 (?:문서|링크|자료)|부록|\\breferências|\\breferencias|справк|kaynaklar',
  ),
  word(
    'reference',
    2,
    '\\bcommands?\\W*$|^commands\\b|\\bexamples?\\b(?=$|:)|\\bvariables? reference|说明$|目录结构|\\burls\\b|\\bfile (?:locations|structure)|\\bdirectory structure|\\bqueries\\W*$|\\bparameters\\W*$|\\bendpoints?$',
  ),
  word(
    'notes',
    3,
    '\\boverview\\b|\\bintroduction\\b|\\bpurpose\\b|^about\\b|\\btable of contents|^contents$|\\bbackground$|\\bhow to use|\\b(?:version|revision|change|document) (?:history|log|control|info\\w*)|^change-?log$|\\blegend$|^scope$|\\b(?:deployment|release|project|document|general) (?:info(?:rmation)?|details|metadata)$|\\blog template|\\b(?:deployment|release) (?:log|record|history)(?: template)?$|\\b(?:deployment|release) notes?$|^(?:important |additional |final |other |critical |key |deployment |release )?notes?(?: (?:and|&) \\w+)?$|\\blessons learned|\\b(?:estimated )?(?:time|timeline|duration|effort)(?: \\w+)?$|\\bestimated (?:costs?|time)|\\bout of scope|\\blimitations$|^verdict$|^schedule$|\\b(?:current|project|implementation|overall) (?:\\w+ )?status|\\bstatus (?:summary|overview)|\\bfuture (?:enhancements?|improvements?|work|plans?|features?)|\\bfiles? (?:generated|created|modified|changed|to|that)\\b|\\b(?:generated|created|modified|changed) files\\b|\\bwhat.{0,4}(?:s|is|was|has been|have been)? (?:new|included|chang(?:ed|ing|es)|done|fixed|in this)|^feedbacks?$|\\bnew features\\b|\\b(?:current|existing|initial) (?:\\w+ )?(?:state|situation)\\b|\\bsituaci[oó]n actual|\\bsituação atual|\\bl(?:ições|ição|ecciones) aprendid|^(?:never|what not to|things to avoid|nunca)\\b|\\bwhen to use|\\bestimat(?:es|ions?)$|\\breminders?$|\\bwarnings?$|\\bstatus log\\b|\\bwhat.{0,4}s (?:ready|done|needed|left|missing|next)\\b|^disclaimer|^tl;?dr|^(?:executive )?summary$|\\bkey (?:changes|features|points)|\\bfeatures (?:added|implemented|included)|\\bbest practices\\b|\\btips\\b|^priorit|\\bchoose one\\b|^either\\W*$|^or\\W*$|庆祝|总结|重要提醒|注意事项|概要|概览|概述|目的(?!地)|目次|目录$|はじめに|備考|注記|補足|(?:更新|変更|改訂|改版|バージョン)履歴|変更记录|变更记录|版本历史|备注|まとめ|注意(?:点|事項)|対象範囲|スコープ|背景|所要時間|スケジュール|タイムライン|(?:リリース|変更)(?:内容|概要|点)|影響範囲|今後の(?:課題|改善|予定|展望)|メモ$|凡例|(?:文書|基本|リリース)情報|개요|목차|목적|비고|변경 이력|주의 ?사항|참고 ?사항|요약|\\bresumo\\b|\\bresumen\\b|\\bvisão geral|\\bnotas\\b|\\baperçu|übersicht|überblick|обзор|примечани|genel bakış',
  ),
  word(
    'notes',
    2,
    '\\bsummary\\b|\\bprogress$|^(?:you.re |now )?ready (?:for|to)\\b|\\barchitecture$|^changes\\b|\\bassumptions\\b|\\brisks?$|\\briesgos\\b|\\briscos\\b|\\bimprovements?$',
  ),
  word(
    'success',
    3,
    '\\bsuccess (?:criteria|criterion|metrics?|indicators?|declaration|measures?|definition|factors?|kpis?)|\\bsuccessful (?:if|when)\\b|\\bmetrics summary|\\b(?:expected|desired|target) (?:outcomes?|results?|benefits|improvements?)|成功标志|\\bacceptance criteria|\\bdefinition of done|\\b(?:exit|verification|validation|launch|quality) criteria|\\bcompletion criteria|\\bkpis?\\b|成功(?:标准|指标|基準|指標|条件|判定)|验收(?:标准|条件)|完成标准|受け?入れ?(?:条件|基準)|(?:完了|クローズ|close)(?:の)?(?:条件|基準|定義)|(?:合格|達成|判定)基準|성공 ?(?:기준|지표|조건)|(?:완료|인수) ?(?:기준|조건)|\\bcrit[eé]rios? de (?:sucesso|éxito|aceptación|aceitação)|\\bcritères de succès|\\berfolgskriterien|критерии успе|başarı',
  ),
  word(
    'success',
    2,
    '\\bsuccess\\b|\\bperformance (?:targets?|goals?|baselines?|benchmarks?)|^(?:benchmarks?|baselines?)$|\\bcompletion (?:checklist|checks?)|\\btarget metrics|\\bfinal validation\\b|\\b(?:business|technical) metrics|(?:性能|パフォーマンス)(?:目標|基準|要件)|目標値',
  ),
  BEFORE,
  TOPIC,
  word(
    'readiness',
    3,
    '\\bprerequisites?\\b|\\breadiness\\b|\\bpre-?flight|事前|準備|前提(?:条件)?|필수 조건|사전|\\bpré[ -]?(?:requis|déploiement|mise)|\\bantes d[eo]\\b|\\bprevio\\b|\\bprerrequisitos|\\brequisitos|\\bpré-requisitos|\\bavant (?:la|le|de|mise|déploiement)|\\bprérequis|\\bvor (?:dem|der)\\b|\\bvoraussetzungen|\\bvorbereitung|подготовк|перед |öncesi\\b|hazırlık|\\bföre\\b|\\binnan\\b',
  ),
  word(
    'readiness',
    2,
    '\\bprepar(?:e|ation|ations|ing)\\b|\\b(?:manual|setup|set-up|configuration|preparation|preparatory|required) steps\\b|必须|必要なもの|必須(?:要件|条件)|要件$|環境(?:設定|構築|変数)|初期設定|セットアップ|設定$|配置$|要求$|\\bprep\\b|\\brequirements?\\b|\\bhardening\\b|\\blocal (?:development|testing|setup)|\\bdevelopment (?:setup|environment)|\\bplanning\\b|\\bquality gates?\\b|\\bcode freeze\\b|\\bfeature freeze\\b|\\bpreparação|\\bpreparación|\\bpréparation|준비|准备',
  ),
  word(
    'readiness',
    1,
    '\\b(?:security|code|quality|documentation|infrastructure|compliance|legal|performance|accessibility|reliability|privacy|database|backups?|dependenc\\w+|environment|secrets?|access|configuration|config|setup|set up|resources|observability|maintainability|scalability|seo|testing|unit|integration|review|variables?|credentials|audit|gdpr|data|costs?|operations|hosting|devops|content)\\b|セキュリティ|性能|パフォーマンス|インフラ|データベース|バックアップ|コード|品質|ドキュメント|テスト|コンプライアンス|法務|アクセシビリティ|ネットワーク|権限|認証|構成|設定|監査|安全|数据库|基础设施|代码|质量|文档|测试|合规|网络|权限|环境|보안|성능|인프라|데이터베이스|백업|코드|품질|문서|테스트|환경|설정|권한|네트워크',
  ),
  AFTER,
  word(
    'verify',
    3,
    '\\bverif(?:y|ying|ication)\\b|^(?:test(?:s|ing)?|validat(?:e|ing)|monitor(?:ing)?) (?:the |your )?(?:deploy\\w*|release|launch|roll-?out|migration)\\b|\\bsmoke\\b|\\bsanity\\b|\\bafter\\b|验证|検証|(?:動作|稼働|疎通|稼動|正常性|本番環境?)の?(?:最終)?確認|スモーク|사후|검증|동작 확인|\\bpós[ -](?!rollback)|\\bapós\\b|\\bverifica[rçc]|\\bvalida[rçc]|\\bcomprobaci|\\bdespués\\b|\\bposterior|\\bvérification|\\baprès\\b|\\bnach (?:dem|der)\\b|überprüfung|проверк|после |\\bsonrası|doğrulama|\\befter\\b',
  ),
  word(
    'verify',
    2,
    '\\bvalidat(?:e|ion|ing)\\b|\\bmonitor(?:ing|s)?\\b|\\bhealth checks?|\\bstability\\b|\\bmaintenance (?!mode|window)|\\bmaintenance$|\\bongoing\\b|\\bfirst (?:\\d+ )?(?:hours?|days?|weeks?|months?|minutes?)\\b|\\bcheckpoints?\\b|\\bnext steps\\b|\\bpróximos pass?os\\b|下一步|次のステップ|다음 단계|\\bclean-?up\\b|\\bacceptance test|\\b(?:daily|weekly|monthly|quarterly|regular) (?:checks?|tasks?|reviews?|monitoring|maintenance)|\\bannounce|\\bobservation\\b|\\b(?:complete|completed|done|live)!|\\bshort-?term\\b|\\blong-?term\\b|监控|監視|모니터링|\\bmonitoramento|\\bmonitoreo|\\bsurveillance|überwachung|мониторинг|izleme',
  ),
  word(
    'execute',
    3,
    `\\b(?:deploy(?:ment)?|releas(?:e|ing)|launch|migration|go-?live|roll-?out|upgrade|cut-?over|installation) (?:steps?|process|procedures?|execution|sequence|day|phase|start|order|workflow|stages?|instructions)\\b|\\b(?:traffic|dns) (?:switch|shift|cut-?over)|\\bcut-?over\\b|\\bstep[ -]by[ -]step|\\bexecution\\b|\\btag (?:&|and) (?:release|publish)|部署(?:步骤|流程|执行)|发布(?:流程|步骤|执行)|上线(?:流程|步骤)|(?:デプロイ(?:メント)?|リリース|公開|移行|切り?替え?|本番反映|適用|更新|アップグレード|インストール|導入)の?(?:手順|作業|実施|実行|フロー|ステップ|プロセス|当日)|カットオーバー|当日(?:作業|手順)|作業手順|배포 ?(?:절차|단계|실행|순서)|(?<!próximos )\\bpass?os\\b|процесс развертывания|dağıtım adımları`,
  ),
  word(
    'execute',
    2,
    '(?<!continuous )\\bdeploy(?:ment|ments|ing|s)?\\b|\\breleas(?:e|es|ing)\\b(?! (?:notes?|candidate|branch|manager))|\\blaunch\\b|\\bgo-?live\\b|\\broll-?out\\b|\\bcanary\\b|\\binstall(?:ation|ing)?\\b|\\bpublish(?:ing)?\\b|\\bsubmi(?:t|ssion|tting)\\b|\\btransfer\\b|\\bmigrat(?:e|ing|ions?)\\b|\\bgoing live\\b|(?<!(?:next|manual|setup|set-up|configuration|preparation|preparatory|required|verification) )\\bsteps\\b|\\bdistribution\\b|(?:部署|发布|上线)(?!包|目录|文件|文档|指南|环境|架构|信息|成功)|(?:デプロイ(?:メント)?|リリース)(?!ノート|情報|環境|構成|内容|履歴|準備|管理|後|前)|本番反映|切り?替え|マイグレーション|移行|^手順$|배포|\\bimplantaç|\\bdespliegue|\\bdéploiement|\\bmise en (?:production|ligne)|\\bbereitstellung|\\bauslieferung|развертывани|развёртывани|деплой|релиз|\\bdağıtım|\\byayın',
  ),
  word('execute', 1, '\\bupgrade\\b|\\bbuild\\b|\\bmerge\\b|\\bswitch\\b|\\bversioning\\b|\\btag\\b|\\bstart\\b'),
]

/** Topics of standing requirements: also behind the release they are about what must be in place. */
export const STANDING =
  /\b(?:security|compliance|legal|performance|accessibility|reliability|privacy|infrastructure|scalability|hardening|backups?|configuration|environment|secrets?|access|gdpr|audit|observability|documentation|docs|training)\b|セキュリティ|コンプライアンス|法務|性能|パフォーマンス|インフラ|バックアップ|アクセシビリティ|ドキュメント|ネットワーク|権限|安全|文档|备份|보안|성능|인프라|문서|백업/

/** Titles of whole documents that list what must be so, without a release in it. */
export const READINESS_DOCUMENT =
  /\breadiness\b|\bpre-?(?:production|prod|launch|release|flight|deploy\w*)\b|\bprr\b|\bproduction (?:checklist|ready)|\blaunch checklist|\bhardening\b|\baudit\b|(?:リリース|デプロイ|公開|本番)(?:直)?前|本番(?:環境|公開|運用|化)?の?(?:準備|チェック)|上线前|배포 전/
/** Titles of whole documents that tell the way back. */
export const ROLLBACK_DOCUMENT = /\broll[ -]?back\b|\bback-?out\b|回滚|ロールバック|切り?戻し|롤백|откат/

/** Titles of whole documents that tell what to do, one after the other. */
export const STEPS_DOCUMENT =
  /\breleas(?:e|ing)\b|\bdeploy|\bmigration\b|\bcut-?over\b|\brun-?book\b|\bupgrade\b|\bsteps\b|发布|部署|リリース|デプロイ|移行|手順書?|배포/
