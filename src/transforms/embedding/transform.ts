import { MillraceError } from '../../core/error.js'
import type { Column } from '../../core/schema.js'
import { ModelClient } from '../../protocols/model/client.js'
import { JsonPath } from '../../protocols/model/json-path.js'
import { clientSettings, endpointOf, readCustomConfig } from '../../protocols/model/options.js'
import { overwriteColumns } from '../../spi/catalog.js'
import type { JsonObject } from '../../spi/json.js'
import { transformFactory } from '../../spi/transform.js'
import { type NamedField, readFields } from './fields.js'
import { EmbeddingModel } from './model.js'
import { EmbeddingProcessor, type EmbeddingProcessorConfig } from './processor.js'
import type { EmbeddingConfig } from './requests.js'
import { type EMBEDDING_PROVIDERS, spec } from './spec.js'

/** Where providers are asked; `null` where the user has to say it. @source SeaTunnel `ModelProvider` */
const ENDPOINTS: Readonly<Record<(typeof EMBEDDING_PROVIDERS)[number], string | null>> = {
  OPENAI: 'https://api.openai.com/v1/embeddings',
  DOUBAO: 'https://ark.cn-beijing.volces.com/api/v3/embeddings',
  QIANFAN: 'https://aip.baidubce.com/rpc/2.0/ai_custom/v1/wenxinworkshop/embeddings',
  ZHIPU: 'https://open.bigmodel.cn/api/paas/v4/embeddings',
  CUSTOM: null,
  AMAZON: null,
  LOCAL: null,
}

/** Length of ZHIPU's vectors when the job does not say one. */
const ZHIPU_DIMENSION = 2048
/** Inputs that ZHIPU takes at once. */
const ZHIPU_INPUTS_LIMIT = 64
/** What the model is asked about to learn the length of its vectors. */
const PROBE = { modality: { group: 'text', name: 'text' }, text: 'dimension' } as const

/** Asks an embedding model for vectors of columns. */
export const transform = transformFactory({
  spec,
  async lower(options, table) {
    const { modelProvider: provider, singleVectorizedInputNumber: inputsPerRequest } = options
    refuse(provider, inputsPerRequest)
    const fields = readFields(options.vectorizationFields, table)
    const isMultimodal = fields.some(({ modality, format }) => modality?.group !== 'text' || format !== 'text')
    refuseMedia(provider, isMultimodal, inputsPerRequest)
    const custom = provider === 'CUSTOM' ? readCustomConfig(options.customConfig) : null
    if (custom !== null) new JsonPath(custom.responseParse)
    const dimension = options.dimension ?? (provider === 'ZHIPU' ? ZHIPU_DIMENSION : null)
    const embedding: EmbeddingConfig = {
      provider,
      model: options.model,
      apiKey: options.apiKey,
      secretKey: options.secretKey,
      endpoint: endpointOf(provider, options.apiPath, ENDPOINTS[provider]),
      oauthPath: options.oauthPath,
      dimension,
      isMultimodal,
      custom,
    }
    const secrets = Object.values(custom?.headers ?? {}).flatMap((value) => [value, value.replace(/^\w+\s+/, '')])
    const client = clientSettings(
      provider,
      options,
      secrets.filter((secret) => secret.toLowerCase() !== 'application/json'),
    )
    const length = dimension ?? (await probe(embedding, client))
    const { table: output, origins } = overwriteColumns(
      table,
      fields.map((field) => vectorColumn(field, length)),
    )
    const config: EmbeddingProcessorConfig = { embedding, client, inputsPerRequest, fields, columns: origins }
    const batchRows = Math.max(options.processBatchSize, inputsPerRequest) * options.concurrency
    return {
      table: output,
      processor: { config: config as unknown as JsonObject, batchRows: Math.min(8192, batchRows) },
    }
  },
  createProcessor: (config, context) =>
    EmbeddingProcessor.create(config as unknown as EmbeddingProcessorConfig, context),
})

function refuse(provider: string, inputsPerRequest: number): void {
  if (provider === 'AMAZON' || provider === 'LOCAL') {
    const what = provider === 'AMAZON' ? ': requests to Amazon Bedrock must be signed, which is not there yet' : ''
    const hint = 'use OPENAI, DOUBAO, QIANFAN or ZHIPU, or CUSTOM for any other HTTP interface'
    throw new MillraceError('UNIMPLEMENTED', `Unsupported model provider: ${provider}${what}`, { hint })
  }
  if (provider === 'ZHIPU' && inputsPerRequest > ZHIPU_INPUTS_LIMIT) {
    throw new MillraceError('OPTION_INVALID', `ZHIPU takes at most '${ZHIPU_INPUTS_LIMIT}' inputs in one request`, {
      hint: "lower 'single_vectorized_input_number'",
    })
  }
}

function refuseMedia(provider: string, isMultimodal: boolean, inputsPerRequest: number): void {
  if (!isMultimodal) return
  if (provider !== 'DOUBAO') {
    throw new MillraceError('UNIMPLEMENTED', `the provider '${provider}' takes texts only`, {
      hint: 'DOUBAO takes images and videos',
    })
  }
  if (inputsPerRequest > 1) {
    throw new MillraceError('OPTION_INVALID', 'DOUBAO takes one input in one request when it is not only texts', {
      hint: "leave 'single_vectorized_input_number' at 1",
    })
  }
}

function vectorColumn({ output }: NamedField, dimension: number): Column {
  const type = { kind: 'FLOAT_VECTOR' } as const
  return { name: output, type, nullable: true, length: null, scale: dimension, defaultValue: null, comment: '' }
}

/** Length of the vectors, which one request tells. */
async function probe(config: EmbeddingConfig, settings: ConstructorParameters<typeof ModelClient>[0]): Promise<number> {
  const client = new ModelClient(settings, new BigInt64Array(new SharedArrayBuffer(8)))
  const [vector] = await new EmbeddingModel(config, client).vectors([PROBE], new AbortController().signal)
  return vector?.length ?? 0
}
