/** How an IPv4 address begins that is written as one of IPv6. */
const MAPPED = Buffer.from('00000000000000000000ffff', 'hex')

/**
 * An address as text: `192.0.2.1`, `2001:db8::1`. An IPv4 address in IPv6 form is written as IPv4.
 *
 * @param address 4 or 16 bytes; anything else gives an empty text.
 */
export function addressText(address: ArrayBuffer): string {
  const bytes = Buffer.from(address)
  if (bytes.length === 4) return bytes.join('.')
  if (bytes.length !== 16) return ''
  if (bytes.subarray(0, 12).equals(MAPPED)) return bytes.subarray(12).join('.')
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(index * 2).toString(16))
  // The parser of addresses knows the short form.
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1)
}
