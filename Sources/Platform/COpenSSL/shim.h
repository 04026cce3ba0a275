#pragma once

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

// Macros with arguments or casts stay out of Swift's sight.
/// Refuses renegotiation on connections of this context; TLS 1.3 has none.
static inline void copenssl_forbid_renegotiation(SSL_CTX *context) {
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION);
}
/// Takes the end of the connection for the end of the stream, with or without a close_notify: HTTP's own framing tells
/// whether a message is whole, and many clients just leave.
static inline void copenssl_end_without_notice(SSL_CTX *context) {
    SSL_CTX_set_options(context, SSL_OP_IGNORE_UNEXPECTED_EOF);
}
/// A new key on a curve, such as "P-256"; NULL where OpenSSL fails. EVP_PKEY_Q_keygen has variable arguments.
static inline EVP_PKEY *copenssl_new_ec_key(const char *curve) {
    return EVP_PKEY_Q_keygen(NULL, NULL, "EC", curve);
}
