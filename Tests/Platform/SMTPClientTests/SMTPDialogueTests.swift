import TestSupport
import Testing

@testable import SMTPClient

@Suite struct SMTPDialogueTests {
    private func dialogue(_ steps: String...) -> SMTPDialogue {
        dialogue(secrets: ["sesame", "sésame"], steps)
    }

    private func dialogue(secrets: [String], _ steps: [String]) -> SMTPDialogue {
        var dialogue = SMTPDialogue(secrets: secrets)
        for step in steps {
            if step.first?.isNumber == true {
                dialogue.received(reply: Array("\(step)\r\n".utf8))
            } else {
                dialogue.sent(command: Array("\(step)\r\n".utf8))
            }
        }
        return dialogue
    }

    @Test("only a refused recipient or message is refused for good, for every code") func codes() {
        for code in 200...599 {
            let isAboutLogin = [521, 530, 534, 535, 538].contains(code)
            #expect(!dialogue("\(code) x").isRefusedForGood)
            #expect(!dialogue("220 x", "EHLO a", "250 x", "AUTH PLAIN x", "\(code) x").isRefusedForGood)
            #expect(dialogue("220 x", "EHLO a", "250 x", "MAIL FROM:<a@b>", "\(code) x").isRefusedForGood == (code == 552))
            let isFinal = code >= 500 && !isAboutLogin
            #expect(dialogue("250 x", "MAIL FROM:<a@b>", "250 x", "RCPT TO:<a@b>", "\(code) x").isRefusedForGood == isFinal)
            #expect(
                dialogue("250 x", "MAIL FROM:<a@b>", "250 x", "RCPT TO:<a@b>", "250 x", "DATA", "354 x", "\(code) x")
                    .isRefusedForGood
                    == isFinal)
        }
    }

    @Test("the last line of a reply is kept, cut and in ASCII, unless it has a secret") func lines() {
        func last(_ lines: String...) -> SMTPDialogue { dialogue(secrets: ["sesame", "sésame"], ["MAIL FROM:<a@b>"] + lines) }
        #expect(last("250-SIZE", "250-PIPELINING", "250 HELP").text == "HELP")
        #expect(last("550 5.1.1 no such mailbox").text == "5.1.1 no such mailbox")
        #expect(last("550 the password sesame is wrong").text == "")
        #expect(last("550 the password sésame is wrong").text == "")
        #expect(last("550 the password sesame is wrong").code == 550)
        #expect(last("550 a\tb\u{1b}[31m é").text == "a b [31m")
        #expect(last("550 " + String(repeating: "x", count: 1_000)).text.utf8.count == 200)
        #expect(last("220 ready", "nonsense").code == 220)
        #expect(last("9").code == nil)
    }

    @Test("of a reply to a login with a password, only the codes are kept") func login() {
        let steps = ["220 x", "EHLO a", "250 x", "AUTH PLAIN AHVzZXIAc2VzYW1l"]
        let replies = [
            ("535 5.7.8 cannot decode AHVzZXIAc2VzYW1l", "5.7.8"), ("535 5.7.8", "5.7.8"), ("500 unknown command c2VzYW1l", ""),
            ("535 c2VzYW1l 5.7.8", ""), ("535 5.7.c2VzYW1l x", ""), ("535 5.7.8000 x", ""), ("535 5..8 x", ""), ("535", ""),
        ]
        for (reply, text) in replies {
            let hidden = dialogue(secrets: ["sesame"], steps + [reply])
            #expect(hidden.code == Int(reply.prefix(3)) && hidden.text == text, "\(reply)")
        }
        #expect(dialogue(secrets: [], ["554 5.7.1 your address is blocked"]).text == "5.7.1 your address is blocked")
    }

    @Test("the reply to QUIT does not replace the refusal that came before it") func quit() {
        let dialogue = dialogue("250 x", "MAIL FROM:<a@b>", "250 x", "RCPT TO:<a@b>", "550 no such mailbox", "QUIT", "221 bye")
        #expect(dialogue.code == 550 && dialogue.text == "no such mailbox" && dialogue.isRefusedForGood)
    }

    @Test("lines end in CRLF, whatever they ended in") func lineEnds() {
        func lines(_ text: String) -> String { String(decoding: SMTPMessage.lines(Array(text.utf8)), as: UTF8.self) }
        #expect(lines("a\nb") == "a\r\nb\r\n")
        #expect(lines("a\r\nb\r\n") == "a\r\nb\r\n")
        #expect(lines("a\rb\r") == "a\r\nb\r\n")
        #expect(lines("a\r\r\nb\n\n") == "a\r\n\r\nb\r\n\r\n")
        #expect(lines("\n.\r.\n.\r\n") == "\r\n.\r\n.\r\n.\r\n")
        #expect(lines("") == "")
        var generator = SeededGenerator(seed: 16)
        for _ in 0..<10_000 {
            let bytes = generator.bytes(upTo: 40, from: "a.\r\n")
            let lines = SMTPMessage.lines(bytes)
            for (index, byte) in lines.enumerated() {
                if byte == 13 { #expect(lines[index + 1] == 10) }
                if byte == 10 { #expect(index > 0 && lines[index - 1] == 13) }
            }
            #expect(lines.filter { $0 != 13 && $0 != 10 } == bytes.filter { $0 != 13 && $0 != 10 })
            #expect(SMTPMessage.lines(lines) == lines)
        }
    }

    @Test(
        "addresses that would end a command are refused",
        arguments: [
            "", "a", "@b", "a@", "a b@c", "a@b>", "<a@b", "a@b\r\nDATA", "a@b\u{0}", "a@b SIZE=1",
            String(repeating: "a", count: 250) + "@b.de",
        ])
    func addresses(address: String) { #expect(SMTPMessage.fault(address: address) != nil) }

    @Test("usual addresses pass", arguments: ["a@b", "first.last+tag@example.com", "jürgen@müller.example", "\"a@b\"@c.example"])
    func usual(address: String) { #expect(SMTPMessage.fault(address: address) == nil) }
}
