// Child process: runs SQL statements with DuckDB, as a program of its own.
//
//   node duckdb.js <threads> <statement> ...      prints the rows of the last one as JSON
import { query } from '../database.js'

const [threads, ...statements] = process.argv.slice(2)
const rows = await query([`SET threads = ${Number(threads)}`, ...statements])
console.log(JSON.stringify(rows, (_, value: unknown) => (typeof value === 'bigint' ? Number(value) : value)))
