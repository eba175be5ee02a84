// For tests of commands: a command line run in this process.
import { vi } from 'vitest'
import { main } from '../main.ts'

interface Ended {
  code: number
  out: string
  err: string
}

/** One command line, with nobody at the keyboard: its exit code and what it printed. */
export async function gonogo(directory: string, ...args: string[]): Promise<Ended> {
  const told = { out: '', err: '' }
  const listen = (stream: NodeJS.WriteStream, key: 'out' | 'err') =>
    vi.spyOn(stream, 'write').mockImplementation((chunk) => {
      told[key] += String(chunk)
      return true
    })
  const spies = [listen(process.stdout, 'out'), listen(process.stderr, 'err')]
  try {
    await main(['-C', directory, ...args])
  } finally {
    for (const spy of spies) spy.mockRestore()
  }
  return { code: Number(process.exitCode), ...told }
}
