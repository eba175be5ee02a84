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
    expect(block.steps[0]?.command?.script).toBe('make build \\\n  --release\n\nmake sign')
    expect(block.steps[0]?.command?.line).toBe(11)
    expect(block.steps[1]?.command?.background).toBe(true)
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
    expect(block.steps[0]?.command?.script).toBe(heredoc)
  })

  it('names the paragraphs of an unnumbered block by their comments', () => {
    const block = readCommandBlock('# Check\ncurl -f localhost\n\n# Look\nls\n', 1)
    expect(block.steps.map(({ title, command }) => [title, command?.script])).toEqual([
      ['Check', 'curl -f localhost'],
      ['Look', 'ls'],
    ])
  })

  it('finds nothing to run where there are only comments', () => {
    const block = readCommandBlock('# 1. Alerting\n# - look at the dashboard\n# 2. Ship\nmake ship', 1)
    expect(block.steps.map(({ command, notes }) => [command?.script ?? null, notes])).toEqual([
      [null, ['look at the dashboard']],
      ['make ship', []],
    ])
    expect(readCommandBlock('# only words', 1).steps.every(({ command }) => command === null)).toBe(true)
  })

  it('does not take pasted output for commands', () => {
    expect(readCommandBlock('✅ ci.yml - valid\n', 1).steps).toEqual([])
  })

  it('knows shell by its language, or by its first line', () => {
    expect(isShell('bash', '')).toBe(true)
    expect(isShell('sql', 'select 1')).toBe(false)
    expect(isShell(null, '# go\nkubectl get pods')).toBe(true)
    expect(isShell(null, 'RELEASE LOG\nDate: ____')).toBe(false)
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
