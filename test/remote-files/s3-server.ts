import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { S3Bucket } from '../../src/protocols/s3/bucket.js'
import { S3Client, type S3Settings } from '../../src/protocols/s3/client.js'
import { missingPython, pythonFolder } from '../interop/python.js'
import { freePort, startServer, type TestServer } from './server.js'

/** Keys that the server knows. */
export const S3_KEYS = { accessKey: 'AKMILLRACETEST', secretKey: 'sk/canary+Secret' } as const
export const BUCKET = 'orders'

/** Why there can be no S3 server here, else `false`. */
export function missingS3(): string | false {
  const missing = missingPython()
  if (missing !== false) return `no S3 server: ${missing}`
  return existsSync(join(pythonFolder(), 'weed')) ? false : 'no S3 server: the Python environment has no weed'
}

/** Starts a server with an empty bucket; again when one of its many ports was taken meanwhile and it ended. */
export async function startS3(): Promise<TestServer> {
  return startOnce().catch(startOnce)
}

async function startOnce(): Promise<TestServer> {
  const server = await startServer(async (folder, port) => {
    const credentials = [{ accessKey: S3_KEYS.accessKey, secretKey: S3_KEYS.secretKey }]
    const identities = [{ name: 'test', credentials, actions: ['Admin', 'Read', 'Write', 'List', 'Tagging'] }]
    writeFileSync(join(folder, 's3.json'), JSON.stringify({ identities }))
    mkdirSync(join(folder, 'data'))
    const ports: string[] = []
    for (const name of [
      'master.port',
      'master.port.grpc',
      'volume.port',
      'volume.port.grpc',
      'filer.port',
      'filer.port.grpc',
      's3.port.grpc',
    ]) {
      ports.push(`-${name}=${await freePort()}`)
    }
    return [
      join(pythonFolder(), 'weed'),
      '-logtostderr=true',
      'server',
      `-dir=${join(folder, 'data')}`,
      '-ip=127.0.0.1',
      '-ip.bind=127.0.0.1',
      '-master.telemetry=false',
      '-master.volumeSizeLimitMB=64',
      '-volume.max=40',
      '-filer',
      '-s3',
      `-s3.port=${port}`,
      '-s3.port.iceberg=0',
      `-s3.config=${join(folder, 's3.json')}`,
      ...ports,
    ]
  })
  try {
    await new S3Bucket(new S3Client({ ...s3Settings(server.port), attempts: 30 })).client.send({
      method: 'PUT',
      key: '',
    })
  } catch (error) {
    await server.stop()
    throw error
  }
  return server
}

/** Settings for the server's bucket. */
export function s3Settings(port: number, changes: Partial<S3Settings> = {}): S3Settings {
  return {
    endpoint: `http://127.0.0.1:${port}`,
    region: 'us-east-1',
    bucket: BUCKET,
    isPathStyle: true,
    credentials: { accessKeyId: S3_KEYS.accessKey, secretAccessKey: S3_KEYS.secretKey, sessionToken: null },
    timeoutMs: 20_000,
    attempts: 4,
    ...changes,
  }
}

/** The options of a block that say where the bucket is. */
export function s3Block(port: number): string {
  return `
    bucket = "s3a://${BUCKET}"
    fs.s3a.endpoint = "http://127.0.0.1:${port}"
    fs.s3a.aws.credentials.provider = "org.apache.hadoop.fs.s3a.SimpleAWSCredentialsProvider"
    access_key = "${S3_KEYS.accessKey}"
    secret_key = "${S3_KEYS.secretKey}"
    hadoop_s3_properties { "fs.s3a.path.style.access" = "true" }
  `
}
