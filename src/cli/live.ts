// A run as it happens: one line an event; on a terminal, a last line that is kept up to date.
import type { RunEvent } from '../conduct/services.ts'
import { formatDuration } from '../lib/duration.ts'
import type { Sample } from '../plan/signal.ts'
import { describeWayBack, type WayBack } from '../plan/way-back.ts'
import { evidenceText } from './evidence-text.ts'
import { columns, fit, mark, paint } from './screen.ts'

export interface LiveScreen {
  show(event: RunEvent): void
  close(): void
}

/** Events as JSON lines, for machines. */
export function jsonScreen(): LiveScreen {
  return {
    show: (event) => {
      if (event.type !== 'sample')
        process.stdout.write(`${JSON.stringify({ at: new Date().toISOString(), ...event })}\n`)
    },
    close: () => {},
  }
}

/** Lines for people. */
export function textScreen(): LiveScreen {
  const statusLine = process.stdout.isTTY === true
  let stage: { name: string; weight: number; endsAt: number } | null = null
  let wayBack: WayBack | null = null
  let shown = false
  const latest = new Map<string, Sample>()

  const erase = (): void => {
    if (shown) process.stdout.write('\r\u001B[2K')
    shown = false
  }
  const line = (text: string): void => {
    erase()
    process.stdout.write(`${text}\n`)
  }
  const redraw = (): void => {
    if (!statusLine || !stage) return
    const leftMs = Math.max(0, stage.endsAt - Date.now())
    const parts = [
      `${stage.name} ${stage.weight} %, ${formatDuration(leftMs)} left`,
      figures(latest),
      evidenceText(latest.values()),
      wayBack ? describeWayBack(wayBack) : '',
    ]
    erase()
    process.stdout.write(paint('dim', fit(parts.filter(Boolean).join(' | '), columns() - 1).trimEnd()))
    shown = true
  }

  return {
    show(event) {
      switch (event.type) {
        case 'run':
          line(paint('bold', `run ${event.state}${event.reason ? `: ${event.reason}` : ''}`))
          break
        case 'phase':
          if (event.waitMs !== undefined)
            line(`\n${paint('dim', `waiting ${formatDuration(event.waitMs)} for: ${event.title}`)}`)
          else if (event.event === 'started') line(`\n${paint('bold', event.title)}`)
          break
        case 'item':
          if (event.status !== 'running')
            line(
              `  ${mark(event.status)} ${fit(event.text, 34)}  ${paint('dim', fit(event.summary, columns() - 42).trimEnd())}`,
            )
          break
        case 'output':
          line(paint('dim', `      ${fit(event.line, columns() - 8).trimEnd()}`))
          break
        case 'stage':
          stage =
            event.event === 'started'
              ? { name: event.stage, weight: event.weight, endsAt: Date.now() + event.durationMs }
              : null
          if (event.event === 'started')
            line(
              `  ${paint('cyan', '>')} stage ${event.stage}: ${event.weight} % of traffic for ${formatDuration(event.durationMs)}`,
            )
          break
        case 'guard':
          line(
            `  ${paint(event.severity === 'notify' ? 'yellow' : 'red', '!')} guard (${event.severity}): ${event.sentence}`,
          )
          break
        case 'rollback':
          line(
            `  ${paint('yellow', '<')} rollback ${event.event}: ${event.detail}${event.durationMs === null ? '' : paint('dim', ` (${formatDuration(event.durationMs)})`)}`,
          )
          break
        case 'way-back':
          wayBack = event.wayBack
          line(`  ${paint('dim', describeWayBack(event.wayBack))}`)
          break
        case 'needs':
          line(
            `\n  ${paint('bold', event.reason)}${event.commands.map((command) => `\n      ${paint('cyan', command)}`).join('')}`,
          )
          break
        case 'sample':
          for (const sample of event.samples) latest.set(`${sample.signal} ${sample.version ?? ''}`, sample)
          redraw()
          break
      }
    },
    close: erase,
  }
}

/** `v2 0.0 % errors 12 ms, v1 0.0 % errors 11 ms` */
function figures(latest: ReadonlyMap<string, Sample>): string {
  const versions = new Set([...latest.values()].map((sample) => sample.version).filter((version) => version !== null))
  return [...versions]
    .map((version) => {
      const rate = latest.get(`error-rate ${version}`)?.value
      const time = latest.get(`response-time ${version}`)?.value
      return `${version} ${rate === null || rate === undefined ? '?' : rate.toFixed(1)} % errors ${time === null || time === undefined ? '' : `${Math.round(time)} ms`}`.trim()
    })
    .join(', ')
}
