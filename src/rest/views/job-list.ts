/** `[a,b]` of texts that are there as bytes. */
export function listOf(items: readonly Buffer[]): Buffer {
  let size = 1 + Math.max(items.length, 1)
  for (const item of items) size += item.byteLength
  const list = Buffer.allocUnsafe(size)
  let offset = list.write('[', 0)
  for (const [index, item] of items.entries()) {
    if (index > 0) offset += list.write(',', offset)
    offset += item.copy(list, offset)
  }
  list.write(']', offset)
  return list
}
