// What both clients' scripts share: their arguments, what they print for the
// test to read, and the key exchange of a call
// (https://core.telegram.org/api/end-to-end/voice-calls).

import { createHash, createPublicKey, randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'

const [server, keyFile, phone, other, count, mode] = process.argv.slice(2)
const colon = server.lastIndexOf(':')

// options: where the server is, whom to log in as, whom to call, how often, and
// what the client has a choice in.
export const options = {
  host: server.slice(0, colon),
  port: Number(server.slice(colon + 1)),
  pem: readFileSync(keyFile, 'utf8'),
  phone,
  other,
  count: Number(count),
  mode,
  code: '12345',
}

// say prints a line that the test waits for.
export const say = (...words) => console.log(...words)

// The test steers with lines on standard input.
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
export const told = async () => (await lines.next()).value

export const fail = (err) => {
  console.log('failed:', err?.stack ?? err)
  process.exit(1)
}
process.on('unhandledRejection', fail)

// publicKey gives the server's key as numbers.
export function publicKey() {
  const { n, e } = createPublicKey(options.pem).export({ format: 'jwk' })
  return { n: Buffer.from(n, 'base64url'), e: Buffer.from(e, 'base64url') }
}

export const sha256 = (data) => createHash('sha256').update(data).digest()

const toBigInt = (bytes) => BigInt('0x' + Buffer.from(bytes).toString('hex'))
const toBytes = (n) => Buffer.from(n.toString(16).padStart(512, '0'), 'hex')

function power(base, exponent, modulus) {
  let result = 1n
  for (base %= modulus; exponent > 0n; exponent >>= 1n) {
    if (exponent & 1n) result = (result * base) % modulus
    base = (base * base) % modulus
  }
  return result
}

// Exchange is one side's part of the key of a call.
export class Exchange {
  constructor({ p, g }) {
    this.p = toBigInt(p)
    this.secret = toBigInt(randomBytes(256))
    this.half = toBytes(power(BigInt(g), this.secret, this.p))
  }

  // fingerprint of the key that comes of the other side's half.
  fingerprint(half) {
    const key = toBytes(power(toBigInt(half), this.secret, this.p))
    return createHash('sha1').update(key).digest().readBigInt64LE(12)
  }
}

// Ends collects how calls ended; a call may end before it is asked for.
export class Ends {
  #known = new Map()
  #waiting = new Map()

  ended(id, reason) {
    this.#known.set(String(id), reason)
    this.#waiting.get(String(id))?.(reason)
  }

  of(id) {
    const known = this.#known.get(String(id))
    if (known !== undefined) return known
    return new Promise((resolve) => this.#waiting.set(String(id), resolve))
  }
}

// rings calls somebody options.count times and says how often it was declined as
// busy. call gives the reason that a call ended for.
export async function rings(call) {
  let busy = 0
  for (let i = 0; i < options.count; i++) {
    const reason = await call()
    if (reason === 'phoneCallDiscardReasonBusy') busy++
    else say('a call ended with', reason)
  }
  say('busy', busy, 'of', options.count)
}
