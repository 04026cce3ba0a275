import CCurl

/// libcurl as this process has loaded it.
package enum CurlLibrary {
    /// Why it cannot be used, in one line; nil where it can. The service refuses to start then.
    package static let fault: String? = {
        guard ccurl_global_init() == CURLE_OK else { return "libcurl cannot be initialised" }
        guard let version = ccurl_version() else { return "libcurl does not tell its version" }
        return fault(
            version: version.pointee.version_num, features: version.pointee.features, signsForAWS: ccurl_signs_for_aws() != 0)
    }()

    /// - Parameters:
    ///   - version: as 0x075801 for 7.88.1
    ///   - features: the bits of curl_version_info(3)
    ///   - signsForAWS: whether CURLOPT_AWS_SIGV4 works. Without it, libcurl would send the keys as a user and a password.
    static func fault(version: UInt32, features: Int32, signsForAWS: Bool) -> String? {
        // Version 7.87 has added CURLOPT_QUICK_EXIT, with which libcurl does not wait for a look-up that is no longer needed.
        guard version >= 0x07_57_00 else { return "libcurl is older than 7.87" }
        // Otherwise a name look-up would block the loop.
        guard features & Int32(CURL_VERSION_ASYNCHDNS) != 0 else {
            return "this libcurl looks up names only by blocking (no AsynchDNS)"
        }
        guard features & Int32(CURL_VERSION_SSL) != 0 else { return "this libcurl has no TLS" }
        guard signsForAWS else { return "this libcurl does not sign requests for AWS" }
        return nil
    }

    /// The file of certificate authorities that this libcurl was built for; nil where it names none.
    static let authorityFile: String? = {
        guard fault == nil, let version = ccurl_version(), let file = version.pointee.cainfo else { return nil }
        return String(cString: file)
    }()
}
