/** Who has to act: the user who wrote the job, an outside system, or we. */
export type ErrorDomain = 'user' | 'external' | 'internal'

/** What one error code means. */
export interface ErrorDefinition {
  readonly domain: ErrorDomain
  /** Whether running the same work again can succeed. */
  readonly retry: boolean
  readonly httpStatus: number
  /** SeaTunnel's code and description for the same fault, printed in front of the message where users grep for it. */
  readonly seatunnel: readonly [code: string, description: string] | null
}

const user = (seatunnel: ErrorDefinition['seatunnel'] = null): ErrorDefinition => ({
  domain: 'user',
  retry: false,
  httpStatus: 400,
  seatunnel,
})
const external = (seatunnel: ErrorDefinition['seatunnel'] = null): ErrorDefinition => ({
  domain: 'external',
  retry: true,
  httpStatus: 502,
  seatunnel,
})
const internal = (seatunnel: ErrorDefinition['seatunnel'] = null): ErrorDefinition => ({
  domain: 'internal',
  retry: false,
  httpStatus: 500,
  seatunnel,
})

const conflict: ErrorDefinition = { ...user(), httpStatus: 409 }
const unavailable: ErrorDefinition = { ...external(), httpStatus: 503 }

const OPTION_VALIDATE = ['API-02', 'Option item validate failed'] as const
const UNSUPPORTED_TYPE = ['COMMON-07', 'Unsupported data type'] as const

/**
 * Every error code of the product. A code is raised in at least one place and proven by at least one test.
 * Kernel codes have the same names in the Rust crate `batch`.
 */
