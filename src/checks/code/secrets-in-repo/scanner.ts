// Secretlint over pieces of text. What it found is told by place and rule; the secret itself never leaves here.
import { codeOf } from '../../../lib/errors.ts'

export interface Hit {
  /** 1-based. */
  line: number
  /** As `github`, `privatekey`. */
  rule: string
}

export type Scan = (path: string, text: string) => Promise<Hit[]>

/** Pieces end with a line; a secret that goes over several lines is whole in one of two pieces that overlap. */
const PIECE_CHARS = 262_144
const OVERLAP_CHARS = 8_192

/** Loads secretlint with its recommended rules, or gives null where it is not installed. */
export type LoadScanner = () => Promise<Scan | null>

export const loadScanner: LoadScanner = async () => {
  try {
    const [{ lintSource }, { creator }] = await Promise.all([
      import('@secretlint/core'),
      import('@secretlint/secretlint-rule-preset-recommend'),
    ])
    const config = { rules: [{ id: '@secretlint/secretlint-rule-preset-recommend', rule: creator, options: {} }] }
    return async (path, text) => {
      const hits = new Map<string, Hit>()
      for (const { piece, line: first } of piecesOf(text)) {
        const source = {
          filePath: path,
          content: piece,
          ext: /\.[^./]*$/.exec(path)?.[0] ?? '',
          contentType: 'text' as const,
        }
        const { messages } = await lintSource({
          source,
          options: { config, maskSecrets: true, noPhysicFilePath: true },
        })
        for (const { loc, ruleId, severity } of messages) {
          if (severity === 'info') continue
          const hit = { line: first + loc.start.line - 1, rule: ruleId.replace(/^@secretlint\/secretlint-rule-/, '') }
          hits.set(`${hit.line} ${hit.rule}`, hit)
        }
      }
      return [...hits.values()]
    }
  } catch (error) {
    if (codeOf(error) === 'ERR_MODULE_NOT_FOUND') return null
    throw error
  }
}

/** Pieces with the number of their first line. */
export function piecesOf(text: string): { piece: string; line: number }[] {
  const pieces: { piece: string; line: number }[] = []
  let start = 0
  let line = 1
  while (start < text.length) {
    const isLast = start + PIECE_CHARS >= text.length
    const cut = isLast ? text.length : text.lastIndexOf('\n', start + PIECE_CHARS) + 1
    const end = cut > start ? cut : start + PIECE_CHARS
    pieces.push({ piece: text.slice(start, end), line })
    if (isLast) break
    // Back to the beginning of a line, so that places stay right; where lines are longer than that, without overlap.
    const back = text.lastIndexOf('\n', end - OVERLAP_CHARS) + 1
    const next = back > start ? back : end
    line += text.slice(start, next).split('\n').length - 1
    start = next
  }
  return pieces
}
