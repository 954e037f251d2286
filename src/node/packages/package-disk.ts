import { randomUUID } from 'node:crypto'
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { MillraceError } from '../../core/error.js'

/** The folders of a node's job packages. What is written here is durable when the promise ends. */
export class PackageDisk {
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
  }

  /** A new name for a file that is coming in. */
  incoming(): string {
    return join(this.#folder, 'incoming', randomUUID())
  }

  /** The file of a content. */
  content(content: string): string {
    return join(this.#folder, 'contents', content)
  }

  /** The folder of the unpacked files of a content. */
  files(content: string): string {
    return join(this.#folder, 'files', content)
  }

  /** Makes the folders; what is unpacked or was coming in when the node ended is removed. @throws MillraceError `STORE_FAILED` */
  async prepare(): Promise<void> {
    await inStore('prepare its packages', async () => {
      for (const name of ['incoming', 'files']) await rm(join(this.#folder, name), { recursive: true, force: true })
      for (const name of ['incoming', 'files', 'contents', 'records'])
        await mkdir(join(this.#folder, name), { recursive: true, mode: 0o700 })
    })
  }

  /** Contents that there are. */
  contents(): Promise<readonly string[]> {
    return inStore('list its packages', () => readdir(join(this.#folder, 'contents')))
  }

  /** Texts of the records by their ids, in no order. */
  async records(): Promise<ReadonlyMap<string, string>> {
    const folder = join(this.#folder, 'records')
    return inStore('read its packages', async () => {
      const names = (await readdir(folder)).filter((name) => name.endsWith(RECORD))
      const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')))
      return new Map(names.map((name, index) => [name.slice(0, -RECORD.length), texts[index] ?? '']))
    })
  }

  /** Gives a file that came in its place. */
  async keep(incoming: string, content: string): Promise<void> {
    await inStore('keep a package', async () => {
      await rename(incoming, this.content(content))
      await syncFolder(join(this.#folder, 'contents'))
    })
  }

  async writeRecord(id: string, text: string): Promise<void> {
    const folder = join(this.#folder, 'records')
    const written = this.incoming()
    await inStore('keep a package', async () => {
      const file = await open(written, 'wx', 0o600)
      try {
        await file.writeFile(text)
        await file.sync()
      } finally {
        await file.close()
      }
      await rename(written, join(folder, `${id}${RECORD}`))
      await syncFolder(folder)
    })
  }

  async removeRecord(id: string): Promise<void> {
    const folder = join(this.#folder, 'records')
    await inStore('forget a package', async () => {
      await rm(join(folder, `${id}${RECORD}`), { force: true })
      await syncFolder(folder)
    })
  }
}

const RECORD = '.json'

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

/** Work on the store's own files. The error names none of them. */
async function inStore<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    const { code = 'unknown' } = cause as NodeJS.ErrnoException
    const hint = 'look at the space and the rights of the data folder'
    throw new MillraceError('STORE_FAILED', `the node cannot ${what}: ${code}`, { cause, hint })
  }
}
