import Formats

/// A signed text in the compact form (RFC 7515 section 7.1), read but not yet verified.
package struct JSONWebSignature: Sendable {
    /// The longest text, in bytes. Request heads are shorter by default.
    package static let longest = 16_384

    /// The first part: what the signature is made with.
    package struct Header: Sendable {
        package let algorithm: JWSAlgorithm
        package let keyID: String?
        package let type: String?
        /// Members with which the sender names a key of its own choice: `jwk`, `jku`, `x5u`, `x5c`. They are never followed.
        package let namesOwnKey: Bool
    }

    package let header: Header
    package let payload: [UInt8]
    let signature: [UInt8]
    /// What is signed: the first two parts as they were sent.
    let signed: [UInt8]

    /// Reads a text. Each part must be canonical base64url: no padding, no white space, no unused bits.
    package init(_ text: some Collection<UInt8>) throws(JWTError) {
        guard text.count <= Self.longest else { throw .tooLong }
        let bytes = Array(text)
        let parts = bytes.split(separator: UInt8(ascii: "."), maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 3, let head = Base64URL.decode(parts[0]), let payload = Base64URL.decode(parts[1]),
            let signature = Base64URL.decode(parts[2]), !head.isEmpty
        else { throw .notCompact }
        guard !signature.isEmpty else { throw JWTError("the token has no signature") }
        header = try Header(head)
        self.payload = payload
        self.signature = signature
        signed = Array(bytes[..<(parts[1].endIndex)])
    }
}

extension JSONWebSignature.Header {
    /// - Parameter bytes: a JSON object
    fileprivate init(_ bytes: [UInt8]) throws(JWTError) {
        let header: JSONObject
        do {
            guard let object = try JSONValue.parse(bytes, maximumDepth: 8).objectValue else {
                throw JWTError("the token's header is not a JSON object")
            }
            header = object
        } catch {
            throw (error as? JWTError) ?? JWTError("the token's header is not valid JSON: \(error)")
        }
        guard let name = header["alg"]?.stringValue else { throw JWTError("the token's header has no \"alg\"") }
        guard let algorithm = JWSAlgorithm(rawValue: name) else { throw JWTError("the token's algorithm is not supported") }
        // Extensions that a recipient must understand (RFC 7515 section 4.1.11). None is supported; `b64` changes what is signed.
        guard header["crit"] == nil, header["b64"] == nil else {
            throw JWTError("the token's header needs an extension that is not supported")
        }
        func text(_ name: String) throws(JWTError) -> String? {
            guard let value = header[name] else { return nil }
            guard let text = value.stringValue else { throw JWTError("the header's \"\(name)\" is not a string") }
            return text
        }
        self.algorithm = algorithm
        keyID = try text("kid")
        type = try text("typ")
        namesOwnKey = ["jwk", "jku", "x5u", "x5c"].contains { header[$0] != nil }
    }
}
