// The limit: how fast the same decision could be. One thread, epoll, OpenSSL's SHA-256, everything in arrays.
//
//     limit PORT KEYS LOG     decide as the gate does about GETs of the dialect binance
//     limit PORT open         answer everything: the upstream behind a proxy, and what the wire alone costs
//
// It is a yardstick and no server: it reads only what the load generator writes, keeps no time limits, has its secrets
// in clear memory, and forgets everything when it ends.
#include "../load/keys.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <openssl/crypto.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define BUFFER 16384
#define WINDOW_US 5000000
#define AHEAD_US 1000000
#define SLOTS (1 << 21)  // of first uses
#define PROBES 64
#define LOG_BUFFER 65536

struct connection {
    int socket;
    uint32_t peer;
    size_t got;
    char in[BUFFER];
};

struct use {
    uint64_t name[2];  // the signature's first half
    uint64_t target;
    int64_t until_us;
};

struct rate {
    int64_t burst, period_us;
};

static const struct rate KEY_RATE = {200, 4000000}, ACCOUNT_RATE = {800, 4000000};  // as settings.py has them
static struct key *keys;
static int key_count, *index_of_key, index_size, is_open;
static int64_t *key_until_us, *account_until_us;
static struct use *uses;
static int log_file;
static char log_buffer[LOG_BUFFER];
static size_t log_length;
static uint64_t request_number;

static uint64_t hash(const char *text, size_t length) {  // FNV-1a
    uint64_t value = 14695981039346656037u;
    for (size_t n = 0; n < length; n++) value = (value ^ (unsigned char)text[n]) * 1099511628211u;
    return value;
}

static void index_keys(void) {
    for (index_size = 1; index_size < 4 * key_count;) index_size *= 2;
    index_of_key = malloc((size_t)index_size * sizeof *index_of_key);
    memset(index_of_key, -1, (size_t)index_size * sizeof *index_of_key);
    for (int n = 0; n < key_count; n++) {
        uint64_t place = hash(keys[n].id, strlen(keys[n].id));
        while (index_of_key[place & (uint64_t)(index_size - 1)] >= 0) place++;
        index_of_key[place & (uint64_t)(index_size - 1)] = n;
    }
}

static int find_key(const char *id, size_t length) {
    for (uint64_t place = hash(id, length);; place++) {
        int n = index_of_key[place & (uint64_t)(index_size - 1)];
        if (n < 0 || (!strncmp(keys[n].id, id, length) && !keys[n].id[length])) return n;
    }
}

// Whether the signature is used for the first time, or again for the same target (a read may be repeated).
static int first_use(const char *signature, uint64_t target, int64_t now_us, int64_t until_us) {
    uint64_t name[2];
    memcpy(name, signature, sizeof name);
    uint64_t place = hash(signature, 64);
    struct use *free_slot = NULL;
    for (int n = 0; n < PROBES; n++) {
        struct use *use = &uses[(place + (uint64_t)n) & (SLOTS - 1)];
        if (use->until_us < now_us) {
            if (!free_slot) free_slot = use;
            if (!use->until_us) break;  // never used: nothing lies behind it
        } else if (use->name[0] == name[0] && use->name[1] == name[1]) return use->target == target;
    }
    if (!free_slot) return 0;  // full: closed when in doubt
    *free_slot = (struct use){{name[0], name[1]}, target, until_us};
    return 1;
}

static int over(int64_t until_us, struct rate rate, int64_t now_us) {
    return (until_us > now_us ? until_us : now_us) + rate.period_us / rate.burst - now_us > rate.period_us;
}

static int64_t spend(int64_t *until_us, struct rate rate, int64_t now_us) {
    if (*until_us < now_us) *until_us = now_us;
    *until_us += rate.period_us / rate.burst;
    return ((*until_us - now_us) * rate.burst + rate.period_us - 1) / rate.period_us;
}

static int permission_of(const char *path, size_t length) {
    static const struct { const char *path; int permission; } table[] = {
        {"/binance/api/v3/account", BALANCES_READ},
        {"/binance/api/v3/openOrders", ORDERS_READ},
        {"/binance/sapi/v1/capital/deposit/hisrec", DEPOSITS_READ},
    };
    for (size_t n = 0; n < sizeof table / sizeof *table; n++)
        if (strlen(table[n].path) == length && !memcmp(table[n].path, path, length)) return table[n].permission;
    return -1;
}

static const char *header(const char *head, const char *name, size_t *length) {
    const char *found = strcasestr(head, name);
    if (!found) return NULL;
    found += strlen(name);
    while (*found == ' ') found++;
    *length = strcspn(found, "\r");
    return found;
}

static void write_log(int64_t now_us, const struct key *key, const char *path, size_t length, const char *verdict, uint32_t peer) {
    if (log_length > LOG_BUFFER - 512) {
        if (write(log_file, log_buffer, log_length) != (ssize_t)log_length) die("log");
        log_length = 0;
    }
    log_length += (size_t)snprintf(log_buffer + log_length, 512, "%ld %lx %s %s GET %.*s %s %x\n", now_us, request_number,
                                   key ? key->account : "-", key ? key->id : "-", (int)length, path, verdict, peer);
}

