import { describe, expect, it } from 'vitest'
import { looksOnly } from './command-hazards.ts'
import { isInlineCommand, isShell, readCommandBlock, toCommand } from './commands.ts'

const hazards = (script: string) => {
  const { background, endless, interactive, destructive, placeholders } = toCommand(script, null, 1)
  const named = Object.entries({ background, endless, interactive, destructive }).filter(([, on]) => on)
  return [...named.map(([name]) => name), ...placeholders]
}

describe('command blocks', () => {
  it('makes a step of each numbered comment, continuations and all lines included', () => {
    const block = readCommandBlock(
      ['# 1. Build', 'make build \\', '  --release', '', '# why so', 'make sign', '# 2) Ship', 'make ship &'].join(
        '\n',
      ),
      10,
    )
    expect(block.numbered).toBe(true)
    expect(block.steps.map(({ title, line }) => [title, line])).toEqual([
      ['Build', 10],
      ['Ship', 16],
    ])
    expect(block.steps[0]?.commands[0]?.script).toBe('make build \\\n  --release\n\nmake sign')
    expect(block.steps[0]?.commands[0]?.line).toBe(11)
    expect(block.steps[1]?.commands[0]?.background).toBe(true)
  })

  it('leaves numbers in heredocs and quoted strings alone', () => {
    const heredoc = [
      'cat > steps.txt <<EOF',
      '# 1. not a step',
      'EOF',
      'python -c "',
      '# 2. nor this',
      'print(1)"',
    ].join('\n')
    const block = readCommandBlock(heredoc, 1)
    expect(block.numbered).toBe(false)
    expect(block.steps).toHaveLength(1)
    expect(block.steps[0]?.commands[0]?.script).toBe(heredoc)
  })

  it('names the paragraphs of an unnumbered block by their comments', () => {
    const block = readCommandBlock('# Check\ncurl -f localhost\n\n# Look\nls\n', 1)
    expect(block.steps.map(({ title, commands }) => [title, commands[0]?.script])).toEqual([
      ['Check', 'curl -f localhost'],
      ['Look', 'ls'],
    ])
  })

  it('finds nothing to run where there are only comments', () => {
    const block = readCommandBlock('# 1. Alerting\n# - look at the dashboard\n# 2. Ship\nmake ship', 1)
    expect(block.steps.map(({ commands, notes }) => [commands[0]?.script ?? null, notes])).toEqual([
      [null, ['look at the dashboard']],
      ['make ship', []],
    ])
    expect(readCommandBlock('# only words', 1).steps.every(({ commands }) => commands.length === 0)).toBe(true)
  })

  it('reads loops, functions and subshells as one statement, comments inside them included', () => {
    const script = 'for host in a b; do\n  # each of them\n  bin/ping "$host"\ndone\n(cd tools && bin/sign)'
    const [step, ...others] = readCommandBlock(script, 1).steps
    expect(others).toEqual([])
    expect(step?.commands.map((command) => [command.script, command.problem])).toEqual([[script, null]])
  })

  it('cuts a paragraph behind what stays in the background', () => {
    const [step] = readCommandBlock('bin/serve & # keep it\nbin/warm-up\nbin/ready', 4).steps
    expect(step?.commands.map(({ script, line, background }) => [script, line, background])).toEqual([
      ['bin/serve &', 4, true],
      ['bin/warm-up\nbin/ready', 5, false],
    ])
  })

  const expected = (script: string) =>
    readCommandBlock(script, 1).steps.flatMap(({ commands }) =>
      commands.map((command) => [
        command.script,
        command.expects && `${command.expects.kind} ${command.expects.value}`,
      ]),
    )

  it('hangs an expectation on the command it stands behind', () => {
    expect(expected('cd tools\nbin/count # should be 0\nbin/next')).toEqual([
      ['cd tools', null],
      ['bin/count', 'equals 0'],
      ['bin/next', null],
    ])
  })

  it('below the command, also behind an empty line', () => {
    expect(expected('bin/a\nbin/count\n# Expected: 7\nbin/next')).toEqual([
      ['bin/a', null],
      ['bin/count', 'equals 7'],
      ['bin/next', null],
    ])
    expect(expected('bin/count\n\n# Should be 7\n')).toEqual([['bin/count', 'equals 7']])
  })

  it('above it, where the first of a block stands there', () => {
    expect(expected('# Should be 1\nbin/one\n# Should be 2\nbin/two')).toEqual([
      ['bin/one', 'equals 1'],
      ['bin/two', 'equals 2'],
    ])
    expect(expected('# 1. Queue is drained (should be 0)\ncd tools\nbin/queue\n# 2. Ship\nbin/ship')).toEqual([
      ['cd tools', null],
      ['bin/queue', 'equals 0'],
      ['bin/ship', null],
    ])
  })

  it('takes lines below "Expected output:" for output, commented or not', () => {
    expect(expected('bin/state\n# Expected output:\n# up\n\nbin/next')).toEqual([
      ['bin/state', 'equals up'],
      ['bin/next', null],
    ])
    expect(expected('kubectl get pods\n# Expected output:\nNAME  READY\nweb-1 1/1')).toEqual([
      ['kubectl get pods', 'described null'],
    ])
  })

  it('takes prompts off, and what was printed between them', () => {
    const scripts = (text: string, lang: string | null = 'bash') =>
      readCommandBlock(text, 1, lang).steps.flatMap(({ commands }) => commands.map(({ script }) => script))
    expect(scripts('$ git status\nOn branch main\n$ make ship')).toEqual(['git status\n\nmake ship'])
    expect(scripts('ops@web:~/app$ make \\\n>   ship\ndone.')).toEqual(['make \\\n  ship'])
    expect(scripts('> git status\n> make ship')).toEqual(['git status\nmake ship'])
    expect(scripts('# systemctl restart app\nok', 'console')).toEqual(['systemctl restart app'])
    expect(scripts('# restart the app\nmake restart')).toEqual(['make restart'])
  })

  it('says why something is never run', () => {
    const problems = (text: string, lang: string | null = 'bash') =>
      readCommandBlock(text, 1, lang).steps.flatMap(({ commands }) => commands.map(({ problem }) => problem))
    expect(problems('make ship\nDeployment finished without errors')).toEqual([
      null,
      expect.stringMatching(/^is no command: `Deployment finished/),
    ])
    expect(problems('if release is green then ship it\n\nmake ship')).toEqual([
      expect.stringMatching(/^is no shell/),
      null,
    ])
    expect(problems('cat > notes <<EOF\nhello')).toEqual([expect.stringMatching(/heredoc/)])
    expect(problems('Get-Service app', 'powershell')).toEqual([expect.stringMatching(/powershell/)])
    expect(problems('mysql> SELECT 1;')).toEqual([expect.stringMatching(/another program/)])
  })

  it('groups ways of doing the same, by number or by "or"', () => {
    const ways = (text: string) =>
      readCommandBlock(text, 1).steps.flatMap(({ commands }) =>
        commands.map(({ script, alternative }) => [script, alternative && `${alternative.group}: ${alternative.name}`]),
      )
    expect(ways('# Method 1: by image\nbin/a\n\n# Method 2: by tag\nbin/b')).toEqual([
      ['bin/a', 'line 1: Method 1: by image'],
      ['bin/b', 'line 1: Method 2: by tag'],
    ])
    expect(ways('bin/prepare\n\n# Take the short way\nbin/a\n\n# Or the long one\nbin/b')).toEqual([
      ['bin/prepare', null],
      ['bin/a', 'line 3: Take the short way'],
      ['bin/b', 'line 3: Or the long one'],
    ])
    expect(ways('# If using nginx\nbin/a\n\n# If using caddy\nbin/b').map(([, way]) => way)).toEqual([
      'line 1: If using nginx',
      'line 1: If using caddy',
    ])
    expect(ways('# Using the new image\nbin/a\n\n# Order matters\nbin/b').map(([, way]) => way)).toEqual([null, null])
  })

  it('does not take pasted output for commands', () => {
    expect(readCommandBlock('✅ ci.yml - valid\n', 1).steps).toEqual([])
  })

  it('knows shell by its language, or by its first line', () => {
    expect(isShell('bash', '')).toBe(true)
    expect(isShell('sql', 'select 1')).toBe(false)
    expect(isShell(null, '# go\nkubectl get pods')).toBe(true)
    expect(isShell(null, 'RELEASE LOG\nDate: ____')).toBe(false)
    expect(isShell(null, 'git log\nshows what is new')).toBe(false)
    expect(isShell(null, '$ bin/ship\nshipped')).toBe(true)
    // The contents of a file of settings.
    expect(isShell('bash', '# keys\nAPI_KEY=xxx\nHOST="a b"')).toBe(false)
    expect(isShell('bash', 'export HOST=a')).toBe(true)
  })
})

describe('what makes a command unfit to run unattended', () => {
  it.each<[string, string[]]>([
    ['node server.js &', ['background']],
    ['make && make install', []],
    ['cmd 2>&1', []],
    ['tail -f app.log', ['endless']],
    ['tail -100 app.log', []],
    ['docker compose logs -f --tail=100', ['endless']],
    ['kubectl logs app --tail=50', []],
    ['kubectl port-forward svc/app 80:80 &', ['background']],
    ['pm2 logs', ['endless']],
    ['kubectl exec -it app -- sh', ['interactive']],
    ['psql -c "select 1"', []],
    ['vim config.yml', ['interactive']],
    ['pkill -f "node.*app"', ['destructive']],
    ['git reset --hard HEAD~1', ['destructive']],
    ['psql -c "UPDATE flags SET on = false"', ['destructive']],
    ['kubectl delete namespace app', ['destructive']],
    ['rm -rf build', ['destructive']],
    ['git checkout <PREVIOUS_TAG>', ['<PREVIOUS_TAG>']],
    ['./restore.sh production [backup-timestamp]', ['[backup-timestamp]']],
    ['psql app < dump.sql > out.txt', []],
    ['curl https://your-api.com/health', ['your-api.com']],
    ['grep "[a-z]" file && [ -f x ] && echo "${a[0]}"', []],
    ['git tag vX.Y.Z', ['vX.Y.Z']],
  ])('%s', (script, expected) => {
    expect(hazards(script)).toEqual(expected)
  })

  it.each<[string, string[]]>([
    ['docker compose up', ['endless']],
    ['docker compose up -d', []],
    ['npm run dev', ['endless']],
    ['npm run build', []],
    ['kubectl get pods --watch', ['endless']],
    ['kubectl rollout status deploy/app -w', []],
    ['while true; do curl localhost; sleep 1; done', ['endless']],
    ['until curl -f localhost; do sleep 1; done', []],
    ['while :; do bin/ready && break; done', []],
    ['python -m http.server', ['endless']],
    ['tail -f app.log &', ['background']],
    ['redis-cli', ['interactive']],
    ['redis-cli -h cache -p 6379 ping', []],
    ['psql -h db app', ['interactive']],
    ['psql -h db app < dump.sql', []],
    ['mysql -u root -p', ['interactive']],
    ['ssh ops@web', ['interactive']],
    ['ssh ops@web uptime', []],
    ['git commit', ['interactive']],
    ['git commit -am "Ship"', []],
    ['git log | less', []],
    ['terraform apply', ['interactive']],
    ['terraform apply plan.out', []],
    ['apt install nginx', ['interactive']],
    ['sudo apt-get install -y nginx', []],
    ['read answer', ['interactive']],
    ['sudo -u postgres psql -c "DROP TABLE old"', ['destructive']],
    ['psql -c "INSERT INTO log VALUES (\'DROP TABLE\')"', []],
    ['ls -1 | xargs rm', ['destructive']],
    ["ssh ops@web 'rm -rf /srv/app'", ['destructive']],
    ["sh -c 'git push --force'", ['destructive']],
    ['kubectl exec app -- psql -c "TRUNCATE queue"', ['destructive']],
    ['echo "DELETE FROM queue" | psql', ['destructive']],
    ['psql <<SQL\nUPDATE flags SET on = true;\nSQL', ['destructive']],
    ['ssh ops@web <<END\nkubectl delete pod a\nEND', ['destructive']],
    ['echo "$(rm -rf build)"', ['destructive']],
    ['docker compose down', []],
    ['docker compose down -v', ['destructive']],
    ['docker system prune -f', ['destructive']],
    ['terraform destroy -auto-approve', ['destructive']],
    ['aws s3 rm s3://bucket/key', ['destructive']],
    ['redis-cli FLUSHALL', ['destructive']],
    ['npx prisma migrate reset', ['destructive']],
    ['git push origin +main', ['destructive']],
    ['dd if=/dev/zero of=/dev/sda', ['destructive']],
    ['> app.log', ['destructive']],
    ['echo x > /etc/hosts', ['destructive']],
    ['pg_dump app > backup.sql', []],
    ['echo "rm -rf build"', []],
    ['git log --oneline | grep delete', []],
  ])('%s: %j', (script, expected) => expect(hazards(script)).toEqual(expected))

  it.each<[string, string[]]>([
    ['bin/ship <version> --to {region}', ['<version>', '{region}']],
    ['scp app.tgz deploy@<host>:/srv', ['<host>']],
    ['cat backup_<timestamp>.sql', ['<timestamp>']],
    ['curl https://api.example.com/health', ['api.example.com']],
    ['curl https://yourdomain.com', ['yourdomain.com']],
    ['export KEY=YOUR_API_KEY', ['YOUR_API_KEY']],
    ['cp app.db app-YYYYMMDD.db', ['YYYYMMDD']],
    ['docker tag app:XXXX app:1.x.x', ['XXXX', '1.x.x']],
    ['wget https://host/v{{ version }}.tgz', ['{{ version }}']],
    ['bin/ship [VERSION] ...', ['[VERSION]', '...']],
    ['/path/to/app --run', ['/path/to/app']],
    ['ssh 192.168.x.x uptime', ['192.168.x.x']],
    // None of these is one.
    ['sort <in >out', []],
    ['sort <in>out', []],
    ['curl -d \'{"a": [1]}\' localhost', []],
    ["curl -w '%{http_code}' localhost", []],
    ["docker ps --format '{{.Names}}'", []],
    ["kubectl get pods -o jsonpath='{.items[0]}' | awk '{print $1}'", []],
    ['git stash show stash@{0}', []],
    ['ls *.[ch] {a,b}.txt', []],
    ['mktemp /tmp/app.XXXXXX', []],
    ['go test ./...', []],
    ['echo ${name} $(date +%Y%m%d)', []],
  ])('%s leaves open %j', (script, expected) => expect(toCommand(script, null, 1).placeholders).toEqual(expected))

  it('knows the variables that are read and set nowhere in it', () => {
    const variables = (script: string) => toCommand(script, null, 1).variables
    expect(variables('psql "$DATABASE_URL" -c "select $N"')).toEqual(['DATABASE_URL', 'N'])
    expect(variables("TAG=v1\necho $TAG ${STAGE:-dev} $HOME $1 '$QUOTED'")).toEqual([])
    expect(variables('for pod in a b; do echo $pod; done; read -r name; echo $name')).toEqual([])
    expect(variables('source .env\necho $ANYTHING')).toEqual([])
    expect(variables('cat <<END\n$INSIDE\nEND')).toEqual(['INSIDE'])
  })

  it.each([
    'kubectl -n prod get pods | grep -v Running',
    'docker compose ps',
    'sudo nginx -t',
    'git status --short && git log -3',
    'curl -s -o /dev/null -w "%{http_code}" localhost',
    'find . -name "*.log" -mtime -1 2>/dev/null',
    'kubectl exec app -- cat /etc/hosts',
    'psql "$DATABASE_URL" -c "SELECT 1"',
    'npx tsc --noEmit',
    'if [ -f a ]; then cat a; fi',
    'redis-cli -h cache info',
    'systemctl is-active app',
  ])('only looks: %s', (script) => expect(looksOnly(script)).toBe(true))

  it.each([
    'kubectl apply -f app.yaml',
    'curl --data @body localhost',
    'curl -o app.tgz https://host/app.tgz',
    'cat a >> b',
    'echo "$(bin/unknown)"',
    'curl https://host/install.sh | sh',
    'find . -delete',
    'sed -i s/a/b/ file',
    '$COMMAND status',
    'psql -c "SELECT pg_terminate_backend(1)"',
    'psql -f change.sql',
    'git branch -D old',
    'git status; bin/unknown',
    'systemctl restart app',
    'npx eslint . --fix',
    'ls &',
    'ls "',
    '',
  ])('may change something: %s', (script) => expect(looksOnly(script)).toBe(false))

  it('takes unknown programs for changing something', () => {
    expect(looksOnly('curl -f localhost/health && kubectl get pods | grep app')).toBe(true)
    expect(looksOnly('psql -c "SELECT count(*) FROM queue; "')).toBe(true)
    expect(looksOnly('node migrate.js')).toBe(false)
    expect(looksOnly('curl -X POST localhost/switch')).toBe(false)
    expect(looksOnly('cat a > b')).toBe(false)
  })

  it('tells commands from names and values in running text', () => {
    expect(['npm test', './scripts/smoke.sh', 'kubectl get pods'].every(isInlineCommand)).toBe(true)
    expect(['DATABASE_URL', './logs/app.log', 'main', 'Yes / No', '/health'].some(isInlineCommand)).toBe(false)
  })
})
