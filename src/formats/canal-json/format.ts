import { changeFormat } from '../../files/change-format.js'

/** Messages of Alibaba Canal. */
export const format = changeFormat({ name: 'canal_json', summary: 'Messages of Alibaba Canal, one per line.' })
