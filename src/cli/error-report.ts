import type { MillraceError } from '../core/error.js'

/** One error for people: code and message, where it is, what to change. */
export function errorText(error: MillraceError, label: 'error' | 'warning' = 'error'): string {
  const { position, path, hint, row, field } = error.details
  const lines = [`${label}[${error.code}]: ${error.message}`]
  if (position !== undefined)
    lines.push(`  --> ${position.file}:${position.line}:${position.column}${path === undefined ? '' : ` (${path})`}`)
  else if (path !== undefined) lines.push(`  --> ${path}`)
  if (row !== undefined || field !== undefined) {
    lines.push(
      `  at ${[field === undefined ? null : `field '${field}'`, row === undefined ? null : `row ${row + 1}`].filter(Boolean).join(', ')}`,
    )
  }
  if (hint !== undefined) lines.push(`  hint: ${hint}`)
  return lines.join('\n')
}

/** One error as a line of JSON-ready data. */
export function errorJson(error: MillraceError): object {
  const { position, path, hint, row, field, offset } = error.details
  return {
    code: error.code,
    message: error.message,
    seatunnel: error.definition.seatunnel?.[0] ?? null,
    path: path ?? null,
    position: position ?? null,
    hint: hint ?? null,
    row: row ?? null,
    field: field ?? null,
    offset: offset ?? null,
  }
}
