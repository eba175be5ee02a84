import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { PlanError } from '../lib/errors.ts'
import { resolveReferences } from './references.ts'

const directory = mkdtempSync(join(tmpdir(), 'gonogo-references-'))
writeFileSync(join(directory, 'password'), 's3cret\n')
const context = { directory, env: { TOKEN: 'abc', EMPTY: '' }, file: 'gonogo.yaml' }

describe('references', () => {
  it('are replaced in every text, however deep, and elsewhere nothing changes', () => {
    const given = {
      url: 'https://u:${file:password}@${env:TOKEN}.example',
      list: ['${env:TOKEN}', 5, null, true],
      deep: { plain: 'a $b ${c} {env:TOKEN}' },
    }
    expect(resolveReferences(given, context)).toEqual({
      url: 'https://u:s3cret@abc.example',
      list: ['abc', 5, null, true],
      deep: { plain: 'a $b ${c} {env:TOKEN}' },
    })
  })

  it('are not looked for in what they were replaced by', () => {
    expect(resolveReferences('${env:A}', { ...context, env: { A: '${env:TOKEN}' } })).toBe('${env:TOKEN}')
  })

  it.each([
    ['${env:MISSING}', 'environment variable MISSING is not set'],
    ['${env:EMPTY}', 'environment variable EMPTY is not set'],
    ['${file:none}', 'file none cannot be read (ENOENT)'],
  ])('%s is refused with the key and what to do', (text, message) => {
    const attempt = (): unknown => resolveReferences({ secrets: { KEY: text } }, context)
    expect(attempt).toThrow(PlanError)
    try {
      attempt()
    } catch (error) {
      const said = error as PlanError
      expect(said.message).toBe(message)
      expect(said.place).toMatchObject({ file: 'gonogo.yaml', path: 'secrets/KEY', hint: expect.any(String) })
    }
  })
})
