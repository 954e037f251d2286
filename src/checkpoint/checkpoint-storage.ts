import { fileURLToPath } from 'node:url'
import type { EngineSettings } from '../config/engine-options.js'
import { MillraceError } from '../core/error.js'
import { bucketOf, endpointOf, needsPathStyle, regionOf } from '../protocols/s3/address.js'
import type { S3Credentials, S3Settings } from '../protocols/s3/client.js'
import type { FilePolicy } from '../spi/context.js'
import { LocalCheckpointStorage } from './local-storage.js'
import { LocalSavepoints, type SavepointPlace, StoredSavepoints } from './savepoint-place.js'
import { SavepointStore } from './savepoint-store.js'
import { type CheckpointStorage, MemoryCheckpointStorage } from './storage.js'
import { type CheckpointStore, FileCheckpointStore } from './store.js'

/** The settings under `checkpoint.storage`. */
export type StorageSettings = Pick<
  EngineSettings,
  'checkpointStorageType' | 'checkpointMaxRetained' | 'checkpointPluginConfig'
>

/** Where checkpoints are without a `namespace`. */
const DEFAULT_NAMESPACE = { localfile: '/tmp/seatunnel/checkpoint/', hdfs: '/seatunnel/checkpoint/' } as const

const PLACE = 'seatunnel.engine.checkpoint.storage.plugin-config'
const TIMEOUT_MS = 30_000
const ATTEMPTS = 5

/**
 * The store of a node's checkpoints, as `checkpoint.storage` of `seatunnel.yaml` names it. Nothing is opened or made yet.
 *
 * @throws MillraceError `UNIMPLEMENTED` for storages other than the local disk and S3, `OPTION_REQUIRED` and `OPTION_INVALID` for
 *   settings that are missing or wrong.
 * @source SeaTunnel `LocalFileStorage`, `HdfsStorage`, `S3Configuration`
 */
export async function checkpointStorage(settings: StorageSettings): Promise<CheckpointStore> {
  const storage = await storageOf(settings)
  return new FileCheckpointStore(storage, { maxRetained: settings.checkpointMaxRetained })
}

/**
 * Where savepoints of a node can be: on this machine, and in the bucket where its checkpoints are. Nothing is opened or made yet.
 *
 * @param folder the node's own folder for them: an absolute path, or an address in that bucket.
 * @param policy which other folders of this machine may be used; `null` for all.
 * @throws MillraceError `OPTION_REQUIRED` and `OPTION_INVALID` for settings that are missing or wrong.
 */
export async function savepointStorage(
  { checkpointStorageType: type, checkpointPluginConfig: config }: StorageSettings,
  folder: string,
  policy: FilePolicy | null,
): Promise<SavepointStore> {
  const isLocal = folder.startsWith('/') || /^file:/i.test(folder)
  const places: SavepointPlace[] = [new LocalSavepoints(isLocal ? localPath(folder) : null, policy)]
  if (type === 'hdfs' && (config.get('storage.type') ?? '').toLowerCase() === 's3') {
    const bucket = bucketOf(config.get('s3.bucket') ?? '') ?? ''
    places.push(new StoredSavepoints(await s3Storage(config, ''), [`s3://${bucket}/`, `s3a://${bucket}/`]))
  }
  const store = new SavepointStore(places, folder)
  store.requireDirectory(null)
  return store
}

/** Savepoints that end with the process; those in folders of this machine stay. @param policy see {@link savepointStorage}. */
export function memorySavepoints(policy: FilePolicy | null = null): SavepointStore {
  const memory = new StoredSavepoints(new MemoryCheckpointStorage(), ['memory:/'])
  return new SavepointStore([new LocalSavepoints(null, policy), memory], 'memory:/')
}

