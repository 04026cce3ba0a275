// Attributes, which get their types here: all values of one attribute have one type.

extension ImportStatements {
    /// Makes a row for each attribute that is new, and finds values that do not fit.
    ///
    /// Without a type in the file, an attribute has that of all its values: a text like "3" is a number where others are. A few names mean a colour, and short texts are choices.
    static let findAttributes = """
        CREATE TEMPORARY TABLE import_attribute ON COMMIT DROP AS
        SELECT r.line, a.place, a.value->>'code' AS code, a.value->>'name' AS name, a.value->>'type' AS type,
            a.value->>'unit' AS unit, a.value->'value' AS value, jsonb_typeof(a.value->'value') AS kind
        FROM import_product r CROSS JOIN LATERAL jsonb_array_elements(r.attributes) WITH ORDINALITY a (value, place);
        INSERT INTO attribute (code, name, type, unit, position)
        SELECT code, name, type, CASE WHEN type = 'number' THEN unit END,
            (SELECT coalesce(max(k.position), 0) FROM attribute k) + row_number() OVER (ORDER BY place, line)
        FROM (
            SELECT code, (array_agg(name ORDER BY line))[1] AS name, min(line) AS line, min(place) AS place,
                (array_agg(unit ORDER BY line) FILTER (WHERE unit IS NOT NULL))[1] AS unit,
                coalesce((array_agg(type ORDER BY line) FILTER (WHERE type IS NOT NULL))[1], CASE
                    WHEN bool_and(\(isNumber)) AND bool_or(kind = 'number' OR unit IS NOT NULL) THEN 'number'
                    WHEN bool_and(\(isBoolean)) AND bool_or(kind = 'boolean') THEN 'boolean'
                    WHEN code IN ('colour', 'color', 'farbe', 'couleur', 'kleur', 'colore', 'kolor') THEN 'colour'
                    WHEN bool_or(kind = 'array') OR max(length(value #>> '{}')) <= 50 THEN 'choice'
                    ELSE 'text' END) AS type
            FROM import_attribute a GROUP BY code
        ) a WHERE NOT EXISTS (SELECT FROM attribute k WHERE k.code = a.code)
        ON CONFLICT (code) DO NOTHING;
        INSERT INTO import_error
        SELECT a.line, 'attributes/' || a.code, CASE
            WHEN a.type <> k.type THEN 'is of the type ' || a.type || ', but the attribute has the type ' || k.type
            WHEN k.type = 'number' AND NOT \(isNumber) THEN 'must be a number, which is the type of the attribute'
            WHEN k.type = 'boolean' AND NOT \(isBoolean) THEN 'must be true or false, which is the type of the attribute'
            WHEN k.type <> 'number' THEN 'has a unit, but is no number'
            ELSE 'is in ' || a.unit || ', but the unit of the attribute is ' || coalesce(k.unit, 'none') END
        FROM import_attribute a JOIN attribute k USING (code)
        WHERE a.type <> k.type OR (k.type = 'number' AND NOT \(isNumber)) OR (k.type = 'boolean' AND NOT \(isBoolean))
            OR a.unit <> coalesce(k.unit, '')
        """

    private static let isNumber = """
        (a.kind = 'number' OR (a.kind = 'string' AND a.value #>> '{}' ~ '^-?[0-9]{1,12}([.][0-9]{1,6})?$'))
        """
    private static let isBoolean = "(a.kind = 'boolean' OR (a.kind = 'string' AND lower(a.value #>> '{}') IN ('true', 'false')))"

    /// Writes the attributes as products keep them, with values of their types.
    static let describeProducts = """
        UPDATE import_product r SET attributes = w.attributes FROM (
            SELECT a.line, jsonb_agg(jsonb_build_object('code', a.code, 'value', CASE
                WHEN k.type = 'number' THEN to_jsonb(trim_scale((a.value #>> '{}')::numeric))
                WHEN k.type = 'boolean' THEN to_jsonb(lower(a.value #>> '{}') = 'true')
                WHEN a.kind = 'array' THEN a.value
                ELSE to_jsonb(a.value #>> '{}') END) ORDER BY a.place) AS attributes
            FROM import_attribute a JOIN attribute k USING (code) GROUP BY a.line
        ) w WHERE w.line = r.line
        """
}
