// docs/pairs.md: which targets and routers were released together, and how it went.
import { IN_PLACE, nameOf, type Supported } from './pairs.ts'
import { routerScenes, targetScenes } from './scenes.ts'
import { failuresOf, type Trial } from './trial.ts'

export interface TriedPair {
  /** As `nameOf` gives it. */
  name: string
  trial: Trial
}

export function pairsPage(tried: readonly TriedPair[], { notHere, skipped }: Supported): string {
  const dates = [...new Set(tried.map(({ trial }) => trial.date))].toSorted()
  const parts = [...new Set(tried.flatMap(({ trial }) => trial.parts))].toSorted()
  const columns = [...new Set(routerScenes.map(({ label }) => label)), IN_PLACE]
  const rows = [...new Set(targetScenes.map(({ label }) => label))]
  const cell = (row: string, column: string): string => {
    const name = `${row} × ${column}`
    const found = tried.find((one) => one.name === name)
    if (found) return cellOf(found.trial)
    return notHere.some((pair) => nameOf(pair) === name) ? 'not tried' : '—'
  }
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [
    '# Targets and routers, released together',
    '',
    `${dates.join(' to ')}, Node ${process.versions.node}, ${parts.join(', ')}. Written by \`npm run bench -- pairs\`, not by hand.`,
    '',
    'Each pair was a small service in a project of its own, conducted by the command line, with a client that asked all the time:',
    '',
    '1. a clean candidate is **promoted**: the new version serves, nothing of the old one runs',
    '2. a candidate that answers 500 is **rolled back** by a guard over the error rate: the old version serves, nothing of the candidate runs',
    `3. the conductor is killed (\`kill -9\`) in the middle of a stage; the watchdog (\`after: 1 s\`) has the traffic **taken back**. The seconds are those from the kill until the client saw the old version only; the watchdog counts from the last sign of life, up to 0.25 s before. \`gonogo resume\` then ends the run as rolled back`,
    '',
    line(['target', ...columns]),
    line(['---', ...columns.map(() => '---')]),
    ...rows.map((row) => line([`\`${row}\``, ...columns.map((column) => cell(row, column))])),
    '',
    '—: gonogo refuses the pair, since the router does not reach what the target gives, or (in place) has nothing to split.',
    '',
    '- Strategies: `canary` (50 %, then everything); `blue-green` with `service-selector`, which switches everything; `at-once` in place.',
    '- Error rates are those the router counts; where it does not count, those of the client, read as JSON over HTTP.',
    '- Kubernetes: API server and controllers are real. Kubelet and what carries traffic (Gateway, ingress-nginx) are stand-ins that do what their objects say; pods really answer.',
    '- `command` as a target is a shell script that starts and stops processes; as a router a shell script in front of a splitter.',
    ...tried.flatMap(({ name, trial }) => failuresOf(trial).map((why) => `- ${name}: ${why.split('\n')[0]}.`)),
    ...skipped.map((reason) => `- ${reason}.`),
    '',
  ].join('\n')
}

function cellOf({ clean, faulty, killed, takenBackMs }: Trial): string {
  const back = killed === null ? `taken back in ${(takenBackMs / 1000).toFixed(1)} s` : 'NOT taken back'
  return [clean === null ? 'promoted' : 'NOT promoted', faulty === null ? 'rolled back' : 'NOT rolled back', back].join(
    ' / ',
  )
}
