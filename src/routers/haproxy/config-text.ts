// The haproxy.cfg that gonogo writes: who gets what stands in a map that the runtime API changes; requests are not lost on the way.
// A colour has two backends. `blue` has its own servers only. `blue-trial` is for a version on trial: its servers take the first attempt
// (`use-server`), and what fails goes again to the servers that the balancing knows: those of the other version.
import { isIPv6 } from 'node:net'
import { sha256 } from '../../lib/hash.ts'
import type { Backend } from '../../plan/traffic.ts'
import { COLOURS, otherColour, type Colour, type Occupation } from './colours.ts'
import type { GeneratedOptions } from './options.ts'
import type { HaproxyPaths } from './paths.ts'

const CHECK_EVERY_MS = 250
/** Connections of a process that was reloaded live so long, WebSockets among them. */
const OLD_PROCESS_S = 300

/** A server that nobody has. */
const NOBODY = '127.0.0.1:1 disabled'

/** What stands in `show info` of a process with these options: another text is another configuration. */
export function descriptionOf(options: GeneratedOptions, paths: HaproxyPaths, socketUser: string | null): string {
  return `gonogo ${sha256(sections(options, paths, socketUser, { blue: null, green: null }).join('\n')).slice(0, 16)}`
}

/** The whole file. @param socketUser who owns the runtime socket, where HAProxy runs as somebody else. */
export function configText(
  options: GeneratedOptions,
  paths: HaproxyPaths,
  socketUser: string | null,
  occupation: Occupation,
): string {
  const [global = '', ...others] = sections(options, paths, socketUser, occupation)
  const description = descriptionOf(options, paths, socketUser)
  return [
    '# Written by gonogo: changes are lost at its next. Addresses are those of the instances at this moment.',
    `${global}  description ${description.replaceAll(' ', '\\ ')}`,
    ...others,
    '',
  ].join('\n')
}

function sections(
  options: GeneratedOptions,
  paths: HaproxyPaths,
  socketUser: string | null,
  occupation: Occupation,
): string[] {
  return [
    globalSection(options, paths, socketUser),
    defaultsSection(options),
    frontendSection(options, paths),
    ...COLOURS.map((colour) => plainBackend(colour, options, occupation)),
    ...COLOURS.map((colour) => trialBackend(colour, options, occupation)),
  ]
}

function globalSection({ threads, hold }: GeneratedOptions, paths: HaproxyPaths, socketUser: string | null): string {
  const owner = socketUser === null ? '' : ` user ${socketUser}`
  return section('global', [
    `stats socket ${paths.socket} mode 600${owner} level admin expose-fd listeners`,
    'stats timeout 30s',
    `hard-stop-after ${OLD_PROCESS_S}s`,
    threads !== null && `nbthread ${threads}`,
    hold && `lua-load ${paths.lua}`,
  ])
}

function defaultsSection(options: GeneratedOptions): string {
  return section('defaults', [
    'mode http',
    `timeout connect ${options.connectTimeoutMs}ms`,
    `timeout server ${options.requestTimeoutMs}ms`,
    `timeout client ${options.clientTimeoutMs}ms`,
    `timeout http-request ${options.clientTimeoutMs}ms`,
    `timeout http-keep-alive ${options.clientIdleTimeoutMs}ms`,
    'timeout queue 5s',
    'timeout client-fin 30s',
    'timeout tunnel 1h',
    'option redispatch 1',
    'retries 3',
    'http-reuse safe',
    // A reload lets who is connected ask once more, instead of closing on what is under way to it.
    'option idle-close-on-response',
    !options.trustForwarded && 'option forwardfor',
    options.trustForwarded && 'option forwardfor if-none',
    `default-server inter ${CHECK_EVERY_MS}ms fastinter 100ms fall 1 rise 1`,
  ])
}

