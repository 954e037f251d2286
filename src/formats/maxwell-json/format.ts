import { changeFormat } from '../../files/change-format.js'

/** Messages of Maxwell. */
export const format = changeFormat({ name: 'maxwell_json', summary: 'Messages of Maxwell, one per line.' })
