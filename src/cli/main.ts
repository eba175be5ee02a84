// The command line. Each command is a file of its own, loaded when it is called.
import { Command, CommanderError } from 'commander'
import { codeOf, messageOf } from '../lib/errors.ts'
import { EXIT, sayError, sayUsageError } from './exit.ts'

type Handler = (...args: never[]) => Promise<number> | number

/** Runs one command line; sets the exit code. */
export async function main(argv: readonly string[]): Promise<void> {
  let exitCode: number = EXIT.ok
  outliveReaders()
  const program = createProgram((code) => {
    exitCode = code
  })
  try {
    await program.parseAsync(argv, { from: 'user' })
  } catch (error) {
    exitCode = error instanceof CommanderError ? (error.exitCode === 0 ? EXIT.ok : EXIT.cannot) : sayError(error)
    if (exitCode !== EXIT.ok && asksForJson(argv))
      process.stdout.write(`${JSON.stringify({ error: messageOf(error) }, null, 2)}\n`)
  }
  process.exitCode = exitCode
}

/** Who asked for JSON reads standard output: an error is told there too. */
function asksForJson(argv: readonly string[]): boolean {
  return argv.some((word, at) => word === '--format=json' || (word === 'json' && argv[at - 1] === '--format'))
}

/** A reader that left (`gonogo plan | head`) is no reason to fail, and a release goes on without one. */
function outliveReaders(): void {
  for (const stream of [process.stdout, process.stderr])
    if (!stream.listeners('error').includes(ignoreBrokenPipe)) stream.on('error', ignoreBrokenPipe)
}

function ignoreBrokenPipe(error: Error): void {
  if (codeOf(error) !== 'EPIPE') throw error
}