// The status of the answer; `used` of the key's burst where it is 200. The head is one string without its last line end.
static int decide(char *head, uint32_t peer, int64_t *used) {
    int64_t now_us = now_ns(CLOCK_REALTIME) / 1000;
    if (strncmp(head, "GET ", 4)) return 405;
    char *path = head + 4, *query = strchr(path, '?'), *line = strchr(path, '\r');
    if (!query || query > line) return 400;
    size_t path_length = (size_t)(query++ - path), id_length;
    char *mark = memmem(query, (size_t)(line - query), "&signature=", 11);
    const char *id = header(head, "\r\nx-mbx-apikey:", &id_length);
    if (!id || !mark || strncmp(query, "timestamp=", 10) || strcspn(mark + 11, " ") != 64) return 400;
    int number = find_key(id, id_length);
    if (number < 0) return 401;
    struct key *key = &keys[number];
    char expected[64], *signature = mark + 11;
    hmac_hex(key, query, (size_t)(mark - query), expected);
    if (CRYPTO_memcmp(expected, signature, 64)) return 401;
    int64_t stamp_us = strtol(query + 10, NULL, 10);
    if (stamp_us < 1000000000000000) stamp_us *= 1000;
    const char *against = NULL;
    int status = 403, admitted = 0;
    if (now_us - stamp_us > WINDOW_US || stamp_us - now_us >= AHEAD_US) against = "stale";
    else if (!first_use(signature, hash(path, path_length), now_us, stamp_us + WINDOW_US + AHEAD_US)) against = "replay";
    else if (now_us / 1000 >= key->expires_ms) against = "expired";
    else {
        for (int n = 0; n < key->networks; n++) admitted |= (peer & key->mask[n]) == key->network[n];
        int permission = permission_of(path, path_length);
        if (!admitted) against = "network";
        else if (permission < 0) against = "unmapped";
        else if (!(key->permissions >> permission & 1)) against = "permission";
        else if (over(key_until_us[number], KEY_RATE, now_us) || over(account_until_us[key->account_number], ACCOUNT_RATE, now_us))
            against = "rate", status = 429;
    }
    write_log(now_us, key, path, path_length, against ? against : "admitted", peer);
    if (against) return status;
    *used = spend(&key_until_us[number], KEY_RATE, now_us);
    spend(&account_until_us[key->account_number], ACCOUNT_RATE, now_us);
    return 200;
}

static size_t answer(struct connection *one, char *out) {
    request_number++;
    if (is_open)
        return (size_t)sprintf(out, "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 11\r\n\r\n{\"ok\":true}");
    int64_t used = 0;
    int status = decide(one->in, one->peer, &used);
    if (status != 200)
        return (size_t)sprintf(out, "HTTP/1.1 %d Refused\r\ncontent-length: 0\r\n\r\n", status);
    return (size_t)sprintf(out,
                           "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nx-request-id: %lx\r\nx-mbx-used-weight-1m: %ld\r\n"
                           "ratelimit-policy: \"key\";q=200\r\nratelimit: \"key\";r=%ld;t=%ld\r\ncontent-length: 11\r\n\r\n{\"ok\":true}",
                           request_number, used, 200 - used, used * KEY_RATE.period_us / KEY_RATE.burst / 1000000 + 1);
}

// Serve what has come; 0 when the connection has ended.
static int serve(struct connection *one) {
    ssize_t more = read(one->socket, one->in + one->got, BUFFER - 1 - one->got);
    if (more <= 0) return more < 0 && errno == EAGAIN;
    one->got += (size_t)more;
    for (;;) {
        one->in[one->got] = 0;
        char *end = strstr(one->in, "\r\n\r\n"), out[1024];
        if (!end) return one->got < BUFFER - 1;
        *end = 0;
        size_t body_digits, body = 0, head = (size_t)(end + 4 - one->in);
        const char *length = header(one->in, "\r\ncontent-length:", &body_digits);
        if (length) body = strtoul(length, NULL, 10);
        *end = '\r';
        if (head + body >= BUFFER) return 0;
        if (one->got < head + body) return 1;
        *end = 0;
        size_t size = answer(one, out);
        if (write(one->socket, out, size) != (ssize_t)size) return 0;
        memmove(one->in, one->in + head + body, one->got -= head + body);
    }
}

int main(int argc, char **argv) {
    if (argc < 3) { fprintf(stderr, "limit PORT KEYS LOG | limit PORT open\n"); return 2; }
    is_open = !strcmp(argv[2], "open");
    if (!is_open) {
        if (argc != 4 || (log_file = open(argv[3], O_WRONLY | O_CREAT | O_APPEND, 0600)) < 0) die("log");
        keys = read_keys(argv[2], &key_count);
        index_keys();
        uses = calloc(SLOTS, sizeof *uses);
        key_until_us = calloc((size_t)key_count, sizeof *key_until_us);
        account_until_us = calloc((size_t)key_count, sizeof *account_until_us);
    }
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(argv[1]))};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int listener = socket(AF_INET, SOCK_STREAM, 0), on = 1, poll = epoll_create1(0);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 1024)) die("listen");
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL}, events[256];
    epoll_ctl(poll, EPOLL_CTL_ADD, listener, &event);
    for (;;) {
        int ready = epoll_wait(poll, events, 256, -1);
        for (int n = 0; n < ready; n++) {
            struct connection *one = events[n].data.ptr;
            if (!one) {
                struct sockaddr_in peer;
                socklen_t size = sizeof peer;
                int client = accept4(listener, (struct sockaddr *)&peer, &size, SOCK_NONBLOCK);
                if (client < 0) continue;
                setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
                one = calloc(1, sizeof *one);
                one->socket = client;
                one->peer = ntohl(peer.sin_addr.s_addr);
                event = (struct epoll_event){.events = EPOLLIN, .data.ptr = one};
                epoll_ctl(poll, EPOLL_CTL_ADD, client, &event);
            } else if (!serve(one)) {
                close(one->socket);
                free(one);
            }
        }
    }
}
