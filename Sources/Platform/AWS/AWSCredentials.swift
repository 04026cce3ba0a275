import Formats
import HTTPClient

/// Keys that sign requests to Amazon Web Services. No description shows them.
package struct AWSCredentials: Sendable, Equatable {
    package let accessKey: String
    package let secretKey: String
    /// Nil for keys that do not expire.
    package let sessionToken: String?
    /// When AWS stops accepting them; nil for keys that do not expire.
    package let expiry: Timestamp?

    package init(accessKey: String, secretKey: String, sessionToken: String? = nil, expiry: Timestamp? = nil) {
        self.accessKey = accessKey
        self.secretKey = secretKey
        self.sessionToken = sessionToken
        self.expiry = expiry
    }

    /// By bytes, as AWS compares them.
    package static func == (left: AWSCredentials, right: AWSCredentials) -> Bool {
        left.accessKey.utf8.elementsEqual(right.accessKey.utf8) && left.secretKey.utf8.elementsEqual(right.secretKey.utf8)
            && (left.sessionToken ?? "").utf8.elementsEqual((right.sessionToken ?? "").utf8) && left.expiry == right.expiry
    }

    /// A signature for a service, made with these.
    package func signing(region: String, service: String) -> AWSSigning {
        AWSSigning(region: region, service: service, accessKey: accessKey, secretKey: secretKey, sessionToken: sessionToken)
    }
}

extension AWSCredentials: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { expiry.map { "credentials until \($0)" } ?? "credentials" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: ["expiry": description]) }
}

extension AWSCredentials {
    /// Reads the answer of the endpoint for containers ("Container credential provider" in the AWS SDKs and Tools Reference Guide).
    /// - Throws: ``AWSError`` without any of the document's text.
    init(document: [UInt8]) throws(AWSError) {
        let value: JSONValue
        do throws(JSONError) { value = try JSONValue.parse(document) } catch {
            throw AWSError(.credentials, "the endpoint of the credentials answered with something else than JSON")
        }
        guard let accessKey = value["AccessKeyId"]?.stringValue, let secretKey = value["SecretAccessKey"]?.stringValue,
            !accessKey.isEmpty, !secretKey.isEmpty
        else { throw AWSError(.credentials, "the endpoint of the credentials answered without keys") }
        var expiry: Timestamp?
        if let text = value["Expiration"]?.stringValue {
            guard let time = Timestamp(rfc3339: text) else {
                throw AWSError(.credentials, "the endpoint of the credentials answered with an expiration that is not a time")
            }
            expiry = time
        }
        self.init(accessKey: accessKey, secretKey: secretKey, sessionToken: value["Token"]?.stringValue, expiry: expiry)
    }
}
