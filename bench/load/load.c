// Load for one server on this machine: signed requests, each another's key and none like the one before, every reply
// looked at.
//
//     load PORT KEYS KIND --connections 64 --seconds 3 [--warmup 1] [--rate 20000] [--body '{"ok":true}']
//
// KIND is read (GET /binance/api/v3/account), order (POST /binance/api/v3/order) or hello (GET /, unsigned). Without
// --rate each connection sends when it has its reply, which finds out how much the server can do. With it requests are
// due at fixed moments whatever the server does, and a reply's time counts from the moment its request was due: a
// server that stands still is charged for everybody who would have come meanwhile.
//
// A reply is right if it has status 200, a Content-Length, and the body asked for. Prints one JSON object; the
// process fails when a connection does.
#include "keys.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define BUFFER 16384
#define MOST_US 2000000  // what takes longer counts as this long

struct connection {
    int socket;
    int64_t due_ns;  // 0: idle
    size_t got;
    char in[BUFFER];
};

static struct key *keys;
static int key_count, next_key, connection_count = 64, wanted_status = 200, counting;
static const char *kind, *wanted_body = "{\"ok\":true}";
static int64_t last_stamp_us;
static uint64_t right, wrong;
static uint32_t *took;
static char sample[256];

static void fail(const char *why) {
    fprintf(stderr, "load: %s\n", why);
    exit(1);
}

static size_t write_request(char *out) {
    if (!strcmp(kind, "hello")) return (size_t)sprintf(out, "GET / HTTP/1.1\r\nhost: gate.example\r\n\r\n");
    const struct key *key = &keys[next_key];
    next_key = (next_key + 7919) % key_count;  // a prime: every key once before any comes again, and no neighbours
    int64_t stamp_us = now_ns(CLOCK_REALTIME) / 1000;
    if (stamp_us <= last_stamp_us) stamp_us = last_stamp_us + 1;
    last_stamp_us = stamp_us;
    char signed_text[256], signature[64];
    const char *usual = "host: gate.example\r\nuser-agent: python-requests/2.32.5\r\naccept-encoding: gzip, deflate\r\n"
                        "accept: */*\r\nconnection: keep-alive\r\n";
    if (!strcmp(kind, "read")) {
        int length = sprintf(signed_text, "timestamp=%ld", stamp_us);
        hmac_hex(key, signed_text, (size_t)length, signature);
        return (size_t)sprintf(out, "GET /binance/api/v3/account?%s&signature=%.64s HTTP/1.1\r\n%sx-mbx-apikey: %s\r\n\r\n",
                               signed_text, signature, usual, key->id);
    }
    int length = sprintf(signed_text,
                         "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.01&price=49000"
                         "&newOrderRespType=RESULT&timestamp=%ld", stamp_us);
    hmac_hex(key, signed_text, (size_t)length, signature);
    return (size_t)sprintf(out,
                           "POST /binance/api/v3/order HTTP/1.1\r\n%sx-mbx-apikey: %s\r\n"
                           "content-type: application/x-www-form-urlencoded\r\ncontent-length: %d\r\n\r\n"
                           "%s&signature=%.64s", usual, key->id, length + 75, signed_text, signature);
}

static void ask(struct connection *one, int64_t due_ns) {
    char out[1024];
    size_t length = write_request(out);
    one->due_ns = due_ns;
    one->got = 0;
    // A request is far smaller than an empty socket buffer, so it is taken whole or the connection is broken.
    if (write(one->socket, out, length) != (ssize_t)length) fail("a connection does not take a request");
}

// Length of the reply in the buffer once it is whole, or 0.
static size_t whole_reply(struct connection *one, int *is_right) {
    one->in[one->got] = 0;
    char *end = strstr(one->in, "\r\n\r\n");
    if (!end) return 0;
    *end = 0;
    char *line = strcasestr(one->in, "\r\ncontent-length:");
    *end = '\r';
    if (!line || strncmp(one->in, "HTTP/1.1 ", 9)) fail("a reply has no Content-Length or is not HTTP/1.1");
    size_t body = strtoul(line + 17, NULL, 10), head = (size_t)(end + 4 - one->in);
    if (head + body >= BUFFER) fail("a reply is too long");
    if (one->got < head + body) return 0;
    *is_right = atoi(one->in + 9) == wanted_status && body == strlen(wanted_body) && !memcmp(end + 4, wanted_body, body);
    return head + body;
}

