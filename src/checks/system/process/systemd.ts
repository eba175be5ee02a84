// What systemd says of a unit.
import { lastLine } from '../../../lib/excerpt.ts'
import type { CheckContext } from '../../check.ts'
import { commandOf } from '../running.ts'
import type { States } from './process-state.ts'

const PROPERTIES = [
  'LoadState',
  'ActiveState',
  'SubState',
  'Result',
  'NRestarts',
  'MainPID',
  'ActiveEnterTimestampMonotonic',
]

/** The one unit, of the system or of this user. */
export async function systemdState(
  unit: string,
  ofUser: boolean,
  context: CheckContext,
  timeoutMs: number,
): Promise<States> {
  const args = [...(ofUser ? ['--user'] : []), 'show', '--no-pager', `--property=${PROPERTIES.join(',')}`, '--', unit]
  const result = await context.exec('systemctl', args, { timeoutMs, signal: context.signal })
  const remedy = 'run gonogo on the machine whose systemd keeps it'
  if (result.ended === 'not-started') return { untold: 'systemctl is not installed', remedy }
  if (result.ended !== 'exited' || result.exitCode !== 0)
    return {
      untold: `systemctl: ${result.ended === 'exited' ? lastLine(result.stderr) || `exit code ${result.exitCode}` : result.ended}`,
      remedy,
    }
  const shown = Object.fromEntries(
    result.stdout.split('\n').flatMap((line) => {
      const at = line.indexOf('=')
      return at > 0 ? [[line.slice(0, at), line.slice(at + 1).trim()]] : []
    }),
  )
  const { LoadState: load, ActiveState: active, SubState: sub = '' } = shown
  if (!load || !active) return { untold: `systemctl told no state of ${unit}`, remedy }
  if (load === 'not-found') return { down: `systemd knows no unit ${unit}` }
  if (load !== 'loaded') return { down: `unit ${unit} is ${load}` }
  const isUp = active === 'active'
  const why = !isUp && shown['Result'] && shown['Result'] !== 'success' ? `, ${shown['Result']}` : ''
  // Microseconds of the clock that nobody sets, which is also that of this process.
  const enteredUs = Number(shown['ActiveEnterTimestampMonotonic'] || Number.NaN)
  const uptimeMs = Number(process.hrtime.bigint() / 1_000_000n) - enteredUs / 1000
  const restarts = Number(shown['NRestarts'] || Number.NaN)
  const pid = Number(shown['MainPID'])
  return {
    processes: [
      {
        name: unit,
        isUp,
        status: `${active} (${sub}${why})`,
        restarts: Number.isInteger(restarts) ? restarts : null,
        uptimeMs: isUp && enteredUs > 0 && uptimeMs >= 0 ? uptimeMs : null,
        version: null,
        command: pid > 0 ? await commandOf(pid) : null,
      },
    ],
  }
}
