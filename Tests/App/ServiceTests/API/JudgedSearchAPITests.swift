import Formats
import Foundation
import TestSupport
import Testing

/// Searches in a shop of four languages, each with the product that must be among the first three.
@Suite(.shop(JudgedGoods.shelf, environments: [["CACHE": "off"]]))
struct JudgedSearchAPITests {
    @Test("95 of 100 judged searches show the product among the first three") func judged() async throws {
        let shop = try Shop.current
        _ = try await shop.execute("UPDATE search_setting SET languages = '{de,en,ar,ja}'")
        _ = try await shop.execute("CALL search_reindex()")
        let client = ShopClient(shop, service: 0)
        var misses: [String] = []
        for (query, slug) in JudgedGoods.queries {
            let answer = try await client.get("/v1/products?limit=3&q=" + PercentEncoding.encode(query))
            let shown = answer["data"].elements.map { $0["slug"].text }
            if !shown.contains(slug) { misses.append("\(query): \(slug) is not among \(shown)") }
        }
        let share = Double(JudgedGoods.queries.count - misses.count) / Double(JudgedGoods.queries.count)
        #expect(share >= 0.95, "\(misses.joined(separator: "\n"))")
    }
}

/// Searches in an imported catalogue of 200 products in German, Japanese and Arabic, each with the products that must be among the first
/// three (`Tests/Judged`).
@Suite struct JudgedCatalogueTests {
    /// The searches that miss, and why.
    private static let misses = [
        "uhr": "ends of compounds have four letters at least: three would find `Natur` for `Tür`",
        "湯呑み": "湯のみ in other letters; a synonym would help",
        "俎板": "まな板 in kanji; a synonym would help",
        "いす": "椅子 in hiragana; a synonym would help",
        "かさ": "傘 in hiragana; a synonym would help",
        "醤油": "しょうゆ in kanji; a synonym would help",
        "صحون زرقاء": "the feminine of أزرق is formed from other letters",
        "ملعقة": "the plural ملاعق is formed from other letters",
    ]

    @Test("95 of 100 judged searches show all that they must among the first three, and each that does not is known")
    func judged() async throws {
        let directory = try TestEnvironment.read().root + "/Tests/Judged"
        let stage = try Stage()
        try await stage.execute(
            "DELETE FROM stock_movement; DELETE FROM stock; DELETE FROM variant; DELETE FROM product; DELETE FROM category")
        for arguments in [["import", directory + "/catalogue.ndjson"], ["search", "reindex"]] {
            let done = try await onOwnThread {
                try ServiceProcess.run(
                    arguments, environment: ["DATABASE_URL": stage.postgres.url, "STORE_LANGUAGE": "de,ja,ar"])
            }
            try #require(done.status == .exited(0), "\(arguments): \(done.error)\(done.output)")
        }
        let service = try await stage.serve(["CACHE": "off"])
        try await service.waitUntilWell()
        let queries = try String(contentsOfFile: directory + "/queries.tsv", encoding: .utf8).split(separator: "\n")
            .filter { !$0.hasPrefix("#") }.map { $0.split(separator: "\t").map(String.init) }
        try #require(queries.count >= 150 && queries.allSatisfy { $0.count == 2 })
        var missed: [String: String] = [:]
        for query in queries {
            let answer = try await onOwnThread {
                Answer(
                    try service.client(seconds: 30).request("GET", "/v1/products?limit=3&q=" + PercentEncoding.encode(query[0])))
            }
            let shown = answer["data"].elements.map { $0["slug"].text }
            let wanted = query[1].split(separator: " ").map(String.init)
            if !Set(wanted).isSubset(of: shown) { missed[query[0]] = "\(wanted) are not all among \(shown)" }
        }
        for (query, reason) in missed where Self.misses[query] == nil { Issue.record("\(query): \(reason)") }
        let found = Set(Self.misses.keys).subtracting(missed.keys)
        #expect(found.isEmpty, "these are no misses any more")
        #expect(Double(missed.count) <= 0.05 * Double(queries.count))
    }
}

