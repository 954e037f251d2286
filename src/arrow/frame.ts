/** Bytes in front of each stream: its length and its rows, both 32 bits, little-endian. */
export const FRAME_HEADER_BYTES = 8

/** One batch of one table's rows, as it goes between two programs of a chain: the codec `arrow` of the kernels. */
export interface BatchFrame {
  readonly rows: number
  /** Header and Arrow IPC stream. Whoever gets a frame owns its bytes. */
  readonly bytes: Uint8Array<ArrayBuffer>
}

/** A frame around a stream. */
export function frameOf(stream: Uint8Array, rows: number): BatchFrame {
  const bytes = new Uint8Array(FRAME_HEADER_BYTES + stream.length)
  const header = new DataView(bytes.buffer)
  header.setUint32(0, stream.length, true)
  header.setUint32(4, rows, true)
  bytes.set(stream, FRAME_HEADER_BYTES)
  return { rows, bytes }
}

/** The frames that follow each other in encoded bytes. Copied, because what kernels write into is used again. */
export function copyFrames(bytes: Uint8Array): readonly BatchFrame[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const frames: BatchFrame[] = []
  for (let start = 0; start < bytes.length; ) {
    const end = start + FRAME_HEADER_BYTES + view.getUint32(start, true)
    frames.push({ rows: view.getUint32(start + 4, true), bytes: new Uint8Array(bytes.subarray(start, end)) })
    start = end
  }
  return frames
}
