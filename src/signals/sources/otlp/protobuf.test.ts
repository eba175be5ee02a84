import { expect, it } from 'vitest'
import { exportsOf } from './json.ts'
import { fromProtobuf } from './protobuf.ts'

/** As the OpenTelemetry SDK for JavaScript sends nine requests of 20 ms and one 503 after 3 s. */
const SENT =
  'CpQDCjMKFgoMc2VydmljZS5uYW1lEgYKBHNob3AKFwoPc2VydmljZS52ZXJzaW9uEgQKAnYyEAAS3AIKAwoBeBLUAgocaHR0cC5zZXJ2ZXIucmVxdWVzdC5kdXJhdGlvbhoBc0qwAgqUARGAeKIaxyDqGBmAeKIaxyDqGCEJAAAAAAAAACkK16NwPQrHPzIgAAAAAAAAAAAJAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA6GHsUrkfheoQ/mpmZmZmZuT8AAAAAAADwP0ogChlodHRwLnJlc3BvbnNlLnN0YXR1c19jb2RlEgMYyAFZexSuR+F6lD9hexSuR+F6lD8KlAERgHiiGscg6hgZgHiiGscg6hghAQAAAAAAAAApAAAAAAAACEAyIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAEAAAAAAAAAOhh7FK5H4XqEP5qZmZmZmbk/AAAAAAAA8D9KIAoZaHR0cC5yZXNwb25zZS5zdGF0dXNfY29kZRIDGPcDWQAAAAAAAAhAYQAAAAAAAAhAEAI='

it('reads an export of an SDK as its JSON says it', () => {
  const resource = { 'service.name': 'shop', 'service.version': 'v2' }
  const point = {
    metric: 'http.server.request.duration',
    unit: 's',
    resource,
    temporality: 'cumulative',
    startNano: '1795283440978000000',
    timeNano: '1795283440978000000',
  }
  const bounds = [0.01, 0.1, 1]
  expect(exportsOf(fromProtobuf(Buffer.from(SENT, 'base64')))).toEqual([
    {
      resource,
      points: [
        {
          ...point,
          attributes: { 'http.response.status_code': '200' },
          count: 9,
          sum: 0.18,
          buckets: { kind: 'explicit', bounds, counts: [0, 9, 0, 0] },
        },
        {
          ...point,
          attributes: { 'http.response.status_code': '503' },
          count: 1,
          sum: 3,
          buckets: { kind: 'explicit', bounds, counts: [0, 0, 0, 1] },
        },
      ],
    },
  ])
})

it('reads numbers of either sign, packed or one by one', () => {
  // An exponential point: scale -2, offset -5, counts 1 and 300, the first two packed, one more alone.
  const buckets = [0x08, 0x09, 0x12, 0x03, 0x01, 0xac, 0x02, 0x10, 0x07]
  const point = [0x30, 0x03, 0x42, buckets.length, ...buckets]
  const histogram = [0x0a, point.length, ...point, 0x10, 0x01]
  const metric = [0x0a, 0x01, 0x68, 0x52, histogram.length, ...histogram]
  const scope = [0x12, metric.length, ...metric]
  const resource = [0x12, scope.length, ...scope]
  const request = Uint8Array.from([0x0a, resource.length, ...resource])
  expect(exportsOf(fromProtobuf(request))[0]?.points).toMatchObject([
    {
      metric: 'h',
      temporality: 'delta',
      count: 0,
      buckets: { kind: 'exponential', scale: -2, offset: -5, zeroCount: 0, counts: [1, 300, 7] },
    },
  ])
})

it('ends at every byte of a message that is cut, with an error or without the rest', () => {
  const whole = Buffer.from(SENT, 'base64')
  for (let length = 0; length < whole.length; length++) {
    let read: unknown = null
    try {
      read = exportsOf(fromProtobuf(whole.subarray(0, length)))
    } catch (error) {
      expect(String(error)).toMatch(/^Error: /)
    }
    if (length > 0) expect(read).toBeNull()
  }
})

it('refuses bytes that are no protobuf', () => {
  for (const bytes of [[0x0f], [0x0b], [0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f], Array.from({ length: 12 }, () => 0xff)])
    expect(() => fromProtobuf(Uint8Array.from(bytes))).toThrow()
})
