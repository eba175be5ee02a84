import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { checkContract, itemOf, runCheck } from '../../../test/contracts/check-contract.ts'
import { exec } from '../../lib/exec.ts'
import { noData } from '../../../test/contracts/no-data.ts'
import { makeRepository, type Repository } from './git.fixture.ts'
import { judgeApi, openapi } from './openapi.ts'

/** Descriptions are bent in every way, also wrong ones. */
type Bent = any

const order = {
  type: 'object',
  required: ['id', 'state'],
  properties: {
    id: { type: 'integer' },
    state: { type: 'string', enum: ['open', 'paid'] },
    note: { type: 'string', maxLength: 100 },
    parent: { $ref: '#/components/schemas/Order' },
  },
}

/** A shop with orders that refer to each other. */
const shop = (): Bent =>
  structuredClone({
    openapi: '3.0.3',
    info: { title: 'Shop', version: '1.0.0' },
    servers: [{ url: 'https://shop.internal/v1' }],
    security: [{ token: [] }],
    paths: {
      '/orders': {
        get: {
          parameters: [{ name: 'limit', in: 'query', schema: { type: 'integer', maximum: 100 } }],
          responses: {
            '200': {
              description: 'fine',
              content: {
                'application/json': { schema: { type: 'array', items: { $ref: '#/components/schemas/Order' } } },
              },
            },
            '404': { description: 'none' },
          },
        },
        post: {
          requestBody: { content: { 'application/json': { schema: { $ref: '#/components/schemas/Draft' } } } },
          responses: { '201': { description: 'made' } },
        },
      },
      '/orders/{id}': {
        get: {
          parameters: [{ name: 'id', in: 'path', required: true, schema: { type: 'string' } }],
          responses: {
            '200': {
              description: 'fine',
              content: { 'application/json': { schema: { $ref: '#/components/schemas/Order' } } },
            },
          },
        },
      },
    },
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
      schemas: {
        Order: order,
        Draft: {
          type: 'object',
          properties: { note: { type: 'string', maxLength: 100 }, size: { type: 'number' } },
        },
      },
    },
  })

const bent = (change: (document: Bent) => void): Bent => {
  const document = shop()
  change(document)
  return document
}

let repository: Repository
let elsewhere = ''

function write(name: string, document: unknown): string {
  repository.write(name, typeof document === 'string' ? document : JSON.stringify(document))
  return name
}

beforeAll(() => {
  repository = makeRepository()
  repository.commit({ 'api/openapi.json': JSON.stringify(shop()) })
  repository.git('tag', 'v1.0.0')
  write(
    'api/openapi.json',
    bent((doc) => (doc.paths['/orders'].get.responses['418'] = { description: 'more' })),
  )
  write(
    'broken.json',
    bent((doc) => delete doc.paths['/orders'].post),
  )
  write('base.json', shop())
  write(
    'invalid.json',
    bent((doc) => delete doc.info),
  )
  write(
    'outside.json',
    bent(
      (doc) =>
        (doc.paths['/orders'].get.responses['200'].content['application/json'].schema = {
          $ref: 'http://127.0.0.1:1/a.json',
        }),
    ),
  )
  write(
    'circle.json',
    bent((doc) => (doc.components.schemas.Order = { $ref: '#/components/schemas/Order' })),
  )
  write('garbage.yaml', '\u001b[2J: [unclosed')
  write('deep.json', `${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`)
  write(
    'laughs.yaml',
    `a: &a [x,x,x,x,x,x,x,x,x]\n${[...'bcdefghi'].map((name, at) => `${name}: &${name} [${Array(9).fill(`*${'abcdefgh'[at]}`)}]`).join('\n')}\n`,
  )
  write('many.json', multiplied())
  elsewhere = mkdtempSync(join(tmpdir(), 'gonogo-openapi-'))
  mkdirSync(join(elsewhere, 'bin'))
  writeFileSync(join(elsewhere, 'bin', 'git'), '#!/bin/sh\nexec sleep 30\n')
  chmodSync(join(elsewhere, 'bin', 'git'), 0o755)
  writeFileSync(join(elsewhere, 'openapi.json'), JSON.stringify(shop()))
})
afterAll(() => {
  repository.remove()
  rmSync(elsewhere, { recursive: true, force: true })
})

