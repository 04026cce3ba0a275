import CCurl

/// An easy handle of libcurl: the options of a transfer, and what it tells about it. Freed with this object.
package final class CurlEasy {
    package let handle: UnsafeMutableRawPointer
    /// Whether libcurl has accepted all options so far. Otherwise no transfer may begin: it would go to another URL, without TLS, or
    /// with the keys of AWS as a password.
    package private(set) var isUsable = true
    /// Where libcurl writes what failed.
    private let errorText: UnsafeMutablePointer<CChar>

    /// Nil where libcurl cannot be used, or memory is short.
    package init?() {
        guard CurlLibrary.fault == nil, let handle = curl_easy_init() else { return nil }
        self.handle = handle
        errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
        errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        set(CURLOPT_ERRORBUFFER, pointer: errorText)
        // Threads of their own look up names; a signal could hit any thread.
        set(CURLOPT_NOSIGNAL, 1)
        // Ending a transfer does not wait for the thread that looks up its name.
        set(CURLOPT_QUICK_EXIT, 1)
        // Nothing from the environment or the user's files; see also `ccurl_global_init`.
        set(CURLOPT_PROXY, "")
        set(CURLOPT_NETRC, Int(CURL_NETRC_IGNORED.rawValue))
        set(CURLOPT_FOLLOWLOCATION, 0)
        set(CURLOPT_DNS_CACHE_TIMEOUT, 30)
        // A connection is checked when it is opened, and follows the name's address within this time.
        set(CURLOPT_MAXLIFETIME_CONN, 900)
        set(CURLOPT_SSL_VERIFYPEER, 1)
        set(CURLOPT_SSL_VERIFYHOST, 2)
        set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
        guard isUsable else { return nil }
    }

    deinit {
        curl_easy_cleanup(handle)
        errorText.deallocate()
    }

    // MARK: Options

    package func set(_ option: CURLoption, _ number: Int) { check(ccurl_set_number(handle, option, number)) }
    package func set(_ option: CURLoption, size: Int64) { check(ccurl_set_size(handle, option, size)) }

    /// Sets text, which libcurl copies; nil takes the option back.
    package func set(_ option: CURLoption, _ text: String?) {
        if let text { check(ccurl_set_text(handle, option, text)) } else { check(ccurl_set_text(handle, option, nil)) }
    }

    /// Sets a pointer that must stay valid while the option is set; nil takes the option back.
    package func set(_ option: CURLoption, pointer: UnsafeMutableRawPointer?) {
        check(ccurl_set_pointer(handle, option, pointer))
    }

    /// Sets a list that must stay valid while the option is set; nil takes the option back.
    package func set(_ option: CURLoption, list: UnsafeMutablePointer<curl_slist>?) {
        check(ccurl_set_list(handle, option, list))
    }

    package func set(_ option: CURLoption, function: curl_write_callback) {
        check(ccurl_set_transfer_function(handle, option, function))
    }

    package func set(openFunction: curl_opensocket_callback) { check(ccurl_set_open_function(handle, openFunction)) }
    package func set(closeFunction: curl_closesocket_callback) { check(ccurl_set_close_function(handle, closeFunction)) }
    package func set(debugFunction: curl_debug_callback) { check(ccurl_set_debug_function(handle, debugFunction)) }
    package func set(progressFunction: curl_xferinfo_callback) { check(ccurl_set_progress_function(handle, progressFunction)) }

    /// Trusts the authorities of a PEM file; those of the system where it is nil.
    package func trust(_ file: String?) {
        guard let file = file ?? CurlLibrary.authorityFile else { return }
        set(CURLOPT_CAINFO, file)
        // Without a directory, libcurl keeps the authorities that it has read. Otherwise it reads the file for each connection, which
        // takes tens of milliseconds. Some TLS libraries have no directory, and libcurl refuses the option with them.
        ccurl_set_text(handle, CURLOPT_CAPATH, nil)
    }

    private func check(_ code: CURLcode) { if code != CURLE_OK { isUsable = false } }

    // MARK: Errors

    /// Clears what the last transfer has left.
    package func clearError() { errorText.pointee = 0 }

    /// What failed, as libcurl says it, in one line of printable ASCII; nil without a text.
    package var errorLine: String? {
        let text = String(cString: errorText)
        guard !text.isEmpty else { return nil }
        return String(decoding: text.utf8.prefix(200).map { $0 >= 0x20 && $0 < 0x7f ? $0 : UInt8(ascii: " ") }, as: UTF8.self)
    }

    /// What a code means, in libcurl's words.
    package static func meaning(of code: CURLcode) -> String { String(cString: curl_easy_strerror(code)) }
}
