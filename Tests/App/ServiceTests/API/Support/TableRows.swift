import TestSupport

/// What all tables of a shop have in them, for a test that nothing was changed.
struct TableRows: Equatable {
    /// By table: the number of rows and a hash of them.
    private let tables: [String: String]

    /// - Parameter marks: only rows with one of these texts count; nil for all rows
    init(of shop: Shop, with marks: [String]? = nil) async throws {
        let list = marks.map { "ARRAY[" + $0.map { Goods.quoted($0) }.joined(separator: ",") + "]::text[]" } ?? "NULL::text[]"
        let rows = try await shop.execute("SELECT * FROM probe.rows(\(list))")
        tables = Dictionary(
            rows.split(separator: "\n").map { line in
                let parts = line.split(separator: "|", maxSplits: 1).map(String.init)
                return (parts.first ?? "", parts.last ?? "")
            }, uniquingKeysWith: { first, _ in first })
        guard tables.count > 40 else { throw TestFailure("not all tables were read: \(rows)") }
    }

    /// The tables that differ.
    func differences(to other: TableRows) -> [String] {
        Set(tables.keys).union(other.tables.keys).filter { tables[$0] != other.tables[$0] }.sorted()
    }

    /// Makes the function that reads them, in a schema of its own.
    static func prepare(_ shop: Shop) async throws {
        try await shop.execute(
            """
            CREATE SCHEMA IF NOT EXISTS probe;
            CREATE OR REPLACE FUNCTION probe.rows(marks text[]) RETURNS TABLE (name text, seen text) LANGUAGE plpgsql AS $$
            BEGIN
                FOR name IN SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace LOOP
                    EXECUTE format('SELECT count(*) || '' '' || coalesce(md5(string_agg(r::text, chr(10) ORDER BY r::text)), '''')
                        FROM public.%I r WHERE $1 IS NULL OR EXISTS (SELECT FROM unnest($1) m WHERE position(m IN r::text) > 0)', name)
                        INTO seen USING marks;
                    RETURN NEXT;
                END LOOP;
            END $$;
            """)
    }
}