function createProgram(setExit: (code: number) => void): Command {
  const program = new Command('gonogo')
    .description("Conducts a release from your team's own Markdown checklist.")
    .option('-C, --project <dir>', 'directory of gonogo.yaml', '.')
    .option('-V, --version', 'print the version')
    .exitOverride()
    .configureOutput({ outputError: sayUsageError })
    .addHelpText(
      'after',
      '\nExit codes: 0 GO or succeeded, 1 NO-GO, rolled back or aborted, 2 cannot run, 3 not verified.',
    )

  /** Declares a command whose code is loaded when it runs. */
  const command = (usage: string, summary: string, load: () => Promise<Handler>): Command => {
    const declared = program.command(usage).description(summary).exitOverride()
    declared.action(async (...args: unknown[]) => {
      const handler = (await load()) as (...all: unknown[]) => Promise<number> | number
      const own = args.slice(0, -2)
      const options = { ...program.opts(), ...declared.opts() }
      setExit(await handler(...own, options))
    })
    return declared
  }

  command('init', 'detect the project and write gonogo.yaml', async () => (await import('./commands/init.ts')).init)
  command(
    'plan [file]',
    'read the checklist, show what will happen and how much is covered',
    async () => (await import('./commands/plan.ts')).plan,
  )
    .option('--format <format>', 'text, json or markdown', 'text')
    .option('--lock', 'record this plan as reviewed; deploy insists on it')
    .option(
      '--explain <item>',
      'everything about one item: its id, a part of it, words of its text, its line or DOC:LINE',
    )
    .option('--environment <name>')
    .option('--candidate <version>')
    .option('--as <name>', 'who reviews')
  command('bind', 'confirm proposed bindings', async () => (await import('./commands/bind.ts')).bind)
    .option('--accept <item...>', 'accept the proposal of these items')
    .option('--all', 'accept every proposal')
    .option('--above <confidence>', 'only proposals at least this sure, 0 to 1', '0.8')
  command(
    'kinds [family]',
    'list the kinds of checks, actions, targets, routers, backups, sources',
    async () => (await import('./commands/kinds.ts')).kinds,
  ).option('--format <format>', 'text or json', 'text')
  command(
    'schema',
    'print the JSON Schema of gonogo.yaml, for editors',
    async () => (await import('./commands/schema.ts')).schema,
  )
  command('check', 'readiness: GO, NO-GO or not verified', async () => (await import('./commands/check.ts')).check)
    .option('--pre', 'only what comes before the release (default)')
    .option('--full', 'every item that a machine can verify')
    .option('--only <item...>', 'only these: an id, a part of it, words of its text, its line')
    .option('--explain', 'of each: what was looked at with which options, and on what the result rests')
    .option('--format <format>', 'text, json, junit, sarif or github', 'text')
    .option(
      '-o, --output <file>',
      'write it there, and text to the terminal; FORMAT=FILE writes that form besides; may be repeated',
      (file: string, others: string[] = []) => [...others, file],
    )
    .option('--environment <name>')
  command(
    'checks [kind]',
    'list the kinds of checks by family, or explain one',
    async () => (await import('./commands/checks.ts')).checks,
  )
    .option('--family <family>', 'network, data, code, ...: only those')
    .option('--format <format>', 'text or json', 'text')
  command(
    'attest <statement>',
    'state something in your name, for a check of kind "attestation": an item or the name of the statement',
    async () => (await import('./commands/attest.ts')).attest,
  )
    .option('--as <name>', 'who states it')
    .option('--evidence <link>', 'what it rests on: an address, or a file of the project')
    .option('--expires <duration>', 'until when it holds: 90d')
    .option('--for <version>', 'it holds for this version only')
    .option('--note <text>')
  command('deploy', 'conduct the release', async () => (await import('./commands/deploy.ts')).deploy)
    .option('--verify-only', 'check readiness, then stop')
    .option('--dry-run', 'print every command that the delivery would execute, then stop')
    .option('-y, --yes', 'do not ask before starting')
    .option('--auto-promote <yes-or-no>', 'false: ask the approver after every stage')
    .option('--candidate <version>', 'version to release')
    .option('--environment <name>')
    .option('--time-scale <n>', 'rehearsal: waits are divided by this', '1')
    .option('--wait-max <duration>', 'rehearsal: no wait is longer than this')
    .option('--no-wait', 'end with NO-GO instead of waiting for people')
    .option('--outside-window <reason>', 'begin although the calendar of the delivery says no')
    .option('--as <name>', 'who starts it')
    .option('--json', 'events as JSON lines')
  command(
    'resume [run]',
    'go on with a paused or interrupted run',
    async () => (await import('./commands/resume.ts')).resume,
  )
    .option('--as <name>')
    .option('--no-wait', 'end with NO-GO instead of waiting for people')
    .option('--json', 'events as JSON lines')
  command(
    'status [run]',
    'where the run stands, and what rollback now would mean',
    async () => (await import('./commands/status.ts')).status,
  ).option('--format <format>', 'text or json', 'text')
  command('watch [run]', 'follow a run', async () => (await import('./commands/watch.ts')).watch)
  for (const [verb, summary] of [
    ['pause', 'let the run stop at the next safe point'],
    ['promote', 'end the stage and go on to the next'],
    ['abort', 'end the run; what it changed is taken back'],
  ] as const) {
    command(`${verb} [run]`, summary, async () => (await import('./commands/control.ts'))[verb])
      .option('--as <name>')
      .option('--reason <text>')
  }
  for (const [verb, summary] of [
    ['approve', 'answer a poll with yes'],
    ['reject', 'answer a poll with no'],
    ['waive', 'accept an item as it is'],
    ['fill', 'fill in the blanks of an item'],
  ] as const) {
    command(`${verb} <run> [items...]`, summary, async () => (await import('./commands/answer.ts'))[verb])
      .option('--as <name>')
      .option('--reason <text>')
      .option('--set <name=value...>', 'value of a blank or choice')
      .option('--all', 'every open item that you may answer')
  }
  command('rollback [run]', 'go back', async () => (await import('./commands/rollback.ts')).rollback)
    .option('--emergency', 'at once, without database, conductor or validation of stages')
    .option('--gradual', 'the stages in reverse')
    .requiredOption('--reason <text>')
    .option('--skip-validation', 'do not look what a restore would lose before it; an emergency never does')
    .option('--restore-data', 'also put the backup back: rows written since are kept aside, not in the database')
    .option('--as <name>')
  command(
    'lock',
    'who holds the environment; with a reason: keep it closed',
    async () => (await import('./commands/lock.ts')).lock,
  )
    .option('--reason <text>', 'keep it closed for releases, and why')
    .option('--environment <name>')
    .option('--as <name>', 'who keeps it closed')
    .option('--format <format>', 'text or json', 'text')
  command('unlock', 'open the environment again', async () => (await import('./commands/lock.ts')).unlock)
    .option('--break', "also what is somebody else's, or a run that nobody conducts any more")
    .option('--reason <text>', 'why; on record, with your name')
    .option('--environment <name>')
    .option('--as <name>', 'who opens it')
    .option('--format <format>', 'text or json', 'text')
  command('up [version]', 'start a version and give it all traffic', async () => (await import('./commands/up.ts')).up)
  command('down', 'stop every version and the router', async () => (await import('./commands/up.ts')).down)
  command(
    'backup <verb> [name]',
    'create, verify, list or restore',
    async () => (await import('./commands/backup.ts')).backup,
  )
    .option('--id <id>', 'which backup; default the newest')
    .option('--skip-validation')
    .option(
      '--keep-newer',
      'carry rows inserted since the backup over, where no rule breaks; changed ones are put back',
    )
    .option('-y, --yes', 'restore without asking')
    .option('--format <format>', 'text or json', 'text')
  command(
    'data <verb> [name]',
    'validate | fix | undo [RUN] | runs | init: the rules that the rows of a database must keep',
    async () => (await import('./commands/data.ts')).data,
  )
    .option('--database <name>', 'of which database a run is undone')
    .option('--rules <names>', 'only these, with commas between')
    .option('--pre-check', 'a sample of rows: can fail, never pass')
    .option('--full-check', 'also integrity, foreign keys and the expected schema')
    .option('--performance-test', 'how fast it is read, judged and written')
    .option('--keys <n>', 'rows that are listed of each rule', '10')
    .option('--workers <n>', 'readers side by side on one snapshot', '2')
    .option('--plans', 'also how the database went about it')
    .option('--dry-run', 'do all of the fix and take it back')
    .option('--chunks', 'in transactions of about a tenth of a second instead of one')
    .option('--resume <run>', 'go on with a fix in chunks that was cut off')
    .option('--keep-incomplete', 'keep what was repaired although a rule is still over its limit')
    .option('--no-backup', 'do not take a backup before the fix')
    .option('-y, --yes', 'repair without asking')
    .option('--format <format>', 'text or json', 'text')
  command('monitor', 'sample the signals and judge them', async () => (await import('./commands/monitor.ts')).monitor)
    .option('--health-check', 'one look at health')
    .option('--performance-check', 'one stretch of performance')
    .option('--errors', 'one stretch of errors')
    .option('--duration <duration>', 'how long to look; 10 s unless told')
    .option('--export-dashboard [file]', 'write the sampled series as JSON')
    .option('--format <format>', 'text or json', 'text')
  command(
    'guards <verb> [files...]',
    'what-if: the guards of gonogo.yaml, tried on recorded runs; import FILE...: rules of Argo Rollouts and Flagger',
    async () => (await import('./commands/guards.ts')).guards,
  )
    .option('--run <id...>', 'only these runs; all that are over unless told')
    .option('--guard <name>', 'only this guard: its name, or the item it stands at')
    .option('--environment <name>')
    .option('--format <format>', 'text or json', 'text')
  command(
    'import <files...>',
    'a gonogo.yaml from documents of Argo Rollouts (Rollout), Flagger (Canary) and Kamal (deploy.yml)',
    async () => (await import('./commands/import.ts')).importDocuments,
  )
    .option('-o, --output <directory>', 'write it there, with the files it needs; nothing is overwritten')
    .option('--format <format>', 'text or json', 'text')
  command(
    'canary [run]',
    'the delivery stages and their figures',
    async () => (await import('./commands/canary.ts')).canary,
  )
    .option('--performance-only', 'only the figures')
    .option('--generate-summary', 'a Markdown summary')
    .option('--format <format>', 'text or json', 'text')
  command(
    'router [verb] [name]',
    'show | pause | resume | close | open | upgrade: who gets the traffic, and whether anybody does',
    async () => (await import('./commands/router.ts')).router,
  )
    .option('--message <text>', 'close: what clients are told')
    .option('--format <format>', 'text or json', 'text')
  command('report [run]', 'the report of a run', async () => (await import('./commands/report.ts')).report)
    .option('--format <format>', 'html, markdown, json or junit', 'html')
    .option('-o, --output <file>')
  command('return [run]', 'the checklist, filled in', async () => (await import('./commands/return.ts')).returnDocument)
    .option('-o, --output <file>')
    .option(
      '--annotate [report]',
      "note behind each item how it went, linked to the run's report or to where that is published",
    )
  command(
    'ledger <verb> [run]',
    'verify or export the record of a run',
    async () => (await import('./commands/ledger.ts')).ledger,
  )
    .option('-o, --output <file>')
    .option('--file <file>', 'verify an exported ledger instead')
  command(
    'evidence <sha256>',
    'print a piece of evidence',
    async () => (await import('./commands/evidence.ts')).evidence,
  )
  return program
}
