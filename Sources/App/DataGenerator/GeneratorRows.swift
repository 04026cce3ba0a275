import CatalogImport
import Orders
import Formats
import FoundationEssentials
import PostgresClient

/// The generated shop's rows, table by table, in COPY's text format.
struct GeneratorRows {
    let options: GeneratorOptions
    let categories: [GeneratedCategory]
    /// The categories that contain products.
    private let leaves: [GeneratedCategory]

    init(_ options: GeneratorOptions) {
        self.options = options
        categories = GeneratedCategory.tree(options)
        leaves = categories.filter { !$0.things.isEmpty }
    }

    func core(_ product: Int) -> GeneratedProduct.Core {
        GeneratedProduct.Core(product, options)
    }

    func order(_ index: Int) -> GeneratedOrder {
        GeneratedOrder(index, options)
    }

    // MARK: The catalogue

    static let category = "COPY category (id, parent_id, slug, name, path, created_at, updated_at) FROM STDIN"
    func category(_ index: Int, to text: inout CopyText) {
        let category = categories[index]
        text.column(category.id.text)
        text.column(category.parent?.text)
        text.column(category.slug)
        text.column(category.name)
        text.column(category.path)
        text.column(options.period.opening)
        text.column(options.period.opening)
        text.endRow()
    }

