import type { Scenario } from '../types.js'
import { type ConversionGoal, conversionScenario } from './conversion.js'

/** CSV to Parquet; the memory scenario runs it too. */
export const CSV_TO_PARQUET: ConversionGoal = {
  id: '03',
  title: 'CSV → Parquet snappy',
  from: 'csv',
  to: 'parquet',
  filter: false,
  gate: 1.2,
  goal: 1.7,
  limit: '1.7 in pairs (prototype)',
}

/** CSV to CSV through SQL; the WASM scenario runs it too. */
export const CSV_FILTER: ConversionGoal = {
  id: '04',
  title: 'CSV → SQL filter and projection → CSV',
  from: 'csv',
  to: 'csv',
  filter: true,
  gate: 1.5,
  goal: 2.5,
  limit: '2.9 in pairs (prototype)',
}

const GOALS: readonly ConversionGoal[] = [
  CSV_TO_PARQUET,
  CSV_FILTER,
  {
    id: '05',
    title: 'JSON Lines → Parquet',
    from: 'json',
    to: 'parquet',
    filter: false,
    gate: 1.5,
    goal: 2.2,
    limit: '2.3 in pairs (prototype)',
  },
  {
    id: '06a',
    title: 'Parquet → CSV',
    from: 'parquet',
    to: 'csv',
    filter: false,
    gate: 1.2,
    goal: 2,
    limit: '8.1 M rows/s (prototype)',
  },
  {
    id: '06b-json',
    title: 'CSV → JSON Lines',
    from: 'csv',
    to: 'json',
    filter: false,
    gate: 1.5,
    goal: 2.2,
    limit: '5.3 M rows/s (prototype)',
  },
  {
    id: '06b-csv',
    title: 'CSV → CSV',
    from: 'csv',
    to: 'csv',
    filter: false,
    gate: 1.5,
    goal: 3,
    limit: '7.0 M rows/s (prototype)',
  },
  {
    id: '06c',
    title: 'Parquet → Parquet',
    from: 'parquet',
    to: 'parquet',
    filter: false,
    gate: 1,
    goal: 1.3,
    limit: 'encoding, about 5 M rows/s',
  },
]

export const conversions: readonly Scenario[] = GOALS.map(conversionScenario)
