import Testing

@testable import Configuration
@testable import Orders

@Suite("Setting forms")
struct SettingFormTests {
    @Test(
        "A time is digits and a unit; without one it is seconds",
        arguments: [
            ("500ms", Duration.milliseconds(500)), ("30s", .seconds(30)), ("15m", .seconds(900)), ("24h", .seconds(86_400)),
            ("30d", .seconds(2_592_000)), ("90", .seconds(90)), ("0", .zero), ("1S", .seconds(1)), ("007s", .seconds(7)),
        ])
    func readsTimes(text: String, time: Duration) {
        #expect(Duration(setting: text) == time)
    }

    @Test(
        "Nothing else is a time",
        arguments: [
            "", "s", "-1s", "+1s", "1.5s", "1 s", "1w", "1sec", " 1s", "1s ", "٣s", "1e3", "0x10", "99999999999999999999s",
            "9223372036854775807d",
        ])
    func refusesOtherTimes(text: String) {
        #expect(Duration(setting: text) == nil)
    }

    @Test("A time is written in the largest unit that holds it, and read back the same")
    func writesTimes() {
        #expect(Duration.seconds(5_400).settingText == "90m")
        #expect(Duration.milliseconds(1_500).settingText == "1500ms")
        #expect(Duration.zero.settingText == "0s")
        var random = SystemRandomNumberGenerator()
        for _ in 0..<2_000 {
            let time = Duration.milliseconds(Int64.random(in: 0...10_000_000_000, using: &random))
            #expect(Duration(setting: time.settingText) == time)
        }
    }

    @Test(
        "A size is digits and a unit; without one it is bytes",
        arguments: [
            ("1MiB", 1 << 20), ("64KiB", 64 << 10), ("512", 512), ("512B", 512), ("2gib", 2 << 30), ("0", 0),
        ])
    func readsSizes(text: String, bytes: Int) {
        #expect(ByteSize.bytes(text) == bytes)
    }

    @Test("Nothing else is a size", arguments: ["", "KiB", "-1", "1.5MiB", "1 MiB", "1MB", "1k", "9999999999GiB", "١"])
    func refusesOtherSizes(text: String) {
        #expect(ByteSize.bytes(text) == nil)
    }

    @Test("A size is read back as it was written")
    func writesSizes() {
        #expect(ByteSize.text(16 << 20) == "16MiB")
        #expect(ByteSize.text(1_500) == "1500")
        for exponent in 0..<40 {
            for offset in [-1, 0, 1] {
                let bytes = max(0, 1 << exponent + offset)
                #expect(ByteSize.bytes(ByteSize.text(bytes)) == bytes)
            }
        }
    }

    @Test(
        "A switch takes the words that environments use",
        arguments: [
            ("on", true), ("OFF", false), ("true", true), ("false", false), ("1", true), ("0", false), ("yes", true),
            ("no", false),
        ])
    func readsSwitches(text: String, value: Bool) {
        #expect(SettingFormat<Bool>.switched.read(text) == value)
    }

    @Test("Whole numbers outside the range, and other texts, are refused", arguments: ["0", "65536", "-1", "80.0", "", "http"])
    func refusesIntegers(text: String) {
        #expect(SettingFormat<Int>.integer(1...65_535).read(text) == nil)
    }

    @Test(
        "Address ranges",
        arguments: [
            ("10.0.0.0/16", true), ("192.168.1.7", true), ("::1", true), ("fd00::/8", true), ("0.0.0.0/0", true),
            ("10.0.0.0/33", false),
            ("fd00::/129", false), ("10.0.0/8", false), ("10.0.0.0/", false), ("10.0.0.0/+8", false), ("alb", false), ("", false),
        ])
    func addressRanges(text: String, isRange: Bool) {
        #expect((SettingFormat<String>.addressRange.read(text) != nil) == isRange)
    }

    @Test(
        "Origins",
        arguments: [
            ("https://shop.example", true), ("http://localhost:3000", true), ("*", true), ("https://[::1]:8443", true),
            ("https://shop.example/", false), ("shop.example", false), ("ftp://shop.example", false), ("https://", false),
            ("https://a@b", false),
        ])
    func origins(text: String, isOrigin: Bool) {
        #expect((SettingFormat<String>.origin.read(text) != nil) == isOrigin)
    }

    @Test("A list may have blanks around its values, and one wrong value spoils it")
    func lists() {
        let form = SettingFormat<[Int]>.list(.integer(1...9))
        #expect(form.read(" 1, 2 ,3,,") == [1, 2, 3])
        #expect(form.read("1,10") == nil)
        #expect(form.write([4, 5]) == "4,5")
    }

    @Test("A base of pictures loses the slash at its end")
    func imageBase() {
        #expect(SettingFormat<String>.imageBase.read("https://cdn.example/i//") == "https://cdn.example/i")
        #expect(SettingFormat<String>.imageBase.read("/") == "")
        #expect(SettingFormat<String>.imageBase.read("cdn.example") == nil)
    }
}
