import Testing

@testable import Web

@Suite struct MediaTypeTests {
    @Test(arguments: [
        "application/json", "APPLICATION/JSON", "application/json; charset=utf-8", " application/json\t;x",
        "application/problem+json", "application/merge-patch+JSON;q=1", "a/+json",
    ])
    func thisIsJSON(type: String) { #expect(MediaType.isJSON(Array(type.utf8)[...])) }

    @Test(arguments: [
        "", ";", "json", "+json", "text/json", "application/jsonp", "application/json5", "application/xml", "text/plain",
        "multipart/form-data; x=application/json", "application/x-ndjson", "xapplication/json", "a+json",
    ])
    func thisIsNot(type: String) { #expect(!MediaType.isJSON(Array(type.utf8)[...])) }
}