/** Schemas made of the one before, twice each: 2^50 of them, if nobody counts. */
function multiplied(): Bent {
  return bent((doc) => {
    for (let at = 0; at < 50; at++) {
      const $ref = at === 0 ? '#/components/schemas/Draft' : `#/components/schemas/S${at - 1}`
      doc.components.schemas[`S${at}`] = { allOf: [{ $ref }, { $ref }] }
    }
    doc.components.schemas.Order = { $ref: '#/components/schemas/S49' }
  })
}

const at = (options: Record<string, unknown>) => ({ options, context: { directory: repository.work } })

checkContract(openapi, {
  passing: () => at({ file: 'api/openapi.json', baseRef: 'v1.0.0' }),
  failing: () => at({ file: 'broken.json', base: 'base.json' }),
  unverified: () => at({ file: 'api/openapi.json', baseRef: 'v9.9.9' }),
  slow: () => ({
    options: { file: 'openapi.json', baseRef: 'main' },
    context: { directory: elsewhere, env: { PATH: `${join(elsewhere, 'bin')}:${process.env.PATH}` } },
  }),
  unreachable: { status: 'unverified', case: () => at({ file: 'base.json', base: 'gone.json' }) },
  hostile: {
    'no JSON, no YAML, but escapes': { status: 'failed', case: () => at({ file: 'garbage.yaml' }) },
    'references to other hosts': { status: 'unverified', case: () => at({ file: 'outside.json' }) },
    'a reference to itself': {
      status: 'unverified',
      case: () => at({ file: 'circle.json', base: 'base.json', valid: false }),
    },
    'a tree without end': { status: 'unverified', case: () => at({ file: 'deep.json' }) },
    'aliases that multiply': { status: 'failed', case: () => at({ file: 'laughs.yaml' }) },
    'schemas that multiply': { status: 'unverified', case: () => at({ file: 'many.json', base: 'many.json' }) },
    'a file without end': { status: 'unverified', case: () => at({ file: '/dev/zero' }) },
  },
  mentions: () => ['api/openapi.json', 'valid', 'no breaking change against v1.0.0'],
  recognises: {
    clear: [
      'OpenAPI description `api/openapi.yaml` is valid',
      'Swagger file `docs/swagger.json` validates',
      'OpenAPI `openapi.yaml` has no breaking changes since v1.4.0',
    ],
    unclear: [
      'OpenAPI spec valid',
      'Swagger/OpenAPI spec updated in `openapi.yaml`',
      'OpenAPI `openapi.yaml` is backwards compatible',
      'No breaking changes',
      '`config.yaml` is valid',
    ],
  },
})

async function breaksOf(document: Bent, base: Bent = shop()): Promise<string[]> {
  write('one.json', base)
  write('two.json', document)
  const outcome = await runCheck(openapi, at({ file: 'two.json', base: 'one.json', valid: false }))
  expect(outcome.status).toBe(outcome.evidence.length > 0 ? 'failed' : 'passed')
  return outcome.evidence[0]?.content.split('\n') ?? []
}

const ORDER = '#/paths/~1orders/get/responses/200/content/application~1json/schema/items/properties'
const DRAFT = '#/paths/~1orders/post/requestBody/content/application~1json/schema'

