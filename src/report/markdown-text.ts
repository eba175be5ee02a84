// Text of others inside Markdown: it stays text.
import { plainText } from './format.ts'

/** One line of plain text: every character that could be markup is escaped. A bare address may become a link to itself. */
export function escapeMarkdown(text: string): string {
  const line = plainText(text).replaceAll(/\s+/g, ' ').trim()
  const inert = line.replaceAll('&', '&amp;').replaceAll(/[\\`*_{}[\]<#|~$]/g, '\\$&')
  // At a line's beginning these would start a list or a quotation.
  return inert.replace(/^(?:[-+](?=\s|$)|>)/, '\\$&').replace(/^(\d+)([.)])(?=\s|$)/, '$1\\$2')
}
