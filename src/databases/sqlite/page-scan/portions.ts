// Leaves in portions that one read of the file can bring.

/** Bytes that a thread holds of the file at a time. */
export const WINDOW_BYTES = 1 << 20
/** Pages between leaves that are rather read than skipped. */
export const GAP_PAGES = 8

/** Index of the first leaf of each portion, and the end: all leaves of a portion lie within one window. */
export function portionsOf(leaves: Int32Array, pageSize: number): Int32Array<SharedArrayBuffer> {
  const pages = WINDOW_BYTES / pageSize
  const starts: number[] = []
  let first = Number.NEGATIVE_INFINITY
  for (let index = 0; index < leaves.length; index++) {
    if (leaves[index]! - first < pages) continue
    starts.push(index)
    first = leaves[index]!
  }
  const portions = new Int32Array(new SharedArrayBuffer(4 * (starts.length + 1)))
  portions.set(starts)
  portions[starts.length] = leaves.length
  return portions
}
