// What the load generator and the C server both know: the keys of a run, and HMAC-SHA256 with its key worked in.
//
// A line of the key file: key id, secret, account, expiry in ms, permissions, networks; the last two with commas
// between. The key's two hash states are kept, so a signature costs the message's own blocks and one more.
#pragma once

#define OPENSSL_SUPPRESS_DEPRECATED  // the plain SHA-256 calls: the quickest there are, and what a limit is about
#include <openssl/sha.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MOST_NETWORKS 4

struct key {
    char id[64], account[40];
    int account_number;  // the same for the keys of one account
    int64_t expires_ms;
    uint64_t permissions;  // a bit for each name of `PERMISSIONS`
    uint32_t network[MOST_NETWORKS], mask[MOST_NETWORKS];
    int networks;
    SHA256_CTX inner, outer;
};

static const char *const PERMISSIONS[] = {"balances.read", "orders.read", "orders.write", "deposits.read"};
enum { BALANCES_READ, ORDERS_READ, ORDERS_WRITE, DEPOSITS_READ, PERMISSION_COUNT };

static inline void die(const char *why) {
    perror(why);
    exit(1);
}

static inline int64_t now_ns(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static inline void key_hmac(struct key *key, const char *secret) {
    unsigned char block[64];
    size_t length = strlen(secret);
    if (length > sizeof block) { fprintf(stderr, "a secret is at most 64 bytes\n"); exit(1); }
    for (int pass = 0; pass < 2; pass++) {
        memset(block, pass ? 0x5c : 0x36, sizeof block);
        for (size_t n = 0; n < length; n++) block[n] ^= (unsigned char)secret[n];
        SHA256_CTX *state = pass ? &key->outer : &key->inner;
        SHA256_Init(state);
        SHA256_Update(state, block, sizeof block);
    }
}

static inline void hmac_hex(const struct key *key, const char *message, size_t length, char hex[64]) {
    static const char digits[] = "0123456789abcdef";
    unsigned char digest[32];
    SHA256_CTX state = key->inner;
    SHA256_Update(&state, message, length);
    SHA256_Final(digest, &state);
    state = key->outer;
    SHA256_Update(&state, digest, sizeof digest);
    SHA256_Final(digest, &state);
    for (int n = 0; n < 32; n++) {
        hex[2 * n] = digits[digest[n] >> 4];
        hex[2 * n + 1] = digits[digest[n] & 15];
    }
}

static inline void read_network(struct key *key, const char *text) {
    unsigned a, b, c, d, bits;
    if (key->networks == MOST_NETWORKS || sscanf(text, "%u.%u.%u.%u/%u", &a, &b, &c, &d, &bits) != 5) {
        fprintf(stderr, "not a network: %s\n", text);
        exit(1);
    }
    uint32_t mask = bits ? ~0u << (32 - bits) : 0;
    key->network[key->networks] = (a << 24 | b << 16 | c << 8 | d) & mask;
    key->mask[key->networks++] = mask;
}

static inline struct key *read_keys(const char *path, int *count) {
    FILE *file = fopen(path, "r");
    if (!file) die(path);
    struct key *keys = NULL;
    char secret[80], permissions[256], networks[256], *rest;
    int room = 0, accounts = 0;
    struct key one;
    *count = 0;
    while (memset(&one, 0, sizeof one),
           fscanf(file, "%63s %79s %39s %ld %255s %255s", one.id, secret, one.account, &one.expires_ms, permissions,
                  networks) == 6) {
        if (*count == room && !(keys = realloc(keys, (size_t)(room = room ? 2 * room : 1024) * sizeof *keys))) die("keys");
        for (char *name = strtok_r(permissions, ",", &rest); name; name = strtok_r(NULL, ",", &rest))
            for (int n = 0; n < PERMISSION_COUNT; n++)
                if (!strcmp(name, PERMISSIONS[n])) one.permissions |= 1u << n;
        for (char *text = strtok_r(networks, ",", &rest); text; text = strtok_r(NULL, ",", &rest)) read_network(&one, text);
        accounts += !*count || strcmp(keys[*count - 1].account, one.account);  // keys of one account stand together
        one.account_number = accounts - 1;
        key_hmac(&one, secret);
        keys[(*count)++] = one;
    }
    fclose(file);
    if (!*count) { fprintf(stderr, "%s has no keys\n", path); exit(1); }
    return keys;
}
