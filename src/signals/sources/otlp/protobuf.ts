// An ExportMetricsServiceRequest in protobuf, read into the shape that its JSON has: the fields that count requests, by their
// numbers in opentelemetry/proto/metrics/v1; all others are skipped.

/** How the value of a field is read. A message is a table of its own. */
type FieldType = 'text' | 'bool' | 'int' | 'sint' | 'fixed64' | 'double' | 'uints' | 'fixed64s' | 'doubles' | Message
interface Message {
  [fieldNumber: number]: readonly [name: string, type: FieldType, repeated?: 'repeated']
}

const ANY_VALUE: Message = {
  1: ['stringValue', 'text'],
  2: ['boolValue', 'bool'],
  3: ['intValue', 'int'],
  4: ['doubleValue', 'double'],
}
const KEY_VALUE: Message = { 1: ['key', 'text'], 2: ['value', ANY_VALUE] }
const HISTOGRAM_POINT: Message = {
  2: ['startTimeUnixNano', 'fixed64'],
  3: ['timeUnixNano', 'fixed64'],
  4: ['count', 'fixed64'],
  5: ['sum', 'double'],
  6: ['bucketCounts', 'fixed64s'],
  7: ['explicitBounds', 'doubles'],
  9: ['attributes', KEY_VALUE, 'repeated'],
}
const EXPONENTIAL_BUCKETS: Message = { 1: ['offset', 'sint'], 2: ['bucketCounts', 'uints'] }
const EXPONENTIAL_POINT: Message = {
  1: ['attributes', KEY_VALUE, 'repeated'],
  2: ['startTimeUnixNano', 'fixed64'],
  3: ['timeUnixNano', 'fixed64'],
  4: ['count', 'fixed64'],
  5: ['sum', 'double'],
  6: ['scale', 'sint'],
  7: ['zeroCount', 'fixed64'],
  8: ['positive', EXPONENTIAL_BUCKETS],
  9: ['negative', EXPONENTIAL_BUCKETS],
}
const METRIC: Message = {
  1: ['name', 'text'],
  3: ['unit', 'text'],
  9: ['histogram', { 1: ['dataPoints', HISTOGRAM_POINT, 'repeated'], 2: ['aggregationTemporality', 'int'] }],
  10: [
    'exponentialHistogram',
    { 1: ['dataPoints', EXPONENTIAL_POINT, 'repeated'], 2: ['aggregationTemporality', 'int'] },
  ],
}
const REQUEST: Message = {
  1: [
    'resourceMetrics',
    {
      1: ['resource', { 1: ['attributes', KEY_VALUE, 'repeated'] }],
      2: ['scopeMetrics', { 2: ['metrics', METRIC, 'repeated'] }, 'repeated'],
    },
    'repeated',
  ],
}

/** The request as its JSON would be parsed. @throws Error when the bytes are no protobuf. */
export function fromProtobuf(bytes: Uint8Array): Record<string, unknown> {
  return { resourceMetrics: [], ...readMessage(new Reader(bytes), REQUEST) }
}

function readMessage(reader: Reader, message: Message): Record<string, unknown> {
  const read: Record<string, unknown> = {}
  while (!reader.isAtEnd) {
    const tag = Number(reader.varint())
    const [wireType, field] = [tag & 7, message[tag >>> 3]]
    if (!field) {
      reader.skip(wireType)
      continue
    }
    const [name, type, repeated] = field
    const value = readValue(reader, type, wireType)
    if (repeated === undefined && !Array.isArray(value)) read[name] = value
    else read[name] = [...((read[name] as unknown[] | undefined) ?? []), ...(Array.isArray(value) ? value : [value])]
  }
  return read
}

const VARINT = 0
const FIXED64 = 1
const DELIMITED = 2
const FIXED32 = 5

/** How single numbers are written; whatever else is length-delimited. */
const WIRE_TYPES: Partial<Record<string, number>> = {
  bool: VARINT,
  int: VARINT,
  sint: VARINT,
  fixed64: FIXED64,
  double: FIXED64,
}

function readValue(reader: Reader, type: FieldType, wireType: number): unknown {
  if (typeof type === 'object') return readMessage(reader.part(wireType), type)
  const expected = WIRE_TYPES[type]
  if (expected !== undefined && expected !== wireType) throw new Error(`a number is written as wire type ${wireType}`)
  switch (type) {
    case 'text':
      return reader.part(wireType).text()
    case 'bool':
      return reader.varint() !== 0n
    case 'int':
      return Number(BigInt.asIntN(64, reader.varint()))
    case 'sint': {
      const zigzag = reader.varint()
      return Number((zigzag >> 1n) ^ -(zigzag & 1n))
    }
    case 'fixed64':
      return String(reader.fixed64())
    case 'double':
      return reader.double()
    case 'uints':
      return packed(reader, wireType, (one) => Number(one.varint()))
    case 'fixed64s':
      return packed(reader, wireType, (one) => Number(one.fixed64()))
    case 'doubles':
      return packed(reader, wireType, (one) => one.double())
  }
}

/** Repeated numbers: packed into one field, or each in a field of its own. */
function packed(reader: Reader, wireType: number, read: (reader: Reader) => number): number[] {
  if (wireType !== DELIMITED) return [read(reader)]
  const part = reader.part(wireType)
  const values: number[] = []
  while (!part.isAtEnd) values.push(read(part))
  return values
}

/** Reads the wire format: varints, and fixed and length-delimited values. */
class Reader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length
  }

  varint(): bigint {
    let value = 0n
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#bytes[this.#at++]
      if (byte === undefined) throw new Error('it ends within a number')
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return BigInt.asUintN(64, value)
    }
    throw new Error('a number has no end')
  }

  fixed64(): bigint {
    return this.#view.getBigUint64(this.#take(8), true)
  }

  double(): number {
    return this.#view.getFloat64(this.#take(8), true)
  }

  /** The bytes of a length-delimited value. */
  part(wireType: number): Reader {
    if (wireType !== DELIMITED) throw new Error(`wire type ${wireType} where text or a message was expected`)
    const length = Number(this.varint())
    const start = this.#take(length)
    return new Reader(this.#bytes.subarray(start, start + length))
  }

  text(): string {
    return new TextDecoder().decode(this.#bytes)
  }

  skip(wireType: number): void {
    if (wireType === VARINT) this.varint()
    else if (wireType === FIXED64) this.#take(8)
    else if (wireType === DELIMITED) this.#take(Number(this.varint()))
    else if (wireType === FIXED32) this.#take(4)
    else throw new Error(`wire type ${wireType}`)
  }

  /** Moves on by so many bytes. @returns where they begin */
  #take(length: number): number {
    const start = this.#at
    if (length > this.#bytes.length - start) throw new Error('it ends within a value')
    this.#at = start + length
    return start
  }
}
