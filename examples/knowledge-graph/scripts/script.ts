// What the scripts share: where the database is, and how they end.
import { fileURLToPath } from 'node:url'

/** `data/database.db` of this example, or what DATABASE_PATH says. */
export const DEFAULT_DATABASE =
  process.env.DATABASE_PATH ?? fileURLToPath(new URL('../data/database.db', import.meta.url))

/**
 * Runs `main` and ends with the exit code it gives; 2 and one line when it cannot be done at all
 * (wrong options, no database).
 */
export async function runScript(main: () => number | Promise<number>): Promise<void> {
  try {
    process.exitCode = await main()
  } catch (error) {
    console.error(`error: ${(error as Error).message}`)
    process.exitCode = 2
  }
}

/** @throws Error naming the option when its value is not a whole number of 1 or more. */
export function wholeNumber(option: string, text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 1)
    throw new Error(`--${option} ${text}: a whole number of 1 or more is wanted`)
  return value
}
