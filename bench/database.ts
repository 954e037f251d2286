import { DuckDBInstance } from '@duckdb/node-api'

/** A text as a SQL literal. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

/** Runs statements in a fresh database in memory and gives the rows of the last one. */
export async function query(statements: readonly string[]): Promise<Record<string, unknown>[]> {
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  try {
    let rows: Record<string, unknown>[] = []
    for (const sql of statements) rows = (await connection.runAndReadAll(sql)).getRowObjects()
    return rows
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}
