import { changeFormat } from '../../files/change-format.js'

/** Messages of Debezium, with or without their schema. */
export const format = changeFormat({
  name: 'debezium_json',
  summary: 'Messages of Debezium, with or without their schema, one per line.',
})
