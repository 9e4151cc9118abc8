// gramjs as a caller whom luahost declines.

import { createHash } from 'node:crypto'

import bigInt from 'big-integer'
import { Api, TelegramClient } from 'telegram'
import { _serverKeys } from 'telegram/crypto/RSA.js'
import { Raw } from 'telegram/events/index.js'
import { ConnectionTCPAbridged, ConnectionTCPFull, ConnectionTCPObfuscated } from 'telegram/network/index.js'
import { StringSession } from 'telegram/sessions/index.js'

import { Ends, Exchange, options, publicKey, rings, say, sha256, told } from './common.mjs'

// The server's key, by the fingerprint that Telegram gives it
// (https://core.telegram.org/mtproto/auth_key#2-server-sends-response-of-the-form).
const { n, e } = publicKey()
const bytes = (b) => { // as TL has them
  const head = b.length < 254 ? Buffer.from([b.length]) : Buffer.from([254, b.length & 255, b.length >> 8, 0])
  const whole = Buffer.concat([head, b])
  return Buffer.concat([whole, Buffer.alloc((4 - (whole.length % 4)) % 4)])
}
const digest = createHash('sha1').update(bytes(n)).update(bytes(e)).digest()
_serverKeys.set(String(digest.readBigInt64LE(12)), { n: bigInt(n.toString('hex'), 16), e: Number('0x' + e.toString('hex')) })

// gramjs dials port 80 alone, and cannot keep a port above 32767 in a session.
const transports = { full: ConnectionTCPFull, abridged: ConnectionTCPAbridged, obfuscated: ConnectionTCPObfuscated }
class Connection extends transports[options.mode ?? 'full'] {
  constructor(params) {
    super({ ...params, ip: options.host, port: options.port })
  }
}

const session = new StringSession('')
session.setDC(2, options.host, 80)
const client = new TelegramClient(session, 1, 'hash', { connection: Connection, connectionRetries: 1000, retryDelay: 50 })
client.setLogLevel(process.env.GRAMJS_LOG ?? 'none')

const ends = new Ends()
client.addEventHandler((update) => {
  if (update.phoneCall instanceof Api.PhoneCallDiscarded) {
    const name = update.phoneCall.reason?.className
    ends.ended(update.phoneCall.id, name && name[0].toLowerCase() + name.slice(1))
  }
}, new Raw({ types: [Api.UpdatePhoneCall] }))

await client.start({
  phoneNumber: options.phone,
  phoneCode: async () => options.code,
  onError: (err) => { throw err },
})
const self = await client.getMe()
say('logged in as', String(self.id))

const found = await client.invoke(new Api.contacts.ResolvePhone({ phone: options.other }))
say('resolved', String(found.users[0].id))

const dh = await client.invoke(new Api.messages.GetDhConfig({ version: 0, randomLength: 0 }))
const protocol = new Api.PhoneCallProtocol({
  udpP2p: true, udpReflector: true, minLayer: 65, maxLayer: 92, libraryVersions: ['8.0.0'],
})

async function declined() {
  const { phoneCall } = await client.invoke(new Api.phone.RequestCall({
    userId: new Api.InputUser({ userId: found.users[0].id, accessHash: found.users[0].accessHash }),
    randomId: Math.floor(Math.random() * 2 ** 31),
    gAHash: sha256(new Exchange(dh).half),
    protocol,
  }))
  return ends.of(phoneCall.id)
}

for (;;) {
  if (await told() !== 'ring') process.exit(0)
  await rings(declined)
}
