// What an entry is called, where its name stands apart from what it says.
import type { Paragraph } from 'mdast'
import { plainText } from '../markdown/markdown.ts'

const DASH_LABEL = /^(\p{Lu}[^—–:.,;()]{2,40}?)\s+[—–]\s+\S/u
const LABEL_WORDS_MAX = 4

/** `**Disk Space**: ...`, `**Disk Space** - ...`, `Disk space — ...`, or a line that is bold as a whole; null without one. */
export function readLabel(paragraph: Paragraph, text: string): string | null {
  const strong = paragraph.children.find(
    (child) => plainText(child).replace(/^(?:\[[ xX~/!-]?\]|[☐□⬜☑])\s*/u, '') !== '',
  )
  if (strong?.type !== 'strong') return dashLabel(text)
  const words = plainText(strong).replace(/^(?:\[[ xX~/!-]?\]|[☐□⬜☑])\s*/u, '')
  if (/[:：]$/.test(words)) return words.replace(/\s*[:：]$/, '')
  const behind = text.slice(words.length).trimStart()
  return behind === '' || /^(?:\([^)]*\)\s*)?(?:[:：]|[—–-]\s)/.test(behind) ? words : null
}

function dashLabel(text: string): string | null {
  const label = DASH_LABEL.exec(text)?.[1]
  return label !== undefined && label.split(' ').length <= LABEL_WORDS_MAX ? label : null
}
