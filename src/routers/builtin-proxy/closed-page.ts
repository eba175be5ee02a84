// What clients get while the service is closed for maintenance: the text of whoever closed it, as a page for browsers.
import { STATUS_CODES } from 'node:http'

const RETRY_AFTER_S = 30

export interface ClosedAnswer {
  status: number
  headers: Record<string, string | number>
  body: string
}

/** 503 with the text; a page where the client takes HTML. */
export function closedAnswer(text: string, accept: string | undefined): ClosedAnswer {
  const asPage = accept?.includes('text/html') ?? false
  const body = asPage ? pageOf(text) : `${text}\n`
  return {
    status: 503,
    headers: {
      'content-type': `text/${asPage ? 'html' : 'plain'}; charset=utf-8`,
      'content-length': Buffer.byteLength(body),
      'retry-after': RETRY_AFTER_S,
      'cache-control': 'no-store',
      vary: 'accept',
    },
    body,
  }
}

function pageOf(text: string): string {
  return `<!doctype html>
<html><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${STATUS_CODES[503]}</title>
<style>body{font:1.2rem/1.5 system-ui,sans-serif;max-width:36rem;margin:20vh auto;padding:0 1.5rem;white-space:pre-line}</style>
</head><body>${escaped(text)}</body></html>
`
}

function escaped(text: string): string {
  return text.replaceAll(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`)
}
