/// libpq's `sslmode` (PostgreSQL manual, 34.19.1).
package enum DatabaseSSLMode: String, CaseIterable, Sendable {
    case disable, allow, prefer, require
    case verifyAuthority = "verify-ca"
    case verifyFull = "verify-full"
}
