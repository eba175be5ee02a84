import { describe, expect, it } from 'vitest'
import { foreignTerm, isForeign, isForeignOrder } from './foreign.ts'

describe('other languages', () => {
  it.each([
    ['Redis连接正常', 'Redis'],
    ['磁盘空间充足', '磁盘'],
    ['엔드포인트 응답 시간 정상', '응답 시간'],
    ['Диски свободны', 'Диск'],
    ['バックアップ済み', 'バックアップ'],
    ['Los pods están listos y con memoria', 'pods'],
    ['Das Backup ist geprüft', 'Backup'],
  ])('%s rests on %s', (text, term) => expect(foreignTerm(text)).toBe(term))

  it.each([
    '数据库文档已更新',
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

  it('takes no English sentence for one', () => {
    for (const text of ['Check the logs for errors', 'The service is on call', 'Die rolls are logged'])
      expect(isForeign(text)).toBe(false)
  })
})
