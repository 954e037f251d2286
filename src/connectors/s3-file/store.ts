import type { FileStore } from '../../files/connector.js'
import { type OptionPlace, optionFault } from '../../files/fault.js'
import { requireOptions } from '../../files/required.js'
import { S3FileSystem } from '../../files/s3-file-system.js'
import { bucketOf, endpointOf, needsPathStyle, regionOf } from '../../protocols/s3/address.js'
import type { S3Credentials, S3Settings } from '../../protocols/s3/client.js'
import type { PlanContext } from '../../spi/context.js'
import { CREDENTIALS_PROVIDERS, S3_KEYS, type S3Options } from './spec.js'

/** Variable of the node, not of the job, that lets jobs use the keys of the node's environment. */
const CREDENTIALS_VARIABLE = 'MILLRACE_S3_CREDENTIALS'

const KNOWN_PROPERTIES: ReadonlySet<string> = new Set([
  'fs.s3a.path.style.access',
  'fs.s3a.endpoint.region',
  'fs.s3a.connection.ssl.enabled',
  'fs.s3a.session.token',
  'fs.s3a.endpoint',
  'fs.s3a.access.key',
  'fs.s3a.secret.key',
  'fs.s3a.aws.credentials.provider',
])

/** Objects of an S3 bucket. */
export const S3_STORE: FileStore<S3Options> = {
  keys: S3_KEYS,
  async settings(options, place, context) {
    return settingsOf(options, place, context, process.env)
  },
  open: (settings) => new S3FileSystem(settings as S3Settings),
}

/**
 * The settings that options stand for.
 *
 * @param environment variables of the node.
 * @throws MillraceError at the option that is missing or wrong.
 */
export function settingsOf(
  options: S3Options,
  place: OptionPlace,
  context: Pick<PlanContext, 'warn'>,
  environment: Readonly<Record<string, string | undefined>>,
): S3Settings {
  const { endpoint, networkTimeoutMs, networkAttempts } = options
  requireOptions(place, { bucket: options.bucket, 'fs.s3a.endpoint': endpoint })
  for (const name of options.properties?.keys() ?? []) {
    if (KNOWN_PROPERTIES.has(name)) continue
    const message = `property '${name}' has no effect`
    context.warn(optionFault(place, 'hadoop_s3_properties', 'OPTION_INVALID', message))
  }
  const property = (name: string): string | null => options.properties?.get(name) ?? null
  const bucket = bucketName(options.bucket ?? '', place)
  const isSecure = options.ssl ?? property('fs.s3a.connection.ssl.enabled') !== 'false'
  const url = endpointUrl(endpoint ?? '', isSecure, place)
  const isPathStyle = options.pathStyle ?? property('fs.s3a.path.style.access')?.toLowerCase() === 'true'
  return {
    endpoint: url.origin,
    region: options.region ?? property('fs.s3a.endpoint.region') ?? regionOf(url.hostname),
    bucket,
    isPathStyle: isPathStyle || needsPathStyle(bucket, url),
    credentials: credentialsOf(options, place, environment),
    timeoutMs: networkTimeoutMs,
    attempts: networkAttempts,
  }
}

function bucketName(text: string, place: OptionPlace): string {
  const name = bucketOf(text)
  if (name !== null) return name
  throw optionFault(place, 'bucket', 'OPTION_INVALID', `'${text}' is not a bucket`, {
    hint: 'write it like s3a://orders; the folder belongs into path',
  })
}

function endpointUrl(text: string, isSecure: boolean, place: OptionPlace): URL {
  const url = endpointOf(text, isSecure)
  if (url !== null) return url
  throw optionFault(place, 'fs.s3a.endpoint', 'OPTION_INVALID', 'the endpoint is not the address of a service', {
    hint: 'write a host with a port, or http:// or https:// and nothing behind the host',
  })
}

function credentialsOf(
  options: S3Options,
  place: OptionPlace,
  environment: Readonly<Record<string, string | undefined>>,
): S3Credentials | null {
  const provider = options.credentialsProvider.slice(options.credentialsProvider.lastIndexOf('.') + 1)
  const property = (name: string): string | null => options.properties?.get(name) ?? null
  const accessKeyId = options.accessKey ?? property('fs.s3a.access.key')
  const secretAccessKey = options.secretKey ?? property('fs.s3a.secret.key')
  const sessionToken = options.sessionToken ?? property('fs.s3a.session.token')
  const isProvider = (name: keyof typeof CREDENTIALS_PROVIDERS): boolean =>
    CREDENTIALS_PROVIDERS[name].endsWith(`.${provider}`)
  if (isProvider('anonymous')) return null
  if (isProvider('simple') || isProvider('temporary')) {
    requireOptions(place, {
      access_key: accessKeyId,
      secret_key: secretAccessKey,
      ...(isProvider('temporary') ? { 'fs.s3a.session.token': sessionToken } : {}),
    })
    const token = isProvider('temporary') ? sessionToken : null
    return { accessKeyId: accessKeyId ?? '', secretAccessKey: secretAccessKey ?? '', sessionToken: token }
  }
  if (isProvider('environment') || isProvider('instanceProfile')) return environmentCredentials(place, environment)
  const message = `credentials provider '${provider}' is not known`
  throw optionFault(place, 'fs.s3a.aws.credentials.provider', 'OPTION_INVALID', message, {
    hint: `use ${CREDENTIALS_PROVIDERS.simple} with access_key and secret_key`,
  })
}

/**
 * Keys of the node itself. A job that could use them unasked would act with the node's rights at any endpoint it names, so the
 * node must allow it; the service of instance profiles is never asked.
 */
function environmentCredentials(
  place: OptionPlace,
  environment: Readonly<Record<string, string | undefined>>,
): S3Credentials {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = environment
  const fault = (message: string, hint: string) =>
    optionFault(place, 'fs.s3a.aws.credentials.provider', 'OPTION_INVALID', message, { hint })
  if (environment[CREDENTIALS_VARIABLE] !== 'environment') {
    throw fault(
      "jobs must not use the node's own keys",
      `set ${CREDENTIALS_PROVIDERS.simple} with access_key and secret_key, or start the node with ${CREDENTIALS_VARIABLE}=environment`,
    )
  }
  if (accessKeyId === undefined || secretAccessKey === undefined) {
    throw fault('the node has no keys in its environment', 'set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY')
  }
  return { accessKeyId, secretAccessKey, sessionToken: environment.AWS_SESSION_TOKEN ?? null }
}