export const ERROR_TABLE = {
  // Job documents
  CONFIG_FILE_NOT_FOUND: user(),
  CONFIG_FILE_UNREADABLE: external(),
  CONFIG_SYNTAX: user(),
  CONFIG_LIMIT: user(),
  CONFIG_DUPLICATE_KEY: user(),
  CONFIG_SUBSTITUTION: user(),
  CONFIG_INCLUDE: user(),
  CONFIG_VARIABLE: user(),
  CONFIG_SQL: user(),
  CONFIG_NODE_FILE: user(),
  OPTION_UNKNOWN: user(),
  OPTION_DEPRECATED: user(),
  OPTION_NO_EFFECT: user(),
  OPTION_TYPE: user(),
  OPTION_REQUIRED: user(OPTION_VALIDATE),
  OPTION_EXCLUSIVE: user(OPTION_VALIDATE),
  OPTION_BUNDLED: user(OPTION_VALIDATE),
  OPTION_CONDITIONAL: user(OPTION_VALIDATE),
  OPTION_CHOICE: user(OPTION_VALIDATE),
  OPTION_INVALID: user(['COMMON-06', 'Illegal argument']),
  PLUGIN_NAME_MISSING: user(),
  PLUGIN_NOT_FOUND: user(['API-06', 'Factory initialize failed']),
  PLUGIN_CREATE: user(['API-06', 'Factory initialize failed']),
  JOB_DEFINITION: user(),
  JOB_CYCLE: user(),
  SCHEMA_INVALID: user(),
  TYPE_UNSUPPORTED: user(UNSUPPORTED_TYPE),
  FIELD_NOT_FOUND: user(['TRANSFORM_COMMON-01', 'Input field not found']),
  FIELDS_NOT_FOUND: user(['TRANSFORM_COMMON-02', 'Input fields not found']),
  FIELD_EXISTS: user(),
  METADATA_NOT_FOUND: user(['TRANSFORM_COMMON-03', 'Metadata field not found']),
  METADATA_FIELD_EXISTS: user(['TRANSFORM_COMMON-04', 'Metadata mapping field already exists']),
  JSONPATH_COLUMNS_EMPTY: user(['JSONPATH_ERROR_CODE-01', 'JsonPathTransform config columns must not empty']),
  JSONPATH_SRC_FIELD_EMPTY: user(['JSONPATH_ERROR_CODE-02', 'JsonPathTransform src_field must not empty']),
  JSONPATH_PATH_EMPTY: user(['JSONPATH_ERROR_CODE-03', 'JsonPathTransform path must not empty']),
  JSONPATH_DEST_FIELD_EMPTY: user(['JSONPATH_ERROR_CODE-04', 'JsonPathTransform dest_field must not empty']),
  JSONPATH_FAILED: user(['JSONPATH_ERROR_CODE-05', 'JsonPathTransform path is invalid']),
  JSONPATH_DEST_TYPE_EMPTY: user(['JSONPATH_ERROR_CODE-06', 'JsonPathTransform dest_type must not empty']),
  JSONPATH_CONVERSION: user(['JSONPATH_ERROR_CODE-07', 'JsonPathTransform data conversion failed']),
  SHADE: user(),
  CLI_USAGE: user(),
  // SQL and expressions
  SQL_SYNTAX: user(['COMMON-05', 'Unsupported operation']),
  SQL_INVALID: user(['COMMON-05', 'Unsupported operation']),
  EXPRESSION_FAILED: user(['COMMON-05', 'Unsupported operation']),
  // Data
  RECORD_MALFORMED: user(['COMMON-02', 'JSON convert/parse operation failed']),
  VALUE_MALFORMED: user(['FILE-08', 'File read failed']),
  DATE_FORMAT_UNSUPPORTED: user(['COMMON-32', 'The date format is not supported']),
  DATETIME_FORMAT_UNSUPPORTED: user(['COMMON-33', 'The datetime format is not supported']),
  ENCODING_INVALID: user(['FILE-08', 'File read failed']),
  ENCODING_UNSUPPORTED: user(['COMMON-08', 'Unsupported encoding']),
  FILE_TYPE_INVALID: user(['FILE-01', 'File type is invalid']),
  FILE_CORRUPT: user(['FILE-08', 'File read failed']),
  CODEC_UNAVAILABLE: user(),
  VALUE_TOO_LARGE: user(),
  ENCODE_FAILED: user(['COMMON-23', 'Write row failed']),
  ASSERTION_FAILED: user(['ASSERT-01', 'Rule validate failed']),
  CATALOG_ASSERTION_FAILED: user(['ASSERT-03', 'Catalog table validate failed']),
  VALIDATION_FAILED: user(),
  KERNEL_ROW_KIND_UNKNOWN: user(),
  ERROR_LIMIT_EXCEEDED: user(),
  // Files and save modes
  FILE_LIST_FAILED: external(['FILE-03', 'Get file list from this path failed']),
  FILE_LIST_EMPTY: user(['FILE-04', 'File list is empty']),
  FILE_COMMIT_FAILED: external(['FILE-05', 'Commit the file failed']),
  FILE_READ_FAILED: external(['FILE-08', 'File read failed']),
  FILE_WRITE_FAILED: external(['COMMON-01', 'File operation failed']),
  BINARY_PART_ORDER: user(['FILE-09', 'Binary file fragment order abnormality']),
  SINK_DATA_EXISTS: user(['API-10', 'The target already has data']),
  SINK_TABLE_NOT_EXIST: user(['API-11', 'The sink table not exist']),
  SAVE_MODE_FAILED: external(['API-09', 'Handle save mode failed']),
  // Models and user code
  MODEL_REQUEST_FAILED: external(),
  MODEL_ANSWER_INVALID: external(),
  SCRIPT_FAILED: user(['COMPILE_TRANSFORM_ERROR_CODE-01', 'CompileTransform error please check code']),
  SCRIPT_LIMIT: user(['COMPILE_TRANSFORM_ERROR_CODE-01', 'CompileTransform error please check code']),
  // Kernel boundary
  BACKEND_UNAVAILABLE: internal(),
  BACKEND_LAYOUT: internal(),
  PROGRAM_INVALID: internal(),
  HANDLE_CLOSED: internal(),
  KERNEL_PANIC: internal(),
  MEMORY_EXCEEDED: internal(),
  UNIMPLEMENTED: user(),
  EGRESS_DENIED: user(),
  CONNECTION_FAILED: external(),
  // The node's HTTP side
  LISTEN_FAILED: external(),
  HTTP_SETTINGS: user(),
  REQUEST_MALFORMED: user(),
  REQUEST_TIMEOUT: { ...external(), httpStatus: 408 },
  REQUEST_ABORTED: external(),
  REQUEST_FAILED: internal(),
  UNAUTHENTICATED: { ...user(), httpStatus: 401 },
  FORBIDDEN: { ...user(), httpStatus: 403 },
  BODY_TOO_LARGE: { ...user(), httpStatus: 413 },
  MEDIA_TYPE_REFUSED: { ...user(), httpStatus: 415 },
  HOST_REFUSED: { ...user(), httpStatus: 421 },
  TOO_MANY_REQUESTS: { ...external(), httpStatus: 429 },
  NODE_BUSY: { ...internal(), retry: true, httpStatus: 503 },
  UPLOAD_INVALID: user(),
  ARCHIVE_REFUSED: user(),
  JOB_PACKAGE: user(),
  // Running jobs
  JOB_CANCELED: user(),
  JOB_FAILED: internal(),
  WORKER_DIED: internal(),
  // Nodes
  JOB_EXISTS: conflict,
  JOB_NOT_FOUND: { ...user(), httpStatus: 404 },
  JOB_STATE: conflict,
  RESCALE_REFUSED: conflict,
  SLOTS_EXHAUSTED: unavailable,
  NODE_STOPPING: unavailable,
  NODE_LOCKED: conflict,
  STORE_FAILED: unavailable,
  // Checkpoints
  CHECKPOINT_FAILED: external(),
  CHECKPOINT_TIMEOUT: external(),
  CHECKPOINT_CORRUPT: external(),
  CHECKPOINT_FENCED: internal(),
  SAVEPOINT_REFUSED: user(),
  SAVEPOINT_LOCATION: user(),
  RESTORE_REFUSED: user(),
} as const satisfies Record<string, ErrorDefinition>

