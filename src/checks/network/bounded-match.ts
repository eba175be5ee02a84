// A pattern of the user on a text of others: some patterns take for ever on some texts, so each gets a moment.

const MOMENT_MS = 500

/** @returns the match, null where there is none, `too-slow` where it did not come to an end within half a second. */
export async function boundedMatch(pattern: string, text: string): Promise<readonly string[] | null | 'too-slow'> {
  const { runInNewContext } = await import('node:vm')
  try {
    // Only what is looked for goes in, as text; the pattern is compiled, never run as code.
    const found: unknown = runInNewContext(
      'const found = new RegExp(pattern).exec(text); found && JSON.stringify(found)',
      { pattern, text },
      { timeout: MOMENT_MS },
    )
    return typeof found === 'string' ? (JSON.parse(found) as string[]) : null
  } catch (error) {
    if ((error as { code?: string }).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return 'too-slow'
    throw error
  }
}
