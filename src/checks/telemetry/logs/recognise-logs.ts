// "No errors in `logs/app.log`": a log that is named, and the claim that nothing bad stands in it.
import type { Recognise } from '../../check.ts'
import { find, isPlaceholder, propose, sentenceOf, SURE } from '../../words.ts'

const CLAIM =
  /\b(?:no|zero|0|free of|without)\s+(?:new\s+|critical\s+|unexpected\s+|severe\s+|recent\s+|fatal\s+){0,2}(?:errors?|exceptions?|panics?|stack ?traces|error\s+(?:logs|messages|entries|lines))\b|\berror[- ]free\b/i
const LOG_FILE = /^[\w./*-]+(?:\.log(?:\.\d+|\*)?|\.log\*|\/logs?\/[\w.*-]+)$/
const LOG_COMMAND =
  /^(?:sudo )?(journalctl|docker logs|docker[ -]compose logs|kubectl logs|podman logs|pm2 logs)((?: [\w./:=@-]+)*)$/

/** Proposes where a log file or a program that prints a log is named. */
export const recogniseLogs: Recognise = (item) => {
  const words = sentenceOf(item)
  const claim = find(words, CLAIM)
  if (!claim || /\bif\b|\bbrowser\b|\bconsole\b/i.test(words)) return null
  const last = /\b(?:last|past)\s+(\d+)\s*(min(?:ute)?s?|h(?:our)?s?|days?)\b/i.exec(words)
  const stretch = last ? { lastMs: `${last[1]} ${(last[2] ?? '').toLowerCase()}` } : {}
  const files = item.code.filter((span) => LOG_FILE.test(span) && !isPlaceholder(span))
  if (files.length > 0)
    return propose(SURE.said, { files: files.length === 1 ? files[0] : files, ...stretch }, [claim, ...files])
  const commands = item.code.flatMap((span) => LOG_COMMAND.exec(span.trim()) ?? [])
  const [whole, program, rest = ''] = commands
  if (!whole || !program || commands.length > 3 || isPlaceholder(whole)) return null
  // A log that is followed never ends: its lines until now are judged.
  const args = rest.split(' ').filter((word) => word !== '' && word !== '-f' && word !== '--follow')
  const quiet = program === 'journalctl' ? ['--no-pager'] : program === 'pm2 logs' ? ['--nostream'] : []
  const command = [...(whole.startsWith('sudo ') ? ['sudo', '-n'] : []), ...program.split(' '), ...args, ...quiet]
  return propose(SURE.said, { command, ...stretch }, [claim, whole])
}
