// What nginx includes where it has no Lua: the table is part of the configuration, and every change of it a reload.
import { canonicalJson } from '../../lib/hash.ts'
import { OutsideError } from '../../lib/errors.ts'
import type { Backend, RoutingTable } from '../../plan/traffic.ts'
import { forwarding } from './forwarding.ts'
import { nginxPrefix, quoteDirective } from './paths.ts'
import type { NginxSettings } from './settings.ts'
import { checkTable, cutsOf } from './table-text.ts'

/** For `http { }`. @throws OutsideError when the table cannot be put in force. */
export function splitHttp(settings: NginxSettings, name: string, system: string, table: RoutingTable): string {
  checkTable(system, table)
  const versions = [...new Set(table.backends.map(({ version }) => version))]
  for (const version of versions)
    // No sign that means something to nginx.
    if (!/^[\w.+:@/-]+$/.test(version))
      throw new OutsideError(system, `refuses the table: ${version} cannot be named in nginx`)
  const prefix = nginxPrefix(name)
  const upstreams = versions.flatMap((version, index) => [
    upstream(settings, `${prefix}_${index}`, table, version, version !== table.stable),
    upstream(settings, `${prefix}_${index}_only`, table, version, false),
  ])
  return [
    `# Written by gonogo, router ${JSON.stringify(name)}: for http { }. Changes are overwritten.`,
    `# gonogo-table ${canonicalJson(table)}`,
    `map $http_upgrade $${prefix}_connection { default upgrade; "" ""; }`,
    map('$http_upgrade:$http_accept', `${prefix}_streams`, [
      ['default', 'no'],
      ['~^[^:]|text/event-stream', 'yes'],
    ]),
    ...choice(settings, prefix, table, versions),
    map('$upstream_addr', `${prefix}_answered`, [
      ...table.backends.map(({ version, ...backend }): [string, string] => [
        `~(?:^|[ ,])${escapeExpression(hostAndPort(backend))}$`,
        version,
      ]),
      ['default', `$${prefix}_version`],
    ]),
    `geo $${prefix}_dollar { default "$"; }`,
    map('', `${prefix}_is_closed`, [['default', table.closed === undefined ? 'no' : 'yes']]),
    map('', `${prefix}_closed`, [['default', (table.closed ?? '').replaceAll('$', `\${${prefix}_dollar}`)]]),
    ...upstreams,
    '',
  ].join('\n')
}

/** For `server { }`: the same whatever the table. */
export function splitServer(settings: NginxSettings, name: string): string {
  const prefix = nginxPrefix(name)
  const { previewHeader, stickyCookie, location, attemptsMax } = settings
  const headers = [
    ...(previewHeader === null
      ? []
      : [`proxy_hide_header ${previewHeader};`, `add_header ${previewHeader} $${prefix}_answered always;`]),
    ...(stickyCookie === null ? [] : [`add_header Set-Cookie $${prefix}_cookie always;`]),
  ]
  const pass = (isStream: boolean): string => `  proxy_pass http://$${prefix}_upstream;
${forwarding(settings, `$${prefix}_connection`, isStream)}
  proxy_next_upstream error timeout invalid_header;
  proxy_next_upstream_tries ${attemptsMax};
  ${headers.join('\n  ')}
`
  return `# Written by gonogo, router ${JSON.stringify(name)}: for server { }. Changes are overwritten.
location ${quoteDirective(location)} {
  if ($${prefix}_is_closed = yes) {
    add_header Retry-After 30 always;
    add_header Cache-Control no-store always;
    return 503 "$${prefix}_closed\\n";
  }
  if ($${prefix}_version = "") {
    return 503 "gonogo router: no version like that is routed here\\n";
  }
  error_page 418 = @${prefix}_streamed;
  if ($${prefix}_streams = yes) {
    return 418;
  }
  default_type "text/plain; charset=utf-8";
${pass(false)}}
location @${prefix}_streamed {
${pass(true)}}
`
}

