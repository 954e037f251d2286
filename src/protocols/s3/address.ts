import { isIP } from 'node:net'

/** The bucket that a text names, as `orders` or `s3a://orders`; `null` when it names none. */
export function bucketOf(text: string): string | null {
  const name = /^(?:s3[an]?:\/\/)?([a-zA-Z0-9._-]{1,255})\/*$/.exec(text)?.[1]
  return name === undefined || name === '.' || name === '..' ? null : name
}

/**
 * The address of a service, which may be written without its protocol; `null` when it is none, or names more than a service. What is
 * written may hold a password: it belongs into no message.
 */
export function endpointOf(text: string, isSecure: boolean): URL | null {
  const written = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `${isSecure ? 'https' : 'http'}://${text}`
  const url = URL.canParse(written) ? new URL(written) : null
  const isPlain = url !== null && url.username === '' && url.password === '' && url.search === '' && url.hash === ''
  return isPlain && /^https?:$/.test(url.protocol) && url.hostname !== '' && url.pathname === '/' ? url : null
}

/** Whether a bucket cannot stand in front of the host: neither an address nor a name without points can have it there, and no certificate fits a bucket with points. */
export function needsPathStyle(bucket: string, { hostname, protocol }: URL): boolean {
  const isAddress = isIP(hostname.replace(/^\[|\]$/g, '')) !== 0 || !hostname.includes('.')
  return isAddress || (bucket.includes('.') && protocol === 'https:')
}

/** The region in a name of Amazon's, for example `eu-west-1` in `s3.eu-west-1.amazonaws.com`. */
export function regionOf(host: string): string {
  return /(?:^|\.)s3[.-](?:dualstack\.|fips\.)?([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?$/.exec(host)?.[1] ?? 'us-east-1'
}
