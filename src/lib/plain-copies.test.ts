// What a shell text copies byte by byte, and what only looks like it.
import { expect, it } from 'vitest'
import { plainCopies } from './plain-copies.ts'

const sources = (script: string, env: Record<string, string> = {}) =>
  plainCopies(script, env).map(({ source, within }) => [...within, source].join(' > '))

it.each([
  ['cp app.db backup/', ['app.db']],
  ['cp -p app.db app.db-wal -t backup', ['app.db', 'app.db-wal']],
  ['sudo -u shop cp --preserve=all /var/lib/app.db "/mnt/back up/app.db"', ['/var/lib/app.db']],
  ['install -m 600 -o root app.db /backup/app.db', ['app.db']],
  ['cat app.db > copy.db', ['app.db']],
  ['cat app.db | gzip -9 > copy.gz', ['app.db']],
  ['cat < app.db | ssh host "cat > copy.db"', ['app.db']],
  ['gzip -k app.db', ['app.db']],
  ['rsync -az -e "ssh -p 22" --exclude tmp data/ host:/backup/', ['data/']],
  ['scp -i key app.db host:/backup/', ['app.db']],
  ['dd bs=1M if=app.db of=copy.db', ['app.db']],
  ['dd < app.db > copy.db', ['app.db']],
  ['tar czf backup.tgz data/app.db data/app.db-wal', ['data/app.db', 'data/app.db-wal']],
  ['tar -cz -f backup.tgz -C /srv data --exclude x', ['/srv/data']],
  ['tar --create --file backup.tar app.db', ['app.db']],
  ['zip -r backup.zip data', ['data']],
  ['aws s3 cp --quiet app.db s3://bucket/app.db', ['app.db']],
  ['cd /srv/app && cp app.db /backup', ['/srv/app > app.db']],
  ['(cd /srv; ls); cp app.db /backup', ['app.db']],
  ['DB=/srv/app.db\ncp "$DB" "${DB}.bak"', ['/srv/app.db']],
  ['export DB=x.db; for d in a b; do cp $DB $d; done', ['x.db']],
  ['bash -c "cp app.db copy.db"', ['app.db']],
  ['if [ -f app.db ]; then timeout 60 cp app.db copy.db; fi', ['app.db']],
  ['echo $(cp app.db copy.db)', ['app.db']],
])('%s copies %j', (script, expected) => {
  expect(sources(script)).toEqual(expected)
})

it.each([
  'sqlite3 app.db ".backup copy.db"',
  'sqlite3 app.db "VACUUM INTO \'copy.db\'"',
  'gonogo backup create',
  'cat app.db | sha256sum',
  'cat app.db > /dev/null',
  'ls -l app.db',
  'tar xzf backup.tgz app.db',
  'tar tf backup.tar app.db',
  'gzip -d app.db.gz',
  'scp host:/srv/app.db .',
  'echo cp app.db copy.db',
  'ssh host cp app.db copy.db',
  '# cp app.db copy.db',
  'mkdir -p backup',
])('%s copies nothing of ours', (script) => {
  expect(sources(script)).toEqual([])
})

it('takes variables from the environment, and leaves unknown ones as written', () => {
  expect(sources('cp $DB ~/x $OTHER /backup', { DB: '/a.db', HOME: '/home/ann' })).toEqual([
    '/a.db',
    '/home/ann/x',
    '$OTHER',
  ])
})

it('reads hostile text without harm', () => {
  for (const script of [
    'cp '.repeat(20_000),
    `${'('.repeat(2000)}cp a b`,
    'cp "',
    'bash -c \'bash -c "cp a b"\'',
    '$((',
  ])
    expect(Array.isArray(plainCopies(script))).toBe(true)
})