async function s3Storage(config: ReadonlyMap<string, string>, namespace: string): Promise<CheckpointStorage> {
  const [{ S3Bucket }, { S3Client }, { S3CheckpointStorage }] = await Promise.all([
    import('../protocols/s3/bucket.js'),
    import('../protocols/s3/client.js'),
    import('./s3-storage.js'),
  ])
  return new S3CheckpointStorage(new S3Bucket(new S3Client(s3Settings(config))), namespace)
}

async function storageOf({
  checkpointStorageType: type,
  checkpointPluginConfig: config,
}: StorageSettings): Promise<CheckpointStorage> {
  const namespace = config.get('namespace') ?? DEFAULT_NAMESPACE[type]
  if (type === 'localfile') return new LocalCheckpointStorage(localPath(namespace))
  const fileSystem = (config.get('storage.type') ?? 'local').toLowerCase()
  switch (fileSystem) {
    case 'local':
      return new LocalCheckpointStorage(localPath(namespace))
    case 'hdfs': {
      const address = config.get('fs.defaultFS') ?? null
      if (address === null || /^file:/i.test(address)) return new LocalCheckpointStorage(localPath(namespace))
      throw unimplemented(`checkpoints on '${address}' are not implemented`, 'fs.defaultFS')
    }
    case 's3':
      return s3Storage(config, namespace)
    default:
      throw unimplemented(`checkpoints on '${fileSystem}' are not implemented`, 'storage.type')
  }
}

function unimplemented(message: string, key: string): MillraceError {
  return new MillraceError('UNIMPLEMENTED', message, {
    path: `${PLACE}.${key}`,
    hint: "use storage.type 's3', or 'hdfs' with fs.defaultFS 'file:///'",
  })
}

function localPath(namespace: string): string {
  if (/^file:\/\//i.test(namespace)) return fileURLToPath(namespace)
  const path = namespace.replace(/^file:/i, '')
  if (path.startsWith('/') && !path.includes('\0')) return path
  throw new MillraceError('OPTION_INVALID', `'${namespace}' is not an absolute path`, {
    path: `${PLACE}.namespace`,
    hint: 'write it like /var/lib/seatunnel/checkpoint',
  })
}

/** The keys are those of the file system `s3a` of Hadoop. */
function s3Settings(config: ReadonlyMap<string, string>): S3Settings {
  const isSecure = config.get('fs.s3a.connection.ssl.enabled') !== 'false'
  const endpoint = endpointOf(required(config, 'fs.s3a.endpoint'), isSecure)
  if (endpoint === null) throw invalid('fs.s3a.endpoint', 'the endpoint is not the address of a service')
  const written = required(config, 's3.bucket')
  const bucket = bucketOf(written)
  if (bucket === null) throw invalid('s3.bucket', `'${written}' is not a bucket`)
  return {
    endpoint: endpoint.origin,
    region: config.get('fs.s3a.endpoint.region') ?? regionOf(endpoint.hostname),
    bucket,
    isPathStyle: needsPathStyle(bucket, endpoint) || config.get('fs.s3a.path.style.access') === 'true',
    credentials: s3Credentials(config),
    timeoutMs: TIMEOUT_MS,
    attempts: ATTEMPTS,
  }
}

function invalid(key: string, message: string): MillraceError {
  return new MillraceError('OPTION_INVALID', message, { path: `${PLACE}.${key}` })
}

function s3Credentials(config: ReadonlyMap<string, string>): S3Credentials | null {
  const provider = config.get('fs.s3a.aws.credentials.provider') ?? ''
  if (provider.endsWith('AnonymousAWSCredentialsProvider')) return null
  return {
    accessKeyId: required(config, 'fs.s3a.access.key'),
    secretAccessKey: required(config, 'fs.s3a.secret.key'),
    sessionToken: config.get('fs.s3a.session.token') ?? null,
  }
}

function required(config: ReadonlyMap<string, string>, key: string): string {
  const value = config.get(key)
  if (value !== undefined && value !== '') return value
  throw new MillraceError('OPTION_REQUIRED', `checkpoints on s3 need '${key}'`, { path: `${PLACE}.${key}` })
}
