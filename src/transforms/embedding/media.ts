import { MillraceError } from '../../core/error.js'

/** What kind of thing a field holds. */
export interface Modality {
  /** Part of a media type: `image/jpeg`, `video/mp4`. */
  readonly group: 'text' | 'image' | 'video'
  readonly name: string
}

const TEXT: Modality = { group: 'text', name: 'text' }

/** Names of modalities and the file suffixes they are known by. @source SeaTunnel `ModalityType` */
const MODALITIES: readonly (Modality & { readonly suffixes: readonly string[] })[] = [
  { group: 'image', name: 'jpeg', suffixes: ['jpg', 'jpeg'] },
  { group: 'image', name: 'png', suffixes: ['png', 'apng'] },
  { group: 'image', name: 'gif', suffixes: ['gif'] },
  { group: 'image', name: 'webp', suffixes: ['webp'] },
  { group: 'image', name: 'bmp', suffixes: ['bmp', 'dib'] },
  { group: 'image', name: 'tiff', suffixes: ['tiff', 'tif'] },
  { group: 'image', name: 'ico', suffixes: ['ico'] },
  { group: 'image', name: 'icns', suffixes: ['icns'] },
  { group: 'image', name: 'sgi', suffixes: ['sgi'] },
  { group: 'image', name: 'jpeg2000', suffixes: ['j2c', 'j2k', 'jp2', 'jpc', 'jpf', 'jpx'] },
  { group: 'video', name: 'mp4', suffixes: ['mp4'] },
  { group: 'video', name: 'avi', suffixes: ['avi'] },
  { group: 'video', name: 'mov', suffixes: ['mov'] },
]

/** The modality of a name or a suffix. @throws MillraceError `OPTION_INVALID` */
export function modalityOf(name: string): Modality {
  const lower = name.toLowerCase()
  if (lower === 'text') return TEXT
  const found = MODALITIES.find((each) => each.name === lower || each.suffixes.includes(lower))
  if (found !== undefined) return found
  const known = MODALITIES.map((each) => each.name).join(', ')
  throw new MillraceError('OPTION_INVALID', `the modality '${name}' is not known`, { hint: `use text, ${known}` })
}

/** The modality that an address's suffix tells; text when it tells none. */
export function modalityOfAddress(address: string): Modality {
  const suffix = /\.(\w+)(?:[?#].*)?$/.exec(address)?.[1]?.toLowerCase() ?? ''
  return MODALITIES.find((each) => each.suffixes.includes(suffix)) ?? TEXT
}