/** Which version a request goes to: what its header asks, else what its client's cookie draws, else chance. */
function choice(
  { previewHeader, stickyCookie }: NginxSettings,
  prefix: string,
  table: RoutingTable,
  versions: readonly string[],
): string[] {
  const cuts = cutsOf(table)
  const candidate = versions.find((version) => version !== table.stable)
  const shares = cuts.slice(0, -1).map(({ version, upTo }, index) => {
    const share = upTo - (cuts[index - 1]?.upTo ?? 0)
    // nginx knows two places after the point, and no 0 %.
    return `${Math.max(0.01, Math.round(share * 100) / 100)}% ${quoteDirective(version)};`
  })
  const salt = cuts.map(({ version }) => version).filter((version) => version !== table.stable)
  const client = `$${prefix}_client`
  const known = stickyCookie === null ? 'none' : `~(?:^|;\\s*)${stickyCookie}=(?<${prefix}_id>[0-9a-f]{8})(?:;|$)`
  const asked = `$http_${(previewHeader ?? 'none').replaceAll('-', '_')}`
  const cookie = `${stickyCookie}=$${prefix}_new; Path=/; HttpOnly; SameSite=Lax`
  return [
    map('$http_cookie', `${prefix}_client`, [
      ['default', ''],
      [known, stickyCookie === null ? '' : `$${prefix}_id`],
    ]),
    map('$request_id', `${prefix}_new`, [[`~^(?<${prefix}_drawn_id>.{8})`, `$${prefix}_drawn_id`]]),
    map(client, `${prefix}_lot`, [
      ['', `$${prefix}_new`],
      ['default', client],
    ]),
    map(client, `${prefix}_cookie`, [
      ['', cuts.length > 1 && stickyCookie !== null ? cookie : ''],
      ['default', ''],
    ]),
    `split_clients ${quoteDirective(`$${prefix}_lot ${salt.join(' ')}`)} $${prefix}_drawn { ${shares.join(' ')} * ${quoteDirective(cuts.at(-1)?.version ?? table.stable)}; }`,
    map(previewHeader === null ? '' : asked, `${prefix}_version`, [
      ['', `$${prefix}_drawn`],
      ...versions.map((version): [string, string] => [`\\${version}`, version]),
      ...(versions.includes('stable') ? [] : [['stable', table.stable] as [string, string]]),
      ...(candidate === undefined || versions.includes('candidate')
        ? []
        : [['candidate', candidate] as [string, string]]),
      ['default', ''],
    ]),
    map(previewHeader === null ? '' : asked, `${prefix}_asked`, [
      ['', ''],
      ['default', '_only'],
    ]),
    map(`$${prefix}_version`, `${prefix}_upstream`, [
      ...versions.map((version, index): [string, string] => [`\\${version}`, `${prefix}_${index}$${prefix}_asked`]),
      ['default', ''],
    ]),
  ]
}

/** The servers of a version; where it may, stable answers what none of them took. */
function upstream(
  { idleConnectionMs, ejectMs }: NginxSettings,
  name: string,
  { backends, stable }: RoutingTable,
  version: string,
  hasBackup: boolean,
): string {
  const limits = `max_fails=1 fail_timeout=${Math.max(1, Math.round(ejectMs / 1000))}s`
  const own = backends.filter((backend) => backend.version === version)
  const backup = hasBackup ? backends.filter((backend) => backend.version === stable) : []
  return [
    `upstream ${name} {`,
    ...own.map((backend) => `  server ${hostAndPort(backend)} ${limits};`),
    ...backup.map((backend) => `  server ${hostAndPort(backend)} ${limits} backup;`),
    '  keepalive 256;',
    `  keepalive_timeout ${idleConnectionMs}ms;`,
    '}',
  ].join('\n')
}

function hostAndPort({ host, port }: Pick<Backend, 'host' | 'port'>): string {
  return `${host === 'localhost' ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host}:${port}`
}

function map(of: string, name: string, entries: readonly [string, string][]): string {
  const lines = entries.map(([key, value]) => `${key === 'default' ? key : quoteRaw(key)} ${quoteRaw(value)};`)
  return `map ${quoteRaw(of)} $${name} { ${lines.join(' ')} }`
}

/** A word whose backslashes are meant for nginx's map and regular expressions. */
function quoteRaw(text: string): string {
  return `"${text.replaceAll('"', String.raw`\"`)}"`
}

function escapeExpression(text: string): string {
  return text.replaceAll(/[.[\]+*?()|^$]/g, String.raw`\$&`)
}
