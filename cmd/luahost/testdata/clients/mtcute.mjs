// mtcute as a caller whom luahost declines, and as both sides of a call.

import { MemoryStorage } from '@mtcute/core'
import { addPublicKey } from '@mtcute/core/utils.js'
import { TelegramClient } from '@mtcute/node'
import { NodeCryptoProvider } from '@mtcute/node/utils.js'
import Long from 'long'

import { Ends, Exchange, fail, options, rings, say, sha256, told } from './common.mjs'

const crypto = new NodeCryptoProvider()
await crypto.initialize()
addPublicKey(crypto, options.pem)

const dc = { id: 2, ipAddress: options.host, port: options.port }
const client = new TelegramClient({
  apiId: 1,
  apiHash: 'hash',
  storage: new MemoryStorage(),
  defaultDcs: { main: dc, media: { ...dc, mediaOnly: true } },
  network: { usePfs: options.mode === 'pfs' },
  logLevel: Number(process.env.MTCUTE_LOG ?? 1),
})
client.onError.add((err) => say('error:', err.message))

const protocol = {
  _: 'phoneCallProtocol', udpP2p: true, udpReflector: true, minLayer: 65, maxLayer: 92, libraryVersions: ['8.0.0'],
}
const ends = new Ends()
let exchange // of the call that goes on, if somebody talks

async function group() {
  const config = await client.call({ _: 'messages.getDhConfig', version: 0, randomLength: 0 })
  return { p: config.p, g: config.g }
}
const peerOf = (call) => ({ _: 'inputPhoneCall', id: call.id, accessHash: call.accessHash })

async function changed(call) {
  switch (call._) {
    case 'phoneCallRequested':
      exchange = new Exchange(await group())
      await client.call({ _: 'phone.receivedCall', peer: peerOf(call) })
      await client.call({ _: 'phone.acceptCall', peer: peerOf(call), gB: exchange.half, protocol })
      return
    case 'phoneCallAccepted': {
      const fingerprint = exchange.fingerprint(call.gB)
      await client.call({
        _: 'phone.confirmCall', peer: peerOf(call), gA: exchange.half, keyFingerprint: long(fingerprint), protocol,
      })
      say('confirmed', String(fingerprint))
      return
    }
    case 'phoneCall':
      say('fingerprint', String(exchange.fingerprint(call.gAOrB)), 'theirs', call.keyFingerprint.toString())
      return
    case 'phoneCallDiscarded':
      ends.ended(call.id, call.reason?._)
      if (exchange) say('ended with', call.reason?._)
  }
}

const long = (n) => Long.fromString(String(n))

// As they come from the server: mtcute's own handlers lose what comes while it
// still asks for the state of updates, some time after the login.
client.onServerUpdate.add((news) => {
  for (const update of news.updates ?? []) {
    if (update._ === 'updatePhoneCall') changed(update.phoneCall).catch(fail)
  }
})

const self = await client.start({ phone: options.phone, code: () => options.code })
say('logged in as', self.id)

const found = await client.call({ _: 'contacts.resolvePhone', phone: options.other })
const user = found.users[0]
say('resolved', user.id)

// ring calls the other one and gives the call's id.
async function ring(gA) {
  const { phoneCall } = await client.call({
    _: 'phone.requestCall',
    userId: { _: 'inputUser', userId: user.id, accessHash: user.accessHash },
    randomId: Math.floor(Math.random() * 2 ** 31),
    gAHash: sha256(gA),
    protocol,
  })
  return phoneCall.id
}

const dh = await group()

for (;;) {
  switch (await told()) {
    case 'ring':
      exchange = undefined
      await rings(async () => ends.of(await ring(new Exchange(dh).half)))
      break
    case 'talk': // until the other one hangs up
      exchange = new Exchange(dh)
      await ring(exchange.half)
      break
    default:
      await client.destroy()
      process.exit(0)
  }
}
