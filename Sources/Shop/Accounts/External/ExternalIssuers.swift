import Formats
import JWT
import OpenIDConnect

/// The issuers of the settings, with their keys: verifies their tokens, on any loop.
package struct ExternalIssuers: Sendable {
    private struct Entry: Sendable {
        let issuer: ExternalIssuer
        let keys: IssuerKeys
        let rules: IssuerTokenRules
    }

    /// What became of a token.
    enum Verdict: Sendable {
        case verified(ExternalToken)
        case refused(JWTError)
        /// The issuer's keys must be fetched first: there are none, or none has the token's `kid`.
        case needsKeys(IssuerKeys)
    }

    private let entries: [Entry]

    /// - Parameter directory: made of the same issuers, in their order
    package init(_ issuers: [ExternalIssuer], _ directory: IssuerDirectory, leeway: Duration) {
        entries = zip(issuers, directory.issuers).map { issuer, keys in
            Entry(issuer: issuer, keys: keys, rules: IssuerTokenRules(issuer.trusted, leeway: leeway))
        }
    }

    package var isEmpty: Bool { entries.isEmpty }

    subscript(_ index: Int) -> ExternalIssuer { entries[index].issuer }

    /// Whether a token was verified with keys that the issuer still has.
    func isCurrent(_ token: ExternalToken) -> Bool { entries[token.issuer].keys.snapshot?.generation == token.generation }

    /// The issuer that a token names, which is not verified yet; nil for one of the shop's own, or of a stranger. The choice of an
    /// issuer is only the choice of the keys that the token must be signed with.
    func verify(_ token: JSONWebSignature, at now: Int64) -> Verdict? {
        // The shop's own tokens are not read twice where they are signed with a secret.
        guard !entries.isEmpty, token.header.algorithm.keyKind != .secret, let claims = try? JWTClaims(token.payload),
            let name = claims.issuer, let index = entries.firstIndex(where: { $0.issuer.trusted.issuer.hasSameBytes(as: name) })
        else { return nil }
        let entry = entries[index]
        do throws(JWTError) {
            try entry.rules.check(token.header, claims, at: now)
            guard let snapshot = entry.keys.snapshot, let candidates = snapshot.keys.candidates(for: token.header) else {
                return .needsKeys(entry.keys)
            }
            try JSONWebKey.verify(token, with: candidates)
            return .verified(
                ExternalToken(
                    issuer: index, generation: snapshot.generation, subject: claims.subject ?? "", expires: claims.expires ?? 0,
                    issuedAt: claims.issuedAt ?? 0,
                    signedInAt: claims.object["auth_time"]?.int64Value.flatMap { $0 >= 0 ? $0 : nil },
                    role: entry.issuer.role(in: claims.object),
                    email: entry.issuer.provenEmail(in: claims.object)))
        } catch {
            return .refused(error)
        }
    }
}