/** A stable error code. */
export type ErrorCode = keyof typeof ERROR_TABLE

/** A place in a text the user wrote. `line` and `column` count from 1; `column` counts UTF-16 units. */
export interface SourcePosition {
  readonly file: string
  readonly line: number
  readonly column: number
}

/** What goes with an error beside its message. */
export interface ErrorDetails {
  /** Dotted path of the option, for example `source[0].schema.fields`. */
  readonly path?: string | undefined
  readonly position?: SourcePosition | undefined
  /** What the user can change. */
  readonly hint?: string | undefined
  readonly cause?: unknown
  /** 0-based row in the data, when the fault depends on one. */
  readonly row?: number | undefined
  readonly field?: string | undefined
  /** Byte offset in a piece of text (SQL) that the error is about. */
  readonly offset?: number | undefined
}

/** The one error class of the product: a code, one lower-case clause, and where it happened. */
export class MillraceError extends Error {
  override readonly name = 'MillraceError'
  readonly code: ErrorCode
  readonly details: ErrorDetails

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.code = code
    this.details = details
  }

  /** The code's row of the table. */
  get definition(): ErrorDefinition {
    return ERROR_TABLE[this.code]
  }

  /** `ErrorCode:[API-02], ErrorDescription:[…] - message`, or the bare message where SeaTunnel has no code. */
  seatunnelText(): string {
    const known = this.definition.seatunnel
    return known === null ? this.message : `ErrorCode:[${known[0]}], ErrorDescription:[${known[1]}] - ${this.message}`
  }
}

/** Several faults found in one pass, in the order of their positions. Never empty. */
export class MillraceErrors extends Error {
  override readonly name = 'MillraceErrors'
  readonly errors: readonly MillraceError[]

  constructor(errors: readonly MillraceError[]) {
    super(errors.map((error) => `${error.code}: ${error.message}`).join('\n'))
    this.errors = errors
  }
}

/** All coded faults in whatever was thrown; anything unknown becomes one `JOB_FAILED` with the cause kept. */
export function asMillraceErrors(thrown: unknown): readonly MillraceError[] {
  if (thrown instanceof MillraceErrors) return thrown.errors
  if (thrown instanceof MillraceError) return [thrown]
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  return [new MillraceError('JOB_FAILED', message, { cause: thrown })]
}

/** Whether a name is a code of the table. */
export function isErrorCode(name: string): name is ErrorCode {
  return Object.hasOwn(ERROR_TABLE, name)
}