    static let product = """
        COPY product (id, external_id, slug, name, description, category_id, tags, images, brand, attributes, facets, currency, price, price_min, \
        price_max, variants, status, created_at, updated_at) FROM STDIN
        """
    func product(_ index: Int, to text: inout CopyText) {
        let product = GeneratedProduct(core(index), categories: leaves, seed: options.seed)
        text.column(product.core.id.text)
        text.column("generated-\(SeededHash.mark(options.seed))\(index + 1)")
        text.column(product.slug)
        text.column(product.name)
        text.column(product.description)
        text.column(product.category.id.text)
        text.column(product.tags)
        var images = JSONWriter()
        images.beginArray()
        for image in product.images {
            images.beginObject()
            images.field("url", image.url)
            images.field("alt", image.alt)
            images.endObject()
        }
        images.endArray()
        text.column(utf8: images.finish())
        text.column(product.brand)
        text.column(utf8: Array(#"[{"code":"colour","value":"\#(product.colour)"}]"#.utf8))
        text.column(product.facets(seed: options.seed))
        text.column(Self.currency)
        text.column(product.core.price)
        text.column(product.core.price)
        text.column(product.core.price(of: product.core.variants - 1))
        text.column((0..<product.core.variants).map { product.core.variantID($0, seed: options.seed).text })
        text.column(product.isActive ? "active" : "archived")
        text.column(product.core.createdAt)
        text.column(product.core.createdAt)
        text.endRow()
    }

    static let variant = "COPY variant (id, product_id, sku, name, options, price, position) FROM STDIN"
    func variants(_ index: Int, to text: inout CopyText) {
        let product = GeneratedProduct(core(index), categories: leaves, seed: options.seed)
        for number in 0..<product.core.variants {
            let variant = product.variant(number, seed: options.seed)
            text.column(variant.id.text)
            text.column(product.core.id.text)
            text.column(variant.sku)
            text.column(variant.name)
            text.column(utf8: Self.json(variant.option))
            text.column(variant.price)
            text.column(number)
            text.endRow()
        }
    }

    // MARK: The stock and its ledger

    static let stock = "COPY stock (variant_id, on_hand, reserved, imported) FROM STDIN"
    func stock(_ index: Int, _ stock: GeneratedStock, to text: inout CopyText) {
        let core = core(index)
        for variant in 0..<core.variants {
            let levels = stock.levels(product: index, variant: variant)
            text.column(core.variantID(variant, seed: options.seed).text)
            text.column(levels.onHand)
            text.column(levels.reserved)
            text.column(levels.imported)
            text.endRow()
        }
    }

    static let movement = "COPY stock_movement (variant_id, order_id, on_hand, reserved, reason, at) FROM STDIN"
    func imports(_ index: Int, _ stock: GeneratedStock, to text: inout CopyText) {
        let core = core(index)
        for variant in 0..<core.variants {
            let levels = stock.levels(product: index, variant: variant)
            guard levels.imported != 0 else { continue }
            movement(core.variantID(variant, seed: options.seed), nil, levels.imported, 0, "import", core.createdAt, to: &text)
        }
    }

    func movements(_ index: Int, to text: inout CopyText) {
        let order = order(index)
        for line in order.lines {
            let variant = core(line.product).variantID(line.variant, seed: options.seed)
            movement(variant, order.id, 0, line.quantity, "reserve", order.placedAt, to: &text)
            switch order.holding {
            case .held: break
            case .captured: movement(variant, order.id, -line.quantity, -line.quantity, "capture", order.moment(of: 1), to: &text)
            case .released: movement(variant, order.id, 0, -line.quantity, "release", order.moment(of: 1), to: &text)
            }
        }
    }

    private func movement(
        _ variant: UUID, _ order: UUID?, _ onHand: Int, _ reserved: Int, _ reason: String, _ at: Timestamp,
        to text: inout CopyText
    ) {
        text.column(variant.text)
        text.column(order?.text)
        text.column(onHand)
        text.column(reserved)
        text.column(reason)
        text.column(at)
        text.endRow()
    }

    // MARK: Orders

    static let orders = """
        COPY orders (id, number, status, payment_status, email, currency, subtotal, total, shipping_address, access_token_hash, \
        created_at, updated_at) FROM STDIN
        """
    func order(_ index: Int, to text: inout CopyText) {
        let order = order(index)
        let total = order.lines.reduce(Int64(0)) { $0 + core($1.product).price(of: $1.variant) * Int64($1.quantity) }
        let payment: PaymentStatus = order.holding == .captured ? .captured : .unpaid
        var hash = SeededHash(seed: options.seed, stream: 7, index: index)
        let city = hash.pick(GeneratedWords.cities)
        var address = JSONWriter()
        address.beginObject()
        address.field("city", city)
        address.field("name", "Shopper \(index % 1_000_003)")
        address.field("line1", "\(1 + hash.below(200)) Market Street")
        address.field("country", "GB")
        address.field("postal_code", "N\(1 + hash.below(20)) 7AA")
        address.endObject()
        text.column(order.id.text)
        text.column(GeneratedOrder.number(index, seed: options.seed))
        text.column(order.status.rawValue)
        text.column(payment.rawValue)
        text.column("shopper\(index % 1_000_003)@example.com")
        text.column(Self.currency)
        text.column(total)
        text.column(total)
        text.column(utf8: address.finish())
        // A random hash: no token has it.
        text.column("\\x" + (0..<4).map { _ in Self.hexadecimal(hash.next()) }.joined())
        text.column(order.placedAt)
        text.column(order.moment(of: order.statuses.count - 1))
        text.endRow()
    }

    static let line = """
        COPY order_line (order_id, position, variant_id, product_id, sku, name, options, image, quantity, unit_price, line_total) \
        FROM STDIN
        """
    func lines(_ index: Int, to text: inout CopyText) {
        let order = order(index)
        for (position, line) in order.lines.enumerated() {
            let product = GeneratedProduct(core(line.product), categories: leaves, seed: options.seed)
            let variant = product.variant(line.variant, seed: options.seed)
            text.column(order.id.text)
            text.column(position + 1)
            text.column(variant.id.text)
            text.column(product.core.id.text)
            text.column(variant.sku)
            text.column(product.name)
            text.column(utf8: Self.json(variant.option))
            text.column(product.images.first?.url)
            text.column(line.quantity)
            text.column(variant.price)
            text.column(variant.price * Int64(line.quantity))
            text.endRow()
        }
    }

    static let history = "COPY order_history (order_id, position, status, reason, at) FROM STDIN"
    func history(_ index: Int, to text: inout CopyText) {
        let order = order(index)
        for (step, status) in order.statuses.enumerated() {
            text.column(order.id.text)
            text.column(step + 1)
            text.column(status.rawValue)
            text.column(step == 0 ? "placed" : nil as String?)
            text.column(order.moment(of: step))
            text.endRow()
        }
    }

    static let reservation = "COPY reservation (order_id, state, expires_at) FROM STDIN"
    func reservation(_ index: Int, to text: inout CopyText) {
        let order = order(index)
        let state =
            switch order.holding {
            case .held: "held"
            case .captured: "captured"
            case .released: "released"
            }
        text.column(order.id.text)
        text.column(state)
        text.column(order.placedAt + .seconds(900))
        text.endRow()
    }

    private static let currency = "USD"

    private static func json(_ option: (name: String, value: String)) -> [UInt8] {
        Array(#"{"\#(option.name)":"\#(option.value)"}"#.utf8)
    }

    private static func hexadecimal(_ number: UInt64) -> String {
        withUnsafeBytes(of: number.bigEndian) { Array($0).hexadecimalText }
    }
}

extension CopyText {
    /// Appends a time.
    mutating func column(_ time: Timestamp) { column(time.description) }
}
