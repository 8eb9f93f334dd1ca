-- The gate's checks of a GET in the dialect binance, in the order it takes them, for nginx with Lua.
--
-- As good as we could make it: HMAC by OpenSSL through the FFI, keys in a Lua table, networks as numbers, first uses and
-- rates in shared dictionaries. The time is the one nginx keeps, read once a turn of its loop.
local ffi, bit = require("ffi"), require("bit")
ffi.cdef [[
    typedef struct evp_md_st EVP_MD;
    const EVP_MD *EVP_sha256(void);
    unsigned char *HMAC(const EVP_MD *md, const void *key, int key_len, const unsigned char *data, size_t len,
                        unsigned char *out, unsigned int *out_len);
    unsigned char *SHA256(const unsigned char *data, size_t len, unsigned char *out);
    int CRYPTO_memcmp(const void *a, const void *b, size_t len);
]]
local crypto = ffi.load("libcrypto.so.3")
local sha256, digest, digits = crypto.EVP_sha256(), ffi.new("unsigned char[32]"), ffi.new("char[64]")
local HEX = ffi.new("char[16]", "0123456789abcdef")
local WINDOW_MS, AHEAD_MS = 5000, 1000
local KEY_BURST, ACCOUNT_BURST, PERIOD = 200, 800, 4 -- as settings.py has them: at once, and seconds until full again
local find, sub, byte, format = string.find, string.sub, string.byte, string.format
local keys, verdict = {}, {}
local IDENTITY = "an identity secret of thirty-two" -- shared with the upstream

local function hmac_hex(secret, message)
    crypto.HMAC(sha256, secret, #secret, message, #message, digest, nil)
    for n = 0, 31 do
        digits[2 * n] = HEX[bit.rshift(digest[n], 4)]
        digits[2 * n + 1] = HEX[bit.band(digest[n], 15)]
    end
    return digits
end

local function number(address)
    local a, b, c, d = byte(address, 1, 4)
    return bit.bor(bit.lshift(a, 24), bit.lshift(b, 16), bit.lshift(c, 8), d)
end

-- Read the file of keys: id, secret, account, expiry in ms, permissions, networks.
function verdict.learn(path)
    for line in io.lines(path) do
        local id, secret, account, expires, permissions, networks = line:match("(%S+) (%S+) (%S+) (%S+) (%S+) (%S+)")
        local key = { secret = secret, account = account, expires = tonumber(expires), may = {}, networks = {} }
        for permission in permissions:gmatch("[^,]+") do key.may[permission] = true end
        for a, b, c, d, bits in networks:gmatch("(%d+)%.(%d+)%.(%d+)%.(%d+)/(%d+)") do
            local mask = bits == "0" and 0 or bit.lshift(-1, 32 - bits)
            key.networks[#key.networks + 1] = { bit.band(number(string.char(a, b, c, d)), mask), mask }
        end
        keys[id] = key
    end
end

local function refuse(status, reason)
    ngx.var.verdict = reason
    return ngx.exit(status)
end

local function admits(networks, peer)
    for n = 1, #networks do
        if bit.band(peer, networks[n][2]) == networks[n][1] then return true end
    end
    return false
end

-- GCRA, one number a bucket: what is used after this request, or nil if it does not fit. Nothing is spent.
local function used(rates, name, burst, now)
    local till = rates:get(name)
    till = ((till and till > now) and till or now) + PERIOD / burst
    if till - now > PERIOD then return nil end
    return till
end

function verdict.decide()
    local now = ngx.now()
    local query, id = ngx.var.args, ngx.var.http_x_mbx_apikey
    if not query or not id or ngx.req.get_method() ~= "GET" then return refuse(400, "malformed") end
    local mark = find(query, "&signature=", 1, true)
    if not mark or #query ~= mark + 10 + 64 then return refuse(400, "malformed") end
    local signed, signature = sub(query, 1, mark - 1), sub(query, mark + 11)
    local from, _, stamp = find("&" .. signed, "&timestamp=(%d+)")
    if not from or (#stamp ~= 13 and #stamp ~= 16) then return refuse(400, "malformed") end
    local key = keys[id]
    if not key then return refuse(401, "not-proven") end
    if crypto.CRYPTO_memcmp(hmac_hex(key.secret, signed), signature, 64) ~= 0 then return refuse(401, "not-proven") end
    ngx.var.account = key.account
    local now_ms, stamp_ms = now * 1000, tonumber(stamp)
    if #stamp == 16 then stamp_ms = stamp_ms / 1000 end
    if now_ms - stamp_ms > WINDOW_MS or stamp_ms - now_ms >= AHEAD_MS then return refuse(403, "stale") end
    -- The gate admits the same read again, and the same bytes for another target never.
    local first_uses, uri = ngx.shared.first_uses, ngx.var.uri
    local added, problem = first_uses:safe_add(signature, uri, (WINDOW_MS + AHEAD_MS) / 1000)
    if not added and (problem ~= "exists" or first_uses:get(signature) ~= uri) then return refuse(403, "replay") end
    if now_ms >= key.expires then return refuse(403, "expired") end
    if not admits(key.networks, number(ngx.var.binary_remote_addr)) then return refuse(403, "network") end
    local action = ngx.var.action
    if action == "" or not key.may[action] then return refuse(403, "permission") end
    local rates = ngx.shared.rates
    local mine = used(rates, id, KEY_BURST, now)
    local ours = used(rates, key.account, ACCOUNT_BURST, now)
    if not mine or not ours then return refuse(429, "rate") end
    rates:set(id, mine, PERIOD)
    rates:set(key.account, ours, PERIOD)
    ngx.var.verdict = "admitted"
    local spent = math.ceil((mine - now) * KEY_BURST / PERIOD - 1e-6)
    local header = ngx.header
    header["x-request-id"] = ngx.var.request_id
    header["x-mbx-used-weight-1m"] = spent
    header["ratelimit-policy"] = '"key";q=200'
    header["ratelimit"] = format('"key";r=%d;t=%d', KEY_BURST - spent, math.ceil(mine - now))
end

-- The answer where nothing stands behind.
function verdict.ok()
    ngx.header["content-length"] = 11
    ngx.print('{"ok":true}')
end

-- The identity that goes on to the upstream, signed as web/identity.py does: lengths before the parts. A GET has no body.
function verdict.identify()
    local var = ngx.var
    if var.verdict ~= "admitted" then return end
    local time = format("%d", ngx.now() * 1000)
    crypto.SHA256("", 0, digest)
    local target = sub(var.request_uri, 9) -- without /binance
    local parts, said = { "bitting-identity-v1", var.request_method, target, ffi.string(digest, 32), var.account,
        var.http_x_mbx_apikey, time, var.request_id }, {}
    for n = 1, #parts do
        local length = #parts[n]
        said[n] = string.char(0, 0, bit.rshift(length, 8), bit.band(length, 255)) .. parts[n]
    end
    var.time = time
    var.signature = "v1=" .. ffi.string(hmac_hex(IDENTITY, table.concat(said)), 64)
end

return verdict
