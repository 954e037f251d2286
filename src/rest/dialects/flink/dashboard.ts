import { extname } from 'node:path'
import type { DescribedRoute } from '../../described-route.js'
import type { RestRequest } from '../../request.js'
import { type HeaderPair, ResponseHeaders, type RestResponse } from '../../response.js'
import { NO_BODY } from '../../route.js'
import type { StaticFolder } from '../../static-folder.js'
import type { FlinkWire } from './wire.js'

/** Seconds for which a browser may use a file without asking. @source Flink `StaticFileServerHandler` */
const AGE_SECONDS = 300
const INDEX = 'index.html'

/** Content types by the end of the name; without one a file is bytes. */
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.css': 'text/css',
  '.json': 'application/json',
  '.map': 'application/json',
  '.webmanifest': 'application/manifest+json',
  '.xml': 'application/xml',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.gif': 'image/gif',
  '.ico': 'image/x-icon',
  '.woff': 'font/woff',
  '.woff2': 'font/woff2',
  '.ttf': 'font/ttf',
  '.wasm': 'application/wasm',
  '.txt': 'text/plain; charset=UTF-8',
}

/** Headers of every file: what it is is never guessed from its content, and no page of another origin shows it in a frame. */
const GUARDS: readonly HeaderPair[] = [
  ['x-content-type-options', 'nosniff'],
  ['x-frame-options', 'SAMEORIGIN'],
]
/** An answer that a file has not changed. @source Flink `StaticFileServerHandler` */
const NOT_MODIFIED: RestResponse = { status: 304, headers: new ResponseHeaders([['date', '']]) }

/**
 * The route of the files of the dashboard: whatever `GET` no operation answers. Pages of other origins may not read them, and who may
 * not read jobs may not either.
 */
export function dashboardRoute(files: StaticFolder, prefix: string, wire: FlinkWire): DescribedRoute {
  return {
    id: 'dashboard.file',
    methods: ['GET'],
    pattern: `${prefix}/{file}`,
    access: 'read',
    body: NO_BODY,
    tag: 'flink',
    summary: 'A file of the dashboard',
    parameters: [{ name: 'file', in: 'path', required: true, description: 'path below the folder of the dashboard' }],
    responses: [
      { status: 200, contentType: '*/*', description: 'the file' },
      { status: 304, contentType: null, description: 'it has not changed' },
      { status: 404, contentType: 'application/json', description: 'there is no such file' },
    ],
    handler: async (request, services) => {
      const path = request.path.slice(prefix.length)
      if (path === '') return toFolder(prefix)
      const missing = (): RestResponse => wire.unrouted('GET', path, path)
      const file = await files.find(filePath(path))
      if (file === null) return missing()
      if (isFresh(request, file.modifiedAtMs)) return NOT_MODIFIED
      const headers = headersOf(file.path, file.modifiedAtMs, services.now())
      // A file that went away since it was found is missing like any other.
      return files.content(file).then((body) => ({ status: 200, headers, body }), missing)
    },
  }
}

/** The route of what browsers ask for without saying who asks: the description of the page as an application. Nothing else is public. */
export function manifestRoute(route: DescribedRoute): DescribedRoute {
  return {
    ...route,
    id: 'dashboard.manifest',
    pattern: route.pattern.replace('{file}', '{manifest}'),
    access: 'public',
  }
}

/** Whether a path is that of {@link manifestRoute}. */
export function isManifest(path: string): boolean {
  return path.endsWith('/manifest.json') || path.endsWith('.webmanifest')
}

/** Path of the file that a path asks for: a folder has an index. */
export function filePath(path: string): string {
  return path === '' || path.endsWith('/') ? `${path === '' ? '/' : path}${INDEX}` : path
}

/** The dashboard's own addresses are relative to its folder, whatever stands in front of the node. */
function toFolder(prefix: string): RestResponse {
  const location: HeaderPair = ['location', `${prefix.slice(prefix.lastIndexOf('/') + 1)}/`]
  return { status: 307, headers: new ResponseHeaders([location, ['content-length', '']]) }
}

function isFresh(request: RestRequest, modifiedAtMs: number): boolean {
  const sinceMs = Date.parse(request.header('if-modified-since') ?? '')
  return !Number.isNaN(sinceMs) && Math.floor(modifiedAtMs / 1000) <= Math.floor(sinceMs / 1000)
}

function headersOf(path: string, modifiedAtMs: number, nowMs: number): ResponseHeaders {
  return new ResponseHeaders([
    ['content-type', TYPES[extname(path).toLowerCase()] ?? 'application/octet-stream'],
    ['date', ''],
    ['expires', new Date(nowMs + AGE_SECONDS * 1000).toUTCString()],
    ['cache-control', `private, max-age=${AGE_SECONDS}`],
    ['last-modified', new Date(modifiedAtMs).toUTCString()],
    ...GUARDS,
    ['content-length', ''],
  ])
}
