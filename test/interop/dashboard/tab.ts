import type { Locator, Page } from 'playwright-core'

/** How long a page may take to show something, in milliseconds. */
const DEADLINE_MS = 20_000
/** What stands in a page only where an answer lacks something. */
const FORBIDDEN = /(?<![\w.])(?:NaN|undefined|Invalid \w+|null|\[object Object\])(?![\w.])/
/** Title of the box in which the dashboard shows what the node refused. */
const REFUSAL = 'Server Response Message:'
/** The browser says of every answer that is an error what {@link DashboardTab} looks at itself. */
const BY_BROWSER = /^Failed to load resource: the server responded with a status of/
/** Faults of the dashboard itself, with every server: it goes on with an editor or a graph that was left a moment ago. */
const OF_DASHBOARD =
  /Cannot read properties of null \(reading 'layout'\)|Failed to read the 'value' property from 'SVGLength'/

/** What can be read in a page, in its own language; its editors have blanks that are none. */
const READABLE = String.raw`document.body.innerText.replaceAll('\u00a0', ' ')`

/** An answer that the page got. */
export interface PageAnswer {
  readonly method: string
  /** Path and query behind the address of the dashboard. */
  readonly path: string
  readonly status: number
}

/** A tab with the dashboard: sees what the page asks for, what the browser complains of, and what it shows. */
export class DashboardTab {
  readonly page: Page
  readonly #base: string
  readonly #isAllowed: (answer: PageAnswer) => boolean
  #answers: PageAnswer[] = []
  #faults: string[] = []

  /**
   * @param base address of the dashboard, with its slash.
   * @param isAllowed whether an answer with an error status is one that is meant.
   */
  constructor(page: Page, base: string, isAllowed: (answer: PageAnswer) => boolean) {
    this.page = page
    this.#base = base
    this.#isAllowed = isAllowed
    page.setDefaultTimeout(DEADLINE_MS)
    page.on('response', (response) => {
      const answer = {
        method: response.request().method(),
        path: response.url().replace(base, '/'),
        status: response.status(),
      }
      this.#answers.push(answer)
      if (answer.status >= 400 && !isAllowed(answer))
        this.#faults.push(`${answer.method} ${answer.path} answered ${answer.status}`)
    })
    page.on('requestfailed', (request) => {
      // A page that is left does not wait for its answers.
      if (request.failure()?.errorText !== 'net::ERR_ABORTED')
        this.#faults.push(`${request.method()} ${request.url()} failed: ${request.failure()?.errorText}`)
    })
    page.on('console', (message) => {
      const text = message.text()
      if (message.type() === 'error' && !BY_BROWSER.test(text) && !OF_DASHBOARD.test(text)) this.#faults.push(text)
    })
    page.on('pageerror', (error) => this.#faults.push(String(error)))
  }

  /** Goes to a page of the dashboard. @param route behind `#/`. */
  async visit(route: string): Promise<void> {
    this.#answers = []
    await this.page.goto(`${this.#base}#/${route}`)
  }

  /** Goes to a page as if the dashboard was opened there: with nothing left of what it showed before. @param route behind `#/`. */
  async open(route: string): Promise<void> {
    await this.page.goto('about:blank')
    await this.visit(route)
  }

  /** Waits until the page has got an answer without error to each of some requests. @param calls `GET /path`, with its query. */
  async called(...calls: readonly string[]): Promise<void> {
    for (const call of calls) {
      const isIt = ({ method, path, status }: PageAnswer) => `${method} ${path}` === call && status < 400
      if (this.#answers.some(isIt)) continue
      const event = this.page.waitForEvent('response', {
        predicate: (response) =>
          isIt({
            method: response.request().method(),
            path: response.url().replace(this.#base, '/'),
            status: response.status(),
          }),
      })
      await event.catch(() => {
        const seen = this.#answers.map(({ method, path, status }) => `${method} ${path} ${status}`)
        throw new Error(`the page did not call '${call}', but:\n${seen.join('\n')}`)
      })
    }
  }

  /** Waits until the page shows all of some texts. @throws Error with what it shows instead. */
  async shows(...texts: readonly (string | RegExp)[]): Promise<void> {
    for (const text of texts) {
      const condition =
        typeof text === 'string' ? `${READABLE}.includes(${JSON.stringify(text)})` : `${text}.test(${READABLE})`
      await this.page.waitForFunction(condition).catch(async () => {
        throw new Error(`the page does not show '${text}', but:\n${await this.text()}`)
      })
    }
  }

  /** What can be read in the page. */
  text(): Promise<string> {
    return this.page.evaluate<string>(READABLE)
  }

  /** The texts of a table's rows, cell by cell. */
  async rows(table: Locator): Promise<readonly (readonly string[])[]> {
    const rows = await table
      .locator('tr.ant-table-row')
      .evaluateAll((found) =>
        found.map((row) =>
          [...row.querySelectorAll('td')].map((cell) => cell.innerText.replaceAll(/\s+/g, ' ').trim()),
        ),
      )
    // The library of the tables has a row to measure them.
    return rows.filter((cells) => cells.length > 0)
  }

  /**
   * What is wrong with what was seen since the last call. Empty: nothing.
   *
   * @param hasForeignText whether the page shows what somebody else wrote, which may have any words.
   */
  async faults(hasForeignText = false): Promise<readonly string[]> {
    const text = await this.text()
    const [faults, found] = [this.#faults, hasForeignText ? null : FORBIDDEN.exec(text)]
    this.#faults = []
    if (found !== null) faults.push(`the page shows '${text.slice(Math.max(0, found.index - 40), found.index + 40)}'`)
    // What was refused on purpose is shown as well.
    const wasRefused = this.#answers.some((answer) => answer.status >= 400 && this.#isAllowed(answer))
    if (text.includes(REFUSAL) && !wasRefused) faults.push(text.slice(text.indexOf(REFUSAL)).slice(0, 200))
    return faults
  }
}