function frontendSection(options: GeneratedOptions, paths: HaproxyPaths): string {
  const { listen, hold, trustForwarded } = options
  const fromMap = (key: string): string => `str(${key}),map_str(${paths.map},-)`
  const readRoute = `http-request set-var(txn.route) ${fromMap('route')}`
  return section('frontend edge', [
    `bind ${isIPv6(listen.host) ? `[${listen.host}]` : listen.host}:${listen.port}${listen.certificate ? ` ssl crt ${listen.certificate} alpn h2,http/1.1` : ''}`,
    !trustForwarded && 'http-request del-header x-forwarded-for',
    !trustForwarded && `http-request set-header x-forwarded-proto ${listen.certificate ? 'https' : 'http'}`,
    !trustForwarded && 'http-request set-header x-forwarded-host %[req.hdr(host)]',
    `http-request set-var(txn.closed) ${fromMap('closed')}`,
    // Percent-encoded, with a sign before it that it is there.
    'http-request return status 503 content-type "text/plain; charset=utf-8" hdr retry-after 30 lf-string "%[var(txn.closed),bytes(1),url_dec]" if { var(txn.closed) -m beg = }',
    readRoute,
    hold && `acl is-held var(txn.route),field(5,:) -m str hold`,
    hold &&
      refusal(503, 'too many connections while requests are held', `is-held { fe_conn gt ${hold.connectionsMax} }`),
    hold && 'http-request lua.gonogo_hold if is-held',
    hold && refusal(503, 'held for too long', '{ var(txn.held) -m bool }'),
    // It is another one after the wait.
    hold && `${readRoute} if is-held`,
    refusal(503, 'the router has no routing table yet', '{ var(txn.route) -m str -- - }'),
    'http-request set-var(txn.stable) var(txn.route),field(1,:)',
    'http-request set-var(txn.trial) var(txn.route),field(2,:)',
    'http-request set-var(txn.limit) var(txn.route),field(3,:)',
    'http-request set-var(txn.instances) var(txn.route),field(4,:)',
    ...drawLines(options),
    ...previewLines(options, paths),
    'use_backend %[var(txn.preview)] if { var(txn.preview) -m found }',
    'acl is-trial var(txn.position),sub(txn.limit) -m int lt 0',
    'use_backend %[var(txn.trial)]-trial if is-trial',
    'use_backend %[var(txn.stable)]',
  ])
}

function refusal(status: number, text: string, condition: string): string {
  return `http-request return status ${status} content-type text/plain hdr retry-after 1 string "${text}" if ${condition}`
}

/** A position 0..9999 for the request: a client's own while traffic is split, else any. */
function drawLines({ stickyCookie }: GeneratedOptions): string[] {
  const any = `http-request set-var(txn.position) rand(10000)`
  if (stickyCookie === null) return [any]
  const known = `{ req.cook(${stickyCookie}) -m reg ^[0-9a-f-]{8,36}$ }`
  return [
    'acl is-split var(txn.limit) -m int 1:9999',
    `http-request set-var(txn.client) req.cook(${stickyCookie}) if is-split ${known}`,
    `http-request set-var(txn.new) uuid if is-split !${known}`,
    'http-request set-var(txn.client) var(txn.new) if { var(txn.new) -m found }',
    `http-request set-var(txn.salt) var(txn.route),field(6,:)`,
    any,
    'http-request set-var(txn.position) var(txn.client),concat(:,txn.salt),xxh32,mod(10000) if { var(txn.client) -m found }',
    `http-response add-header set-cookie "${stickyCookie}=%[var(txn.new)]; Path=/; HttpOnly; SameSite=Lax" if { var(txn.new) -m found }`,
  ]
}

function previewLines({ previewHeader }: GeneratedOptions, paths: HaproxyPaths): string[] {
  if (previewHeader === null) return []
  const header = `req.fhdr(${previewHeader})`
  return [
    ...COLOURS.flatMap((colour) => [
      `http-request set-var(txn.${colour}) str(${colour}),map_str(${paths.map},-)`,
      `http-request set-var(txn.preview) str(${colour}) if { ${header},strcmp(txn.${colour}) eq 0 }`,
    ]),
    `http-request set-var(txn.preview) var(txn.stable) if { ${header} -m str stable }`,
    `http-request set-var(txn.preview) var(txn.trial) if { ${header} -m str candidate } !{ var(txn.trial) -m str -- - }`,
    refusal(503, 'no such version is routed here', `{ ${header} -m found } !{ var(txn.preview) -m found }`),
    `http-response set-header ${previewHeader} %[srv_name,field(1,-),map_str(${paths.map},-)]`,
  ]
}