private enum JudgedGoods {
    /// Slug, name, tags, description.
    private static let rows: [(String, String, [String], String)] = [
        ("d1", "Käsemesser aus Edelstahl", ["Küche"], "Scharfe Klinge für harten Käse."),
        ("d2", "Brotmesser mit Wellenschliff", ["Küche"], "Schneidet Brote ohne Krümel."),
        ("d3", "Müslischale Blau", ["Geschirr"], "Schale für Müsli und Suppen."),
        ("d4", "Weiße Straßenschuhe", ["Schuhe"], "Bequeme Schuhe für jeden Tag."),
        ("d5", "Kinderfahrrad 20 Zoll", ["Spielzeug"], "Fahrräder für Kinder ab sechs Jahren."),
        ("d6", "Gartenstühle Set", ["Garten"], "Zwei Stühle aus Holz für die Terrasse."),
        ("d7", "Wärmflasche mit Bezug", ["Bad"], "Hält lange warm."),
        ("d8", "Kaffeemühle", ["Küche"], "Mahlt Bohnen fein oder grob."),
        ("d9", "Öllampe aus Glas", ["Licht"], "Warmes Licht ohne Strom."),
        ("d10", "Regenjacke Damen", ["Kleidung"], "Wasserdichte Jacken für Frauen."),
        ("d11", "Holztisch Eiche", ["Möbel"], "Tische aus massiver Eiche."),
        ("d12", "Bettwäsche Leinen", ["Schlafen"], "Atmungsaktives Leinen."),
        ("j1", "陶器の花瓶", ["花"], "手作りのきれいな花瓶です。"), ("j2", "ティーポット", ["キッチン"], "お茶をいれる急須。"),
        ("j3", "木製の椅子", ["家具"], "座りやすい椅子。"), ("j4", "青いマグカップ", ["キッチン"], "コーヒーに。"),
        ("j5", "竹のまな板", ["キッチン"], "軽くて丈夫。"), ("j6", "折りたたみ傘", ["雨"], "強い風に耐える。"),
        ("j7", "羊毛の毛布", ["寝具"], "暖かい。"), ("j8", "ランニングシューズ", ["靴"], "軽い運動靴。"),
        ("j9", "デスクランプ", ["照明"], "明るさを調整できる。"), ("j10", "日本酒グラス", ["食器"], "薄いガラス。"),
        ("a1", "إبريق الشاي", ["مطبخ"], "إبريق من الزجاج للشاي."), ("a2", "سجادة صوف", ["منزل"], "سجادة يدوية الصنع."),
        ("a3", "مصباح مكتب", ["إضاءة"], "ضوء دافئ."), ("a4", "كرسي خشبي", ["أثاث"], "كرسي مريح."),
        ("a5", "قهوة عربية", ["مشروبات"], "حبوب محمصة."), ("a6", "حقيبة جلدية", ["حقائب"], "جلد طبيعي."),
        ("a7", "كُتُب الأطفال", ["كتب"], "قصص قصيرة."), ("a8", "أحذية رياضية", ["أحذية"], "للجري والمشي."),
        ("a9", "ساعة حائط", ["منزل"], "ساعة هادئة."), ("a10", "عطر الورد", ["عطور"], "رائحة الورد."),
        ("e1", "Enamel mug", ["kitchen"], "A mug for camping."), ("e2", "Cast iron skillet", ["kitchen"], "Fries eggs evenly."),
        ("e3", "Running shoes", ["sport"], "For runners."), ("e4", "Wool blanket", ["bedroom"], "Warm blankets of wool."),
        ("e5", "T-Shirt Classic", ["clothing"], "Cotton shirts."), ("e6", "The Who – Live at Leeds", ["music"], "A record."),
        ("e7", "Crème brûlée torch", ["kitchen"], "Burns sugar."), ("e8", "O'Neill surfboard", ["sport"], "For waves."),
    ]
    static let shelf = rows.map { slug, name, tags, description in
        var goods = Goods("SKU-\(slug.uppercased())/X", name: name)
        goods.slug = slug
        goods.tags = tags
        goods.description = description
        return goods
    }
    static let queries: [(String, String)] = [
        ("Käsemesser", "d1"), ("kasemesser", "d1"), ("kaesemesser", "d1"), ("käsemess", "d1"), ("edelstahl", "d1"),
        ("Klingen", "d1"),
        ("käsemeser", "d1"), ("brotmesser", "d2"), ("BROTMESSER", "d2"), ("wellenschliff", "d2"), ("müslischale", "d3"),
        ("mueslischale", "d3"), ("muslischale", "d3"), ("müsli", "d3"), ("suppe", "d3"), ("straßenschuhe", "d4"),
        ("strassenschuhe", "d4"),
        ("weisse schuhe", "d4"), ("kinderfahrrad", "d5"), ("fahrrad", "d5"), ("fahrrad für kinder", "d5"), ("gartenstuhl", "d6"),
        ("gartenstühle", "d6"), ("stuhl terrasse", "d6"), ("wärmflasche", "d7"), ("waermflasche", "d7"), ("warmflasche", "d7"),
        ("kaffeemühle", "d8"), ("kaffeemuhle", "d8"), ("kaffeemü", "d8"), ("kaffemühle", "d8"), ("öllampe", "d9"),
        ("oellampe", "d9"),
        ("regenjacke", "d10"), ("jacke frauen", "d10"), ("wasserdicht", "d10"), ("holztisch", "d11"), ("eiche tisch", "d11"),
        ("bettwasche", "d12"), ("leinen", "d12"), ("花瓶", "j1"), ("陶器", "j1"), ("陶器の花瓶", "j1"), ("ティーポット", "j2"), ("てぃーぽっと", "j2"),
        ("ﾃｨｰﾎﾟｯﾄ", "j2"), ("ポット", "j2"), ("急須", "j2"), ("椅子", "j3"), ("木製", "j3"), ("マグ", "j4"), ("マグカップ", "j4"), ("青い", "j4"),
        ("まな板", "j5"), ("竹", "j5"), ("傘", "j6"), ("折りたたみ", "j6"), ("毛布", "j7"), ("シューズ", "j8"), ("ランニング", "j8"), ("運動靴", "j8"),
        ("ランプ", "j9"), ("照明", "j9"), ("日本酒", "j10"), ("グラス", "j10"), ("إبريق", "a1"), ("ابريق", "a1"), ("ابريق الشاي", "a1"),
        ("شاي", "a1"), ("سجادة", "a2"), ("سجاده", "a2"), ("صوف", "a2"), ("مصباح", "a3"), ("كرسي", "a4"), ("كرسى", "a4"),
        ("خشبي", "a4"),
        ("قهوة", "a5"), ("قهوه عربيه", "a5"), ("حقيبة", "a6"), ("جلدية", "a6"), ("كتب", "a7"), ("كتب اطفال", "a7"),
        ("احذية", "a8"),
        ("أحذية رياضية", "a8"), ("ساعة", "a9"), ("ساعه حائط", "a9"), ("عطر", "a10"), ("الورد", "a10"), ("enamel mug", "e1"),
        ("mugs", "e1"),
        ("enamle mug", "e1"), ("skillet", "e2"), ("cast iron", "e2"), ("egg", "e2"), ("running shoe", "e3"), ("runner", "e3"),
        ("wool blanket", "e4"), ("blankets", "e4"), ("t-shirt", "e5"), ("tshirt", "e5"), ("the who", "e6"),
        ("creme brulee", "e7"),
        ("oneill", "e8"), ("surfbord", "e8"), ("SKU-E8/X", "e8"), ("skud7x", "d7"), ("sku a10", "a10"),
    ]
}