describe('a change that breaks a promise', () => {
  it.each<[string, (document: Bent) => void]>([
    ['path-removed #/paths/~1orders~1{id}', (doc) => delete doc.paths['/orders/{id}']],
    ['operation-removed #/paths/~1orders/post', (doc) => delete doc.paths['/orders'].post],
    ['server-path-removed #/servers/~1v1', (doc) => (doc.servers[0].url = 'https://shop.internal/v2')],
    ['response-removed #/paths/~1orders/get/responses/404', (doc) => delete doc.paths['/orders'].get.responses['404']],
    [`response-property-removed ${ORDER}/note`, (doc) => delete doc.components.schemas.Order.properties.note],
    [`response-property-optional ${ORDER}/state`, (doc) => (doc.components.schemas.Order.required = ['id'])],
    [`response-type-changed ${ORDER}/id`, (doc) => (doc.components.schemas.Order.properties.id.type = 'string')],
    [`response-type-changed ${ORDER}/id`, (doc) => (doc.components.schemas.Order.properties.id.nullable = true)],
    [`response-enum-widened ${ORDER}/state`, (doc) => doc.components.schemas.Order.properties.state.enum.push('lost')],
    [
      'request-parameter-required #/paths/~1orders/get/parameters/shop',
      (doc) => doc.paths['/orders'].get.parameters.push({ name: 'shop', in: 'query', required: true, schema: {} }),
    ],
    [
      'request-parameter-required #/paths/~1orders/get/parameters/limit',
      (doc) => (doc.paths['/orders'].get.parameters[0].required = true),
    ],
    [
      'request-bound-narrowed #/paths/~1orders/get/parameters/limit/schema/maximum',
      (doc) => (doc.paths['/orders'].get.parameters[0].schema.maximum = 50),
    ],
    [
      'request-type-narrowed #/paths/~1orders~1{id}/get/parameters/id/schema',
      (doc) => (doc.paths['/orders/{id}'].get.parameters[0].schema.type = 'integer'),
    ],
    [
      'request-body-required #/paths/~1orders/post/requestBody',
      (doc) => (doc.paths['/orders'].post.requestBody.required = true),
    ],
    [`request-property-required ${DRAFT}/properties/size`, (doc) => (doc.components.schemas.Draft.required = ['size'])],
    [
      `request-type-narrowed ${DRAFT}/properties/size`,
      (doc) => (doc.components.schemas.Draft.properties.size.type = 'integer'),
    ],
    [
      `request-enum-narrowed ${DRAFT}/properties/note`,
      (doc) => (doc.components.schemas.Draft.properties.note.enum = ['a']),
    ],
    [
      `request-additional-properties-forbidden ${DRAFT}`,
      (doc) => (doc.components.schemas.Draft.additionalProperties = false),
    ],
    [
      'request-media-type-removed #/paths/~1orders/post/requestBody/content/application~1json',
      (doc) => (doc.paths['/orders'].post.requestBody.content = { 'text/csv': {} }),
    ],
    ['security-removed #/paths/~1orders/get/security', (doc) => (doc.paths['/orders'].get.security = [])],
    [
      'security-tightened #/paths/~1orders/get/security',
      (doc) => (doc.paths['/orders'].get.security = [{ token: [], second: [] }]),
    ],
  ])('%s', async (expected, change) => {
    expect(await breaksOf(bent(change))).toEqual([expected])
  })

  it.each<[string, (document: Bent) => void]>([
    [
      'a new path, operation, response and optional parameter',
      (doc) => {
        doc.paths['/new'] = doc.paths['/orders']
        doc.paths['/orders'].get.parameters.push({ name: 'page', in: 'query', schema: {} })
      },
    ],
    ['a new property of an answer', (doc) => (doc.components.schemas.Order.properties.more = { type: 'string' })],
    ['fewer values of an answer', (doc) => (doc.components.schemas.Order.properties.state.enum = ['open'])],
    [
      'a parameter of a path with another name',
      (doc) => {
        doc.paths['/orders/{order}'] = doc.paths['/orders/{id}']
        doc.paths['/orders/{order}'].get.parameters[0].name = 'order'
        delete doc.paths['/orders/{id}']
      },
    ],
    [
      'a required property that only answers have',
      (doc) => {
        doc.components.schemas.Draft.properties.id = { type: 'integer', readOnly: true }
        doc.components.schemas.Draft.required = ['id']
      },
    ],
    [
      'a wider range of answers instead of each',
      (doc) => {
        delete doc.paths['/orders'].get.responses['404']
        doc.paths['/orders'].get.responses['4XX'] = { description: 'no' }
      },
    ],
    ['one more way to be let in', (doc) => doc.security.push({ other: [] })],
    [
      'the same, made of parts',
      (doc) => {
        const { Order } = doc.components.schemas
        doc.components.schemas.Part = { type: 'object', required: Order.required, properties: Order.properties }
        doc.components.schemas.Order = { allOf: [{ $ref: '#/components/schemas/Part' }] }
      },
    ],
  ])('is not: %s', async (_, change) => {
    expect(await breaksOf(bent(change))).toEqual([])
  })

  it('is found between Swagger 2.0 and OpenAPI 3.1 too', async () => {
    const before = {
      swagger: '2.0',
      basePath: '/v1',
      consumes: ['application/json'],
      paths: {
        '/orders': {
          post: {
            parameters: [{ in: 'body', name: 'order', schema: { $ref: '#/definitions/Draft' } }],
            responses: { 201: { description: 'made', schema: { $ref: '#/definitions/Draft' } } },
          },
        },
      },
      definitions: { Draft: { type: 'object', properties: { size: { type: 'number' }, note: { type: 'string' } } } },
    }
    const content = { 'application/json': { schema: { $ref: '#/components/schemas/Draft', description: 'a circle' } } }
    const after = (properties: Bent): Bent => ({
      openapi: '3.1.0',
      servers: [{ url: '/v1' }],
      paths: { '/orders': { post: { requestBody: { content }, responses: { 201: { content } } } } },
      components: { schemas: { Draft: { type: 'object', properties } } },
    })
    const again = { $ref: '#/components/schemas/Draft', title: 'again' }
    expect(await breaksOf(after({ size: { type: 'number' }, note: { type: 'string' }, again }), before)).toEqual([])
    expect(await breaksOf(after({ size: { type: 'number' } }), before)).toEqual([
      'response-property-removed #/paths/~1orders/post/responses/201/content/application~1json/schema/properties/note',
    ])
  })

  it('of alternatives is found by their names', async () => {
    const offer = (key: string, ...names: string[]) =>
      bent((doc) => {
        for (const name of ['A', 'B', 'C']) doc.components.schemas[name] = { type: 'object', title: name }
        const oneOf = names.map((name) => ({ $ref: `#/components/schemas/${name}` }))
        doc.components.schemas[key] = { oneOf }
      })
    expect(await breaksOf(offer('Draft', 'C', 'A'), offer('Draft', 'A', 'B'))).toEqual([
      `request-alternative-removed ${DRAFT}/oneOf/1`,
    ])
    expect(await breaksOf(offer('Order', 'B', 'A', 'C'), offer('Order', 'A', 'B'))).toEqual([
      expect.stringMatching(/^response-alternative-added .*\/oneOf\/2$/),
    ])
  })
})

