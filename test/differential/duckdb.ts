import assert from 'node:assert/strict'
import { DuckDBInstance } from '@duckdb/node-api'

/** What DuckDB says of two relations. */
export interface Comparison {
  readonly rows: number
  readonly expectedRows: number
  /** Rows that differ at their place, at most three of them written out. */
  readonly different: number
  readonly samples: readonly string[]
}

/** One database in memory, for comparing what jobs wrote with what DuckDB makes of the same input. */
export class Oracle {
  readonly #connection: Awaited<ReturnType<DuckDBInstance['connect']>>
  readonly #instance: DuckDBInstance

  private constructor(instance: DuckDBInstance, connection: Awaited<ReturnType<DuckDBInstance['connect']>>) {
    this.#instance = instance
    this.#connection = connection
  }

  static async open(): Promise<Oracle> {
    const instance = await DuckDBInstance.create(':memory:', { threads: '2' })
    const connection = await instance.connect()
    await connection.run("set TimeZone = 'UTC'")
    return new Oracle(instance, connection)
  }

  close(): void {
    this.#connection.closeSync()
    this.#instance.closeSync()
  }

  async #rows(sql: string): Promise<readonly Record<string, unknown>[]> {
    return (await this.#connection.runAndReadAll(sql)).getRowObjectsJson()
  }

  /** Keeps the rows of a query under a name, in their order. */
  async keep(name: string, query: string): Promise<void> {
    await this.#connection.run(`create or replace table ${name} as ${query}`)
  }

  /** Writes a kept relation to a Parquet file. */
  async write(name: string, path: string): Promise<void> {
    await this.#connection.run(`copy ${name} to '${path}' (format parquet)`)
  }

  /** Column names and types of a kept relation. */
  async columns(name: string): Promise<readonly string[]> {
    return (await this.#rows(`describe ${name}`)).map((column) => `${column.column_name} ${column.column_type}`)
  }

  /**
   * Gives a kept relation the types of another one. Formats know fewer types than DuckDB: timestamps in Parquet come back with a
   * zone.
   *
   * @throws when their columns have other names or another order.
   */
  async castLike(name: string, like: string): Promise<void> {
    const [own, wanted] = [await this.columns(name), await this.columns(like)]
    const nameOf = (column: string): string => column.slice(0, column.indexOf(' '))
    assert.deepEqual(own.map(nameOf), wanted.map(nameOf))
    const casts = wanted.map(
      (column) => `${nameOf(column)}::${column.slice(nameOf(column).length + 1)} as ${nameOf(column)}`,
    )
    await this.keep(name, `select ${casts.join(', ')} from ${name}`)
  }

  /**
   * Compares two kept relations of the same columns.
   *
   * @param isOrdered whether rows are compared place by place; else as multisets.
   */
  async compare(result: string, expected: string, isOrdered: boolean): Promise<Comparison> {
    const [counts] = await this.#rows(
      `select (select count(*) from ${result})::int as rows, (select count(*) from ${expected})::int as expected`,
    )
    const differences = isOrdered
      ? `select r, e from (select ${result} as r, ${expected} as e from ${result} positional join ${expected}) where r is distinct from e`
      : `select r, e from ((select ${result} as r, null as e from (select * from ${result} except all select * from ${expected}) as ${result})
           union all (select null, ${expected} from (select * from ${expected} except all select * from ${result}) as ${expected}))`
    const [different] = await this.#rows(`select count(*)::int as count from (${differences})`)
    const samples = await this.#rows(`select r::varchar as r, e::varchar as e from (${differences}) limit 3`)
    return {
      rows: Number(counts?.rows),
      expectedRows: Number(counts?.expected),
      different: Number(different?.count),
      samples: samples.map(({ r, e }) => `${r}\nexpected ${e}`),
    }
  }
}
