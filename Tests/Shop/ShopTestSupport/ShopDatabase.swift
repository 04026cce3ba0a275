import Foundation
import PostgresClient
import TestSupport

import CatalogImport
import Configuration
import Migrations

/// A shop's database of a test's own, with the schema and nothing in it.
package struct ShopDatabase {
    package let database: TestDatabase

    /// Migrated once and copied for every test.
    private static let template = Result {
        let database = try TestDatabase()
        let configuration = try Configuration.load(from: ["DATABASE_URL": database.url])
        let files = try MigrationDirectory.files(TestEnvironment.read().root + "/migrations")
        let migrator = try Migrator(
            MigrationSet(files: files), configuration: configuration.database.primary, settings: configuration.migration
        ) { _ in }
        _ = try migrator.up()
        return database
    }

    package init() throws {
        database = try TestDatabase(template: Self.template.get())
    }

    /// What an import came to, and the rows it refused.
    package struct Outcome {
        package var report: ImportReport
        package var faults: [RowError]

        package init(report: ImportReport = ImportReport(), faults: [RowError] = []) {
            self.report = report
            self.faults = faults
        }
    }

    @discardableResult
    package func load(
        _ text: String, _ format: ImportFormat? = nil, onError: ImportOptions.ErrorPolicy = .fail, isDryRun: Bool = false,
        categoryPath: CategoryPath = .standard, piece: Int = 64 << 10
    ) throws -> Outcome {
        var options = ImportOptions()
        options.format = format
        options.onError = onError
        options.isDryRun = isDryRun
        var faults: [RowError] = []
        let importer = try Importer(
            configuration: PostgresConfiguration(connectionString: database.url),
            rules: RowRules(currency: .usd, imageBase: "/assets", categoryPath: categoryPath), options: options
        ) { event in
            if case .refused(let fault) = event { faults.append(fault) }
        }
        var rest = Array(text.utf8)[...]
        let report = try importer.run {
            defer { rest = rest.dropFirst(piece) }
            return Array(rest.prefix(piece))
        }
        return Outcome(report: report, faults: faults)
    }

    package func query(_ sql: String) throws -> String {
        try database.execute(sql)
    }

    /// All that an import may touch, to the last column.
    package func snapshot() throws -> String {
        try ["category", "product", "variant", "stock", "stock_movement", "catalog_version"].map { table in
            try "\(table) " + query("SELECT md5(string_agg(t::text, '|' ORDER BY t::text)) FROM \(table) t")
        }.joined(separator: "\n")
    }

    /// What must hold whatever was imported; empty where it does.
    package func violations() throws -> String {
        try query(
            """
            SELECT 'ledger', s.variant_id FROM stock s LEFT JOIN (
                SELECT variant_id, sum(on_hand) AS on_hand, sum(reserved) AS reserved FROM stock_movement GROUP BY 1
            ) m USING (variant_id)
            WHERE s.on_hand <> coalesce(m.on_hand, 0) OR s.reserved <> coalesce(m.reserved, 0);
            SELECT 'no stock row', v.id FROM variant v WHERE NOT EXISTS (SELECT FROM stock s WHERE s.variant_id = v.id);
            SELECT 'no default variant', p.id FROM product p
            WHERE (SELECT count(*) FROM variant v WHERE v.product_id = p.id AND v.active AND v.position = 0) <> 1;
            SELECT 'price', p.id FROM product p JOIN variant v ON v.product_id = p.id AND v.active AND v.position = 0
            WHERE v.price <> p.price;
            SELECT 'slug', slug FROM (SELECT slug FROM product UNION ALL SELECT slug FROM category) s
            WHERE slug ~ '(^|-)(-|$)|[[:space:][:cntrl:]A-Z/~%]' OR slug <> normalize(slug) OR octet_length(slug) > 80;
            SELECT 'path', c.path FROM category c LEFT JOIN category p ON p.id = c.parent_id
            WHERE c.path <> coalesce(p.path || '/', '') || c.slug;
            SELECT 'id', id FROM product WHERE substring(id::text, 15, 1) <> '7';
            SELECT 'summary', id FROM product p WHERE summary IS DISTINCT FROM product_summary(p);
            SELECT 'document', id FROM product p LEFT JOIN product_document d ON d.product_id = p.id
                CROSS JOIN LATERAL product_document_of(p) w
                WHERE (d.variants, d.document) IS DISTINCT FROM (w.variants, w.document);
            SELECT 'variants', id FROM product p WHERE variants <> ARRAY(
                SELECT v.id FROM variant v WHERE v.product_id = p.id AND v.active ORDER BY v.position, v.id);
            SELECT 'created', created_at FROM product GROUP BY created_at HAVING count(*) > 1;
            """)
    }
}
