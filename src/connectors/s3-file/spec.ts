import { FILE_SINK_OPTIONS, FILE_SOURCE_OPTIONS, FILE_SOURCE_RULES } from '../../files/options.js'
import { REMOTE_OPTIONS } from '../../files/remote-options.js'
import { type OptionValues, option, optionSpec, required, requiredWhen } from '../../spi/option.js'
import { sinkSpec, sourceSpec } from '../../spi/spec.js'

/** Class names of Hadoop that say where keys come from. */
export const CREDENTIALS_PROVIDERS = {
  simple: 'org.apache.hadoop.fs.s3a.SimpleAWSCredentialsProvider',
  temporary: 'org.apache.hadoop.fs.s3a.TemporaryAWSCredentialsProvider',
  anonymous: 'org.apache.hadoop.fs.s3a.AnonymousAWSCredentialsProvider',
  environment: 'com.amazonaws.auth.EnvironmentVariableCredentialsProvider',
  instanceProfile: 'com.amazonaws.auth.InstanceProfileCredentialsProvider',
} as const

/** Where the bucket is. @source SeaTunnel `S3FileBaseOptions` */
const S3_OPTIONS = {
  bucket: option.string('bucket', { doc: 'Bucket with the scheme in front, like s3a://orders; s3n:// is the same.' }),
  endpoint: option.string('fs.s3a.endpoint', {
    doc: 'Address of the service, like s3.eu-west-1.amazonaws.com or http://minio:9000; https when it names no scheme.',
  }),
  credentialsProvider: option.string('fs.s3a.aws.credentials.provider', {
    default: CREDENTIALS_PROVIDERS.instanceProfile,
    doc: 'Class that gives the keys: SimpleAWSCredentialsProvider for access_key and secret_key, TemporaryAWSCredentialsProvider for a session token too, AnonymousAWSCredentialsProvider for none. Those of the environment and of instance profiles work where the node allows it with MILLRACE_S3_CREDENTIALS=environment, and then take the AWS_ variables.',
  }),
  accessKey: option.string('access_key', {
    secret: true,
    fallback: ['fs.s3a.access.key'],
    doc: 'Access key for SimpleAWSCredentialsProvider.',
  }),
  secretKey: option.string('secret_key', {
    secret: true,
    fallback: ['access_secret', 'fs.s3a.secret.key'],
    doc: 'Secret key for SimpleAWSCredentialsProvider.',
  }),
  properties: option.map('hadoop_s3_properties', {
    doc: 'Properties of Hadoop, of which fs.s3a.path.style.access, fs.s3a.endpoint.region, fs.s3a.connection.ssl.enabled and fs.s3a.session.token count; others are ignored with a warning.',
  }),
  pathStyle: option.boolean('fs.s3a.path.style.access', {
    doc: 'Whether the bucket is a part of the path and not of the host name; always so for addresses without a name.',
  }),
  region: option.string('fs.s3a.endpoint.region', {
    doc: 'Region that requests are signed for; found in the name of the endpoint when absent, else us-east-1.',
  }),
  ssl: option.boolean('fs.s3a.connection.ssl.enabled', {
    doc: 'Whether an endpoint without a scheme is reached over TLS; true when absent.',
  }),
  sessionToken: option.string('fs.s3a.session.token', {
    secret: true,
    doc: 'Session token for TemporaryAWSCredentialsProvider.',
  }),
  ...REMOTE_OPTIONS,
} as const

const TABLE_OPTIONS = { ...S3_OPTIONS, ...FILE_SOURCE_OPTIONS } as const

/** Options of the S3File source. @source SeaTunnel `S3FileSourceFactory` */
export const SOURCE_SPEC = sourceSpec('S3File', {
  summary: 'Reads objects of an S3 bucket.',
  options: {
    ...TABLE_OPTIONS,
    tablesConfigs: option.objectList('tables_configs', optionSpec({ options: TABLE_OPTIONS }), {
      doc: 'Several tables, each with all options of its own; without a bucket of its own a table has that of the block.',
    }),
  },
  rules: [
    requiredWhen('credentialsProvider', CREDENTIALS_PROVIDERS.simple, 'accessKey', 'secretKey'),
    ...FILE_SOURCE_RULES,
  ],
  example: `S3File {
  bucket = "s3a://orders"
  fs.s3a.endpoint = "s3.eu-west-1.amazonaws.com"
  fs.s3a.aws.credentials.provider = "org.apache.hadoop.fs.s3a.SimpleAWSCredentialsProvider"
  access_key = "\${S3_ACCESS_KEY}"
  secret_key = "\${S3_SECRET_KEY}"
  path = "/2024"
  file_format_type = "parquet"
}`,
})

/** Options of the S3File sink. @source SeaTunnel `S3FileSinkFactory` */
export const SINK_SPEC = sinkSpec('S3File', {
  summary: 'Writes objects into an S3 bucket; every checkpoint puts them together under their final keys.',
  options: { ...S3_OPTIONS, ...FILE_SINK_OPTIONS },
  rules: [
    required('bucket', 'endpoint', 'credentialsProvider', 'schemaSaveMode', 'dataSaveMode'),
    requiredWhen('credentialsProvider', CREDENTIALS_PROVIDERS.simple, 'accessKey', 'secretKey'),
    requiredWhen('fileFormat', 'XML', 'xmlUseAttrFormat'),
  ],
  example: `S3File {
  bucket = "s3a://warehouse"
  fs.s3a.endpoint = "http://minio:9000"
  fs.s3a.aws.credentials.provider = "org.apache.hadoop.fs.s3a.SimpleAWSCredentialsProvider"
  access_key = "\${S3_ACCESS_KEY}"
  secret_key = "\${S3_SECRET_KEY}"
  hadoop_s3_properties { fs.s3a.path.style.access = true }
  path = "/out/\${table_name}"
  tmp_path = "/tmp/seatunnel"
  file_format_type = "parquet"
}`,
})

/** What the connector has beside the options of all file connectors. */
export type S3Options = OptionValues<typeof S3_OPTIONS>

/** Keys of the options that say where the bucket is. */
export const S3_KEYS = Object.values(S3_OPTIONS).map((declared) => declared.key)
