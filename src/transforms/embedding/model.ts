import { MillraceError } from '../../core/error.js'
import type { ModelClient } from '../../protocols/model/client.js'
import { JsonPath } from '../../protocols/model/json-path.js'
import {
  type EmbeddingConfig,
  type EmbeddingInput,
  embeddingRequest,
  isTokenExpired,
  readVectors,
  tokenRequest,
} from './requests.js'

/** Asks an embedding model; takes care of access tokens where they are needed. */
export class EmbeddingModel {
  readonly #config: EmbeddingConfig
  readonly #client: ModelClient
  #token: Promise<string> | null = null

  constructor(config: EmbeddingConfig, client: ModelClient) {
    this.#config = config
    this.#client = client
  }

  /**
   * One vector per input.
   *
   * @throws MillraceError `MODEL_REQUEST_FAILED`, `MODEL_ANSWER_INVALID`
   */
  async vectors(inputs: readonly EmbeddingInput[], signal: AbortSignal): Promise<readonly Float32Array[]> {
    const answer = await this.#ask(inputs, signal)
    const vectors = readVectors(this.#config, answer, inputs.length)
    if (vectors !== null) return vectors
    const shown = this.#client.shown(JSON.stringify(answer))
    const message = `the answer of the model '${this.#config.model}' has not one vector for each of '${inputs.length}' inputs: ${shown}`
    throw new MillraceError('MODEL_ANSWER_INVALID', message)
  }

  async #ask(inputs: readonly EmbeddingInput[], signal: AbortSignal): Promise<unknown> {
    if (this.#config.provider !== 'QIANFAN')
      return this.#client.send(embeddingRequest(this.#config, inputs, null), signal)
    const token = await this.#accessToken(signal)
    const answer = await this.#client.send(embeddingRequest(this.#config, inputs, token), signal)
    if (!isTokenExpired(answer)) return answer
    this.#token = null
    const fresh = await this.#accessToken(signal)
    return this.#client.send(embeddingRequest(this.#config, inputs, fresh), signal)
  }

  /** The token, asked for once for all requests that need it. */
  #accessToken(signal: AbortSignal): Promise<string> {
    this.#token ??= this.#fetchToken(signal).catch((thrown: unknown) => {
      this.#token = null
      throw thrown
    })
    return this.#token
  }

  async #fetchToken(signal: AbortSignal): Promise<string> {
    const token = new JsonPath('$.access_token').read(await this.#client.send(tokenRequest(this.#config), signal))
    if (typeof token !== 'string') throw new MillraceError('MODEL_ANSWER_INVALID', "'oauth_path' gives no access token")
    this.#client.addSecret(token)
    return token
  }
}
