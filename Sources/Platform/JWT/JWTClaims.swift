import Formats

/// The claims of a token whose signature was verified (RFC 7519 section 4).
package struct JWTClaims: Sendable {
    /// All claims.
    package let object: JSONObject
    package let issuer: String?
    package let subject: String?
    package let audience: [String]
    package let expires: Int64?
    package let notBefore: Int64?
    package let issuedAt: Int64?

    /// Reads a payload.
    /// - Throws: ``JWTError`` for one that is not a JSON object, or where a registered claim has the wrong type.
    package init(_ payload: [UInt8]) throws(JWTError) {
        do {
            guard let object = try JSONValue.parse(payload, maximumDepth: 16).objectValue else {
                throw JWTError("the token's payload is not a JSON object")
            }
            self.object = object
        } catch {
            throw (error as? JWTError) ?? JWTError("the token's payload is not valid JSON: \(error)")
        }
        let object = object
        func text(_ name: String) throws(JWTError) -> String? {
            guard let value = object[name] else { return nil }
            guard let text = value.stringValue else { throw JWTError("the claim \"\(name)\" is not a string") }
            return text
        }
        // Whole seconds only: a time that two programs may round differently decides nothing here.
        func seconds(_ name: String) throws(JWTError) -> Int64? {
            guard let value = object[name] else { return nil }
            guard let seconds = value.int64Value, seconds >= 0 else {
                throw JWTError("the claim \"\(name)\" is not a number of whole seconds")
            }
            return seconds
        }
        issuer = try text("iss")
        subject = try text("sub")
        expires = try seconds("exp")
        notBefore = try seconds("nbf")
        issuedAt = try seconds("iat")
        switch object["aud"] {
        case nil: audience = []
        case .string(let one): audience = [one]
        case .array(let several):
            audience = several.compactMap(\.stringValue)
            guard audience.count == several.count else {
                throw JWTError("the claim \"aud\" is not a string or an array of strings")
            }
        default: throw JWTError("the claim \"aud\" is not a string or an array of strings")
        }
    }
}

/// What an access token must be (RFC 9068; RFC 8725 for each of the checks).
package struct AccessTokenRules: Sendable {
    package let issuer: String
    package let audience: String
    /// How far the clocks of two tasks may differ, in seconds.
    package let leeway: Int64

    package init(issuer: String, audience: String, leeway: Int64 = 5) {
        self.issuer = issuer
        self.audience = audience
        self.leeway = leeway
    }

    /// The claims of a token.
    /// - Parameters:
    ///   - keys: those that are accepted; a token that names one by `kid` is verified with that one only
    ///   - now: seconds since 1970
    /// - Throws: ``JWTError``
    package func verify(
        _ text: some Collection<UInt8>, keys: [JSONWebKey], at now: Int64
    ) throws(JWTError) -> JWTClaims {
        try verify(JSONWebSignature(text), keys: keys, at: now)
    }

    /// The claims of a token that was read already.
    /// - Throws: ``JWTError``
    package func verify(_ token: JSONWebSignature, keys: [JSONWebKey], at now: Int64) throws(JWTError) -> JWTClaims {
        guard token.header.type == "at+jwt" else {
            throw JWTError("the token is not an access token: its \"typ\" is not \"at+jwt\"")
        }
        guard !token.header.namesOwnKey else { throw JWTError("the token brings a key of its own") }
        try verify(token, keys)
        let claims = try JWTClaims(token.payload)
        guard claims.issuer == issuer else { throw JWTError("the token has another issuer") }
        guard claims.audience.contains(audience) else { throw JWTError("the token is for another audience") }
        guard let subject = claims.subject, !subject.isEmpty else { throw JWTError("the claim \"sub\" is missing") }
        guard let expires = claims.expires else { throw JWTError("the claim \"exp\" is missing") }
        guard let notBefore = claims.notBefore else { throw JWTError("the claim \"nbf\" is missing") }
        guard expires > now.subtractingSaturated(leeway) else { throw JWTError("the token has expired") }
        guard notBefore <= now.addingSaturated(leeway) else { throw JWTError("the token is not valid yet") }
        return claims
    }

    private func verify(_ token: JSONWebSignature, _ keys: [JSONWebKey]) throws(JWTError) {
        guard let id = token.header.keyID else { return try JSONWebKey.verify(token, with: keys) }
        let named = keys.filter { $0.keyID == id }
        guard !named.isEmpty else { throw JWTError("no key has the token's \"kid\"") }
        try JSONWebKey.verify(token, with: named)
    }
}

extension Int64 {
    fileprivate func addingSaturated(_ other: Int64) -> Int64 {
        let (sum, overflows) = addingReportingOverflow(other)
        return overflows ? .max : sum
    }

    fileprivate func subtractingSaturated(_ other: Int64) -> Int64 {
        let (difference, overflows) = subtractingReportingOverflow(other)
        return overflows ? .min : difference
    }
}