const RETRIED = 'retry-on conn-failure empty-response response-timeout junk-response'
/** What may have been done is only done again where twice is the same as once. */
const NOT_TWICE = 'http-request disable-l7-retry unless { method GET HEAD OPTIONS }'

function checkLines({ healthPath }: GeneratedOptions): (string | false)[] {
  return [healthPath !== null && 'option httpchk', healthPath !== null && `http-check send meth GET uri ${healthPath}`]
}

function plainBackend(colour: Colour, options: GeneratedOptions, occupation: Occupation): string {
  return section(`backend ${colour}`, [
    'balance roundrobin',
    RETRIED,
    NOT_TWICE,
    ...checkLines(options),
    ...servers(colour, options, occupation, 'check'),
  ])
}

function trialBackend(colour: Colour, options: GeneratedOptions, occupation: Occupation): string {
  const { shield, breaker, slots } = options
  const other = otherColour(colour)
  const own = Array.from({ length: slots }, (_, index) => `${colour}-${index + 1}`)
  const out = breaker
    ? ` observe layer7 error-limit ${breaker.errors} on-error mark-down rise ${Math.max(1, Math.ceil(breaker.backAfterMs / CHECK_EVERY_MS))}`
    : ''
  return section(`backend ${colour}-trial`, [
    'balance roundrobin',
    shield ? `${RETRIED} ${shield.statuses.join(' ')}` : RETRIED,
    NOT_TWICE,
    shield && `http-request disable-l7-retry if { be_conn(${other}) gt ${shield.busyMax} }`,
    'http-request set-var(txn.pick) rand(1000000),mod(txn.instances)',
    ...own.map((name, index) => `use-server ${name} if { var(txn.pick) -m int eq ${index} }`),
    // The one that was picked is out: any other of the same version.
    ...own.map((name) => `use-server ${name} if TRUE`),
    ...checkLines(options),
    ...servers(colour, options, occupation, `check weight 0${out}`),
    ...servers(other, options, occupation, (name) => `track ${other}/${name}`),
  ])
}

function servers(
  colour: Colour,
  { slots }: GeneratedOptions,
  occupation: Occupation,
  settings: string | ((name: string) => string),
): string[] {
  return Array.from({ length: slots }, (_, index) => {
    const name = `${colour}-${index + 1}`
    const backend = occupation[colour]?.slots[index]
    const isTracking = typeof settings === 'function'
    const nobody = isTracking ? NOBODY.replace(' disabled', '') : NOBODY
    return `server ${name} ${backend ? addressText(backend) : nobody} ${isTracking ? settings(name) : settings}`
  })
}

function addressText({ host, port }: Backend): string {
  return `${isIPv6(host) ? `[${host}]` : host}:${port}`
}

function section(title: string, lines: readonly (string | false | null)[]): string {
  return [title, ...lines.filter((line) => line !== false && line !== null).map((line) => `  ${line}`), ''].join('\n')
}

const HOLD_LOOK_MS = 20

/** Lua that holds a request until the route holds no more; `txn.held` says that it was too long. */
export function holdText({ hold }: GeneratedOptions, paths: HaproxyPaths): string {
  return `-- Written by gonogo: requests wait here while data is swapped.
local route = Map.new(${JSON.stringify(paths.map)}, Map._str)
core.register_action("gonogo_hold", { "http-req" }, function(txn)
  for _ = 1, ${Math.ceil((hold?.msMax ?? 0) / HOLD_LOOK_MS)} do
    if not string.find(route:lookup("route") or "", ":hold:", 1, true) then return end
    core.msleep(${HOLD_LOOK_MS})
  end
  txn:set_var("txn.held", true)
end, 0)
`
}
