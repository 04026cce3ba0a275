/// The two roles that `commerce bootstrap` makes; nothing else reads them.
package struct BootstrapSettings: Sendable {
    /// Owns the database and changes its schema.
    package let owner: DatabaseRole
    /// What the service logs in as: reads and writes rows, and changes no schema.
    package let service: DatabaseRole

    init(_ reader: inout SettingsReader) {
        let owner = reader.read(
            "MIGRATION_USER", .text, default: "commerce_owner",
            "`commerce bootstrap`: the role that owns the database and runs migrations")
        let ownerPassword = reader.read(
            optional: "MIGRATION_PASSWORD", .text, as: .secret, "`commerce bootstrap`: the password of this role")
        let service = reader.read(
            "SERVICE_USER", .text, default: "commerce",
            "`commerce bootstrap`: the role of the service, which cannot change the schema")
        let servicePassword = reader.read(
            optional: "SERVICE_PASSWORD", .text, as: .secret, "`commerce bootstrap`: the password of this role")
        self.owner = DatabaseRole(name: owner, password: ownerPassword ?? "")
        self.service = DatabaseRole(name: service, password: servicePassword ?? "")
    }
}