// Take in what has come; whether the connection's reply is there.
static int hear(struct connection *one) {
    ssize_t more = read(one->socket, one->in + one->got, BUFFER - 1 - one->got);
    if (more < 0 && errno == EAGAIN) return 0;
    if (more <= 0) {
        fprintf(stderr, "load: the server closed a connection; before: %.200s\n", one->in);
        exit(1);
    }
    one->got += (size_t)more;
    int is_right = 0;
    size_t length = whole_reply(one, &is_right);
    if (!length) return 0;
    if (length != one->got) fail("a reply nobody asked for");
    if (!is_right && !*sample) {
        snprintf(sample, sizeof sample, "%.*s", (int)(one->got < 255 ? one->got : 255), one->in);
        for (char *c = sample; *c; c++) if (*c < ' ' || *c == '"' || *c == '\\') *c = ' ';
    }
    if (!is_right) wrong++;
    else if (counting) right++;
    if (counting) {
        int64_t us = (now_ns(CLOCK_MONOTONIC) - one->due_ns) / 1000;
        took[us < MOST_US ? us : MOST_US - 1]++;
    }
    one->due_ns = 0;
    return 1;
}

static double share(double part, uint64_t all) {
    uint64_t seen = 0, until = (uint64_t)((double)all * part);
    for (int us = 0; us < MOST_US; us++)
        if ((seen += took[us]) > until) return us;
    return MOST_US;
}

static int open_connection(int port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int one = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    if (one < 0 || connect(one, (struct sockaddr *)&address, sizeof address)) die("connect");
    setsockopt(one, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    fcntl(one, F_SETFL, O_NONBLOCK);
    return one;
}

int main(int argc, char **argv) {
    double seconds = 3, warmup = 1, rate = 0;
    static const struct option options[] = {
        {"connections", 1, 0, 'c'}, {"seconds", 1, 0, 's'}, {"warmup", 1, 0, 'w'}, {"rate", 1, 0, 'r'}, {"body", 1, 0, 'b'}, {0}};
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (option == 'c') connection_count = atoi(optarg);
        else if (option == 's') seconds = atof(optarg);
        else if (option == 'w') warmup = atof(optarg);
        else if (option == 'r') rate = atof(optarg);
        else if (option == 'b') wanted_body = optarg;
        else return 2;
    }
    if (argc - optind != 3) fail("load PORT KEYS KIND");
    kind = argv[optind + 2];
    keys = read_keys(argv[optind + 1], &key_count);
    if (key_count % 7919 == 0) fail("the number of keys must not be a multiple of 7919");
    next_key = (int)(now_ns(CLOCK_REALTIME) % key_count);
    took = calloc(MOST_US, sizeof *took);
    struct connection *connections = calloc((size_t)connection_count, sizeof *connections);
    int *idle = calloc((size_t)connection_count, sizeof *idle), idle_count = 0, poll = epoll_create1(0);
    for (int n = 0; n < connection_count; n++) {
        connections[n].socket = open_connection(atoi(argv[optind]));
        struct epoll_event event = {.events = EPOLLIN, .data.u32 = (uint32_t)n};
        epoll_ctl(poll, EPOLL_CTL_ADD, connections[n].socket, &event);
        idle[idle_count++] = n;
    }
    int64_t begun = now_ns(CLOCK_MONOTONIC), counted_from = begun + (int64_t)(warmup * 1e9);
    int64_t until = counted_from + (int64_t)(seconds * 1e9), now = begun, every = rate > 0 ? (int64_t)(1e9 / rate) : 0;
    int64_t next_due = begun;
    struct epoll_event events[256];
    while (now < until) {
        while (idle_count && (!every || next_due <= now)) {
            ask(&connections[idle[--idle_count]], every ? next_due : now_ns(CLOCK_MONOTONIC));
            next_due += every;
        }
        int64_t wait = every && idle_count ? next_due - now : until - now;
        struct timespec patience = {wait / 1000000000, wait % 1000000000};
        int ready = epoll_pwait2(poll, events, 256, &patience, NULL);
        if (ready < 0 && errno != EINTR) die("epoll");
        for (int n = 0; n < ready; n++)
            if (hear(&connections[events[n].data.u32])) idle[idle_count++] = (int)events[n].data.u32;
        now = now_ns(CLOCK_MONOTONIC);
        counting = now >= counted_from;
    }
    uint64_t all = 0;
    for (int us = 0; us < MOST_US; us++) all += took[us];
    double lasted = (double)(now - counted_from) / 1e9;
    printf("{\"per_second\": %.1f, \"right\": %lu, \"wrong\": %lu, \"seconds\": %.3f, \"connections\": %d, \"asked_per_second\": %.0f, "
           "\"p50_us\": %.0f, \"p90_us\": %.0f, \"p99_us\": %.0f, \"p999_us\": %.0f, \"max_us\": %.0f, \"wrong_sample\": \"%s\"}\n",
           (double)right / lasted, right, wrong, lasted, connection_count, rate, share(0.5, all), share(0.9, all),
           share(0.99, all), share(0.999, all), share(1 - 1e-12, all), sample);
    return 0;
}
