import { readFile } from 'node:fs/promises'
import { createSecureContext } from 'node:tls'
import { MillraceError } from '../../core/error.js'
import type { TlsMaterial } from './listener.js'
import { type Pkcs12Fault, pkcs12Certificates } from './pkcs12.js'

/** The settings `key-store-*` and `trust-store-*` of `seatunnel.engine.http`. Empty texts stand for what is not set. */
export interface TlsSettings {
  readonly keyStorePath: string
  readonly keyStorePassword: string
  readonly keyManagerPassword: string
  readonly trustStorePath: string
  readonly trustStorePassword: string
}

type StoreKind = 'pem' | 'pkcs12' | 'jks'

const PEM_CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g
const PEM_KEY = /-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----[\s\S]+?-----END (?:[A-Z]+ )*PRIVATE KEY-----/
/** How the files of `keytool` begin in its own formats. */
const JKS_MAGIC: ReadonlySet<number> = new Set([0xfeedfeed, 0xcececece])
/** How DER begins: a sequence. */
const DER_SEQUENCE = 0x30

/**
 * Reads the certificates of a listener. A key store is PEM (key and chain in one file) or PKCS#12, and so is a trust store, with which
 * clients need a certificate. What a file is shows in its bytes: files called `.jks` that newer versions of `keytool` write are PKCS#12.
 *
 * @throws MillraceError `HTTP_SETTINGS` for a store that is missing or of a kind that is not read; the hint has the command that
 * converts it. Passwords are in no error.
 */
export async function loadTls(settings: TlsSettings): Promise<TlsMaterial> {
  const { keyStorePath, keyStorePassword, keyManagerPassword, trustStorePath, trustStorePassword } = settings
  if (keyStorePath === '')
    throw new MillraceError('HTTP_SETTINGS', "'enable-https' needs 'key-store-path'", {
      path: 'seatunnel.engine.http.key-store-path',
      hint: 'set the path of a PEM or PKCS#12 file with key and certificate',
    })
  const store = await readStore(keyStorePath, 'key-store-path')
  const key = keyMaterial(store, keyStorePath, keyStorePassword, keyManagerPassword)
  checkKey(key, keyStorePath)
  if (trustStorePath === '') return key
  return { ...key, clientAuthorities: await trustedCertificates(trustStorePath, trustStorePassword) }
}

/** Opens what was read the way a listener does, so that a wrong password shows before there is one. */
function checkKey({ key, certificate, pfx, passphrase }: TlsMaterial, path: string): void {
  try {
    createSecureContext({ key, cert: certificate, pfx, passphrase })
  } catch (error) {
    const hint = `check 'key-store-password' and 'key-manager-password'; a file of an older Java is converted with: openssl pkcs12 -legacy -in ${path} -nodes -out ${pemName(path)}`
    throw storeFault(path, 'key-store-path', 'does not open with its password', hint, error)
  }
}

function keyMaterial(store: Buffer, path: string, storePassword: string, keyPassword: string): TlsMaterial {
  const kind = storeKind(store)
  if (kind === 'jks') throw javaStore(path, 'key-store-path')
  if (kind === 'pkcs12') return { pfx: store, passphrase: storePassword }
  const text = store.toString('latin1')
  const certificates = text.match(PEM_CERTIFICATE)
  const key = PEM_KEY.exec(text)?.[0]
  if (certificates === null || key === undefined)
    throw storeFault(
      path,
      'key-store-path',
      'has no certificate with its key',
      'put the key and the chain into one PEM file',
    )
  const passphrase = keyPassword === '' ? storePassword : keyPassword
  return { certificate: certificates.join('\n'), key, ...(passphrase === '' ? {} : { passphrase }) }
}

async function trustedCertificates(path: string, password: string): Promise<readonly string[]> {
  const store = await readStore(path, 'trust-store-path')
  const kind = storeKind(store)
  if (kind === 'jks') throw javaStore(path, 'trust-store-path')
  const certificates =
    kind === 'pem' ? (store.toString('latin1').match(PEM_CERTIFICATE) ?? []) : pkcs12Certificates(store, password)
  if (typeof certificates === 'string') throw trustFault(path, certificates)
  if (certificates.length > 0) return certificates
  const hint = "put the certificate of the clients' authority into the file"
  throw storeFault(path, 'trust-store-path', 'has no certificate', hint)
}

function trustFault(path: string, fault: Pkcs12Fault): MillraceError {
  const setting = 'trust-store-path'
  if (fault === 'password')
    return storeFault(path, setting, 'does not open with its password', "check 'trust-store-password'")
  if (fault === 'damaged')
    return storeFault(path, setting, 'is neither PEM nor PKCS#12', 'set the path of a file with certificates')
  const hint = `convert it with: openssl pkcs12 -legacy -in ${path} -nokeys -out ${pemName(path)}`
  return storeFault(path, setting, 'is encrypted in a way that is out of use', hint)
}

function storeKind(store: Buffer): StoreKind {
  if (store.length >= 4 && JKS_MAGIC.has(store.readUInt32BE(0))) return 'jks'
  return store[0] === DER_SEQUENCE ? 'pkcs12' : 'pem'
}

async function readStore(path: string, setting: string): Promise<Buffer> {
  try {
    return await readFile(path)
  } catch (error) {
    throw storeFault(path, setting, 'cannot be read', 'check its path and permissions', error)
  }
}

function javaStore(path: string, setting: string): MillraceError {
  const target = path.replace(/\.jks$/i, '')
  const command = `keytool -importkeystore -srckeystore ${path} -destkeystore ${target}.p12 -deststoretype PKCS12`
  const certificates = `keytool -exportcert -rfc -keystore ${path} -alias ALIAS -file ${pemName(path)}`
  const hint = `convert it with: ${setting === 'key-store-path' ? command : certificates}`
  return storeFault(path, setting, "is in Java's own format (JKS), which only Java reads", hint)
}

function pemName(path: string): string {
  return `${path.replace(/\.(jks|p12|pfx)$/i, '')}.pem`
}

function storeFault(path: string, setting: string, message: string, hint: string, cause?: unknown): MillraceError {
  return new MillraceError('HTTP_SETTINGS', `the store '${path}' ${message}`, {
    path: `seatunnel.engine.http.${setting}`,
    hint,
    cause,
  })
}
