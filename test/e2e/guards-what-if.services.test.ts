// Rules tried on a run that is over, by the command line: gonogo.yaml is edited, and the recording of the run is replayed.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { freePort, gonogo, removeFolder, temporaryFolder } from './gonogo.ts'
import { smallProject } from './small-project.ts'

let folder: string

beforeEach(() => {
  folder = temporaryFolder()
})

afterEach(async () => {
  await removeFolder(folder)
})

/** Runs gonogo and insists on its exit code. */
async function say(code: number, ...args: string[]): Promise<string> {
  const finished = await gonogo(folder, args)
  expect({ args, ...finished }).toMatchObject({ args, code })
  return finished.stdout
}

test('a guard is tried on what a run recorded', async () => {
  const project = smallProject(folder, { port: await freePort() })
  const guard = { signal: 'error-rate', is: '>', value: 5, unknownMax: 0 }
  const bindings = { ...(project.config.bindings as object), [project.items.Agreement ?? '']: { skip: 'agreed' } }
  project.configure({ guards: { errors: guard }, bindings })
  expect(await say(3, 'guards', 'what-if')).toContain('no run is over yet')
  expect(await say(0, 'plan', '--lock')).toContain('can turn red: yes, within 2 s of the fault')
  expect(await say(0, 'up', 'v1')).toContain('v1')
  const { stdout } = await gonogo(folder, ['deploy', '--yes', '--no-wait', '--auto-promote', 'yes', '--as', 'rita'])
  expect(stdout).toContain('1 guard can turn red within 2 s')

  // Nobody was served, so of errors nothing is known; of the rate it is known that it was nought.
  const rate = { title: 'Nobody comes', signal: 'request-rate', scope: 'stable', is: '<', value: 1, severity: 'notify' }
  project.configure({ guards: { errors: guard, nobody: rate }, bindings })
  const said = await say(0, 'guards', 'what-if')
  expect(said).toContain('would have fired on 0 of 0 runs; 1 run has no samples of it')
  expect(said).toMatch(/Nobody comes .*\n.*would have fired on 1 of 1 run\n.*v1 request rate 0\/s < 1\/s/)
  const { runs, guards } = JSON.parse(await say(0, 'guards', 'what-if', '--guard', 'nobody', '--format', 'json'))
  expect(guards).toMatchObject([{ id: 'nobody', fired: 1, firings: [{ run: runs[0] }] }])
  expect(JSON.parse(await say(0, 'guards', 'what-if', '--run', runs[0], '--format', 'json')).runs).toEqual(runs)
  expect((await gonogo(folder, ['guards', 'what-if', '--guard', 'nobdy'])).stderr).toContain('did you mean "nobody"?')
})
