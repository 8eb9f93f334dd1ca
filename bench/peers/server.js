// The gate's checks of a GET in the dialect binance, for Node with nothing but its own http and crypto.
//     node server.js PORT KEYS LOG
'use strict'
const http = require('node:http'), fs = require('node:fs'), crypto = require('node:crypto')
const [port, keyFile, logFile] = process.argv.slice(2)
const WINDOW_MS = 5000, AHEAD_MS = 1000, PERIOD_MS = 4000, KEY_BURST = 200, ACCOUNT_BURST = 800
const OK = Buffer.from('{"ok":true}')
const PERMISSIONS = new Map([
  ['/binance/api/v3/account', 'balances.read'],
  ['/binance/api/v3/openOrders', 'orders.read'],
  ['/binance/sapi/v1/capital/deposit/hisrec', 'deposits.read'],
])

const number = text => text.split('.').reduce((sum, part) => (sum << 8 | +part), 0)
const network = text => {
  const [base, bits] = text.split('/'), mask = +bits ? -1 << 32 - +bits : 0
  return [number(base) & mask, mask]
}
const keys = new Map(fs.readFileSync(keyFile, 'latin1').trim().split('\n').map(line => {
  const [id, secret, account, expires, permissions, networks] = line.split(' ')
  return [id, { secret, account, expires: +expires, may: new Set(permissions.split(',')), networks: networks.split(',').map(network) }]
}))

// First uses, in two halves that are dropped in turn: nothing is forgotten while it could still be admitted.
let uses = new Map(), usesBefore = new Map()
setInterval(() => { usesBefore = uses; uses = new Map() }, WINDOW_MS + AHEAD_MS).unref()
const firstUse = (signature, path) => {
  const before = uses.get(signature) ?? usesBefore.get(signature)
  if (before === undefined) uses.set(signature, path)
  return before === undefined || before === path
}

const untils = new Map()
const after = (name, burst, now) => { // GCRA: the bucket's new number, or 0 if the request does not fit
  const until = Math.max(untils.get(name) ?? 0, now) + PERIOD_MS / burst
  return until - now > PERIOD_MS ? 0 : until
}

const lines = [], log = fs.openSync(logFile, 'a')
setInterval(() => { if (lines.length) fs.write(log, lines.splice(0).join(''), () => {}) }, 100).unref()

const decide = (request, headers) => {
  const at = request.url.indexOf('?'), path = request.url.slice(0, at), query = request.url.slice(at + 1), now = Date.now()
  const id = request.headers['x-mbx-apikey'], mark = query.indexOf('&signature=')
  const stamp = /(?:^|&)timestamp=(\d{13}|\d{16})(?:&|$)/.exec(query.slice(0, mark))
  if (at < 0 || mark < 0 || !id || !stamp || request.method !== 'GET') return [400, 'malformed']
  const key = keys.get(id)
  if (!key) return [401, 'not-proven']
  const signature = Buffer.from(query.slice(mark + 11), 'hex')
  const expected = crypto.createHmac('sha256', key.secret).update(query.slice(0, mark)).digest()
  if (signature.length !== 32 || !crypto.timingSafeEqual(signature, expected)) return [401, 'not-proven']
  const age = now - stamp[1] / (stamp[1].length === 16 ? 1000 : 1)
  if (age > WINDOW_MS || age <= -AHEAD_MS) return [403, 'stale', key]
  if (!firstUse(query.slice(mark + 11), path)) return [403, 'replay', key]
  if (now >= key.expires) return [403, 'expired', key]
  const peer = number(request.socket.remoteAddress)
  if (!key.networks.some(([base, mask]) => (peer & mask) === base)) return [403, 'network', key]
  if (!key.may.has(PERMISSIONS.get(path))) return [403, 'permission', key]
  const mine = after(id, KEY_BURST, now), ours = after(key.account, ACCOUNT_BURST, now)
  if (!mine || !ours) return [429, 'rate', key]
  untils.set(id, mine)
  untils.set(key.account, ours)
  const used = Math.ceil((mine - now) * KEY_BURST / PERIOD_MS)
  headers['x-mbx-used-weight-1m'] = used
  headers['ratelimit-policy'] = '"key";q=200'
  headers.ratelimit = `"key";r=${KEY_BURST - used};t=${Math.ceil((mine - now) / 1000)}`
  return [200, 'admitted', key]
}

let requests = 0
http.createServer({ keepAliveTimeout: 75000 }, (request, response) => {
  const headers = { 'content-type': 'application/json', 'x-request-id': (++requests).toString(16) }
  const [status, verdict, key] = decide(request, headers), body = status === 200 ? OK : ''
  lines.push(`${Date.now()} ${requests} ${key?.account} ${request.headers['x-mbx-apikey']} ${request.method} ${request.url} ` +
    `${verdict} ${request.socket.remoteAddress} ${request.headers['user-agent']}\n`)
  headers['content-length'] = body.length
  response.writeHead(status, headers).end(body)
}).listen(+port, '127.0.0.1')