describe('openapi', () => {
  it('says where a description is not valid, of each version', async () => {
    expect(await runCheck(openapi, at({ file: 'invalid.json' }))).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining("'info'"),
    })
    const plain = { info: { title: 'Shop', version: '1' }, paths: {} }
    for (const version of [{ swagger: '2.0' }, { openapi: '3.0.3' }, { openapi: '3.1.0' }]) {
      write('version.yaml', stringify({ ...version, ...plain }))
      expect(await runCheck(openapi, at({ file: 'version.yaml' }))).toMatchObject({ status: 'passed' })
      write('version.yaml', stringify({ ...version, ...plain, paths: { '/a': { get: { responses: 7 } } } }))
      expect(await runCheck(openapi, at({ file: 'version.yaml' }))).toMatchObject({ status: 'failed' })
    }
    write('version.yaml', stringify({ openapi: '9.0.0', ...plain }))
    expect(await runCheck(openapi, at({ file: 'version.yaml' }))).toMatchObject({ status: 'failed' })
  })

  it('lets pass what is allowed by rule or by place', async () => {
    const broken = (allow: string[]) => runCheck(openapi, at({ file: 'broken.json', base: 'base.json', allow }))
    expect(await broken(['operation-removed'])).toMatchObject({ status: 'passed' })
    expect(await broken(['operation-removed #/paths/~1orders'])).toMatchObject({ status: 'passed' })
    expect(await broken(['operation-removed #/paths/~1ord'])).toMatchObject({ status: 'failed' })
    expect(await broken(['path-removed'])).toMatchObject({ status: 'failed' })
  })

  it('is unverified without the validator, and says what to install; a break is found all the same', async () => {
    const context = {
      signal: AbortSignal.timeout(30_000),
      directory: repository.work,
      env: {},
      data: noData,
      exec: (file: string, args: readonly string[]) => exec(file, args, { timeoutMs: 1000 }),
    }
    const judged = (options: Record<string, unknown>) =>
      judgeApi(openapi.options.parse(options), context, async () => null)
    expect(await judged({ file: 'base.json' })).toMatchObject({
      status: 'unverified',
      remedy: expect.stringContaining('npm install'),
    })
    expect(await judged({ file: 'broken.json', base: 'base.json' })).toMatchObject({ status: 'failed' })
  })

  it('proposes file and revision of the words', () => {
    expect(openapi.recognise?.(itemOf('OpenAPI `openapi.yaml` has no breaking changes since v1.4.0'))?.options).toEqual(
      {
        file: 'openapi.yaml',
        baseRef: 'v1.4.0',
      },
    )
  })
})
