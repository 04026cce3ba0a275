import TestSupport

/// Names that break careless templates and mails.
enum HostileText {
    static let all = [
        "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "'; DROP TABLE orders; --", "Ada\r\nBcc: eve@example.com",
        "Ada\nSubject: other", "\r\n\r\n<h1>x</h1>", "{{name}} {{#items}} }} {{{", "&amp; &lt; &", "\u{202E}gnp.exe\u{2066}",
        "שלום עולם",
        "مرحبا", "😀👩‍👩‍👧‍👦🇩🇪", "𝒜𝒹𝒶 𠮷野家", "e\u{301}\u{302}\u{303}", "=?UTF-8?B?SGk=?=", "=3D=0A", ".", "From Ada", "--=_",
        "a\u{0}b\u{7}", " ",
        "", String(repeating: "W", count: 200), String(repeating: "ü", count: 200), String(repeating: "a b ", count: 60),
        "\u{FEFF}x", "\\\"quoted\\\"", "Ada <ada@example.com>, Eve", "\u{85}\u{2028}\u{2029}", "javascript:alert(1)",
    ]
}
