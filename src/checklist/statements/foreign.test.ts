import { describe, expect, it } from 'vitest'
import { foreignPerson, foreignTerm, isForeign, isForeignOrder } from './foreign.ts'

describe('other languages', () => {
  it.each([
    ['Redis连接正常', 'Redis'],
    ['磁盘空间充足', '磁盘'],
    ['엔드포인트 응답 시간 정상', '응답 시간'],
    ['Диски свободны', 'Диск'],
    ['バックアップ済み', 'バックアップ'],
    ['アクセスログを確認', 'ログ'],
    ['ビルドが成功する', 'ビルド'],
    ['デバッグモードが無効', 'デバッグモード'],
    ['すべてのコンテナが起動している', 'コンテナ'],
    ['夜間の自動テストがすべて通過', '自動テスト'],
    ['Los pods están listos y con memoria', 'pods'],
    ['Das Backup ist geprüft', 'Backup'],
  ])('%s rests on %s', (text, term) => expect(foreignTerm(text)).toBe(term))

  it.each([
    '数据库文档已更新',
    'サポート窓口の準備',
    'プログラムの説明',
    'バックアップ手順書が最新',
    'ビルドサーバーを停止する',
    '删除旧的缓存',
    '로그 설정',
    'Создать бэкап',
    'La equipe est prête avec le backup',
    'Eliminar los pods del servicio con errores',
    '页面好看',
    'The backup is done',
  ])('%s rests on none', (text) => expect(foreignTerm(text)).toBeNull())

  it('tells orders by their verb, also behind the name of a file', () => {
    expect(isForeignOrder('添加缓存')).toBe(true)
    expect(isForeignOrder('compose.yml: 添加缓存')).toBe(true)
    expect(isForeignOrder('运行全部单元测试')).toBe(false)
    expect(isForeignOrder('인덱스 생성')).toBe(true)
    expect(isForeignOrder('인덱스 생성 확인')).toBe(false)
    expect(isForeignOrder('Deploy')).toBe(false)
  })

  it('tells Japanese orders from what is said to be so', () => {
    for (const order of ['旧サーバーを停止する', '本番へリリース', '管理画面にログイン', 'worker: 新しい版を起動'])
      expect(isForeignOrder(order)).toBe(true)
    for (const state of ['検索が動作する', '両方の版が一致する', '旧サーバーが停止したことを確認する', '鍵を設定'])
      expect(isForeignOrder(state)).toBe(false)
  })

  it.each([
    ['保守手順書が作成されている', '手順書'],
    ['運用チームへの研修完了', 'チーム'],
    ['关键变更已审批', '审批'],
  ])('%s is a matter of people', (text, word) => expect(foreignPerson(text)).toBe(word))

  it.each(['関係者に周知する', 'ビルドが成功する', 'The training is done'])('%s is none of people', (text) =>
    expect(foreignPerson(text)).toBeNull(),
  )

  it('takes no English sentence for one', () => {
    for (const text of ['Check the logs for errors', 'The service is on call', 'Die rolls are logged'])
      expect(isForeign(text)).toBe(false)
  })
})
