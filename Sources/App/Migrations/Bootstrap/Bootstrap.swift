import Configuration
import PostgresClient

/// Prepares a database for least privilege, as the server's administrator: it creates a role that owns the database and migrates
/// it, and a role for the service with the privileges of ``ServicePrivileges``.
///
/// It may run again at any time: existing roles and tables stay, passwords are set, privileges are granted again. The privileges
/// belong to the group ``group``: a second login, as rotation with alternating users creates it, gets them as a member.
package struct Bootstrap {
    /// The group that has the service's privileges. It cannot log in.
    package static let group = "commerce_application"

    private let configuration: PostgresConfiguration
    private let settings: BootstrapSettings

    /// - Parameter configuration: The connection as an administrator: a superuser, or a role that may create roles and databases
    ///   and owns this database (the master user of RDS).
    package init(_ configuration: PostgresConfiguration, settings: BootstrapSettings) {
        self.configuration = configuration
        self.settings = settings
    }

    /// Makes all changes in one transaction.
    /// - Throws: ``PostgresError``.
    package func run() throws {
        let connection = try BlockingConnection(configuration)
        try connection.execute("SET application_name = 'commerce bootstrap'; SET client_min_messages = warning")
        // The server gets the verifier that it stores, not the password, which its log could show (RFC 5803).
        let ownerVerifier = try connection.passwordVerifier(settings.owner.password, for: settings.owner.name)
        let serviceVerifier = try connection.passwordVerifier(settings.service.password, for: settings.service.name)
        try connection.transaction {
            // DO takes no parameters, so they are passed as settings of the transaction.
            try connection.query(
                """
                SELECT set_config('bootstrap.owner', \(settings.owner.name), true), \
                set_config('bootstrap.owner_verifier', \(ownerVerifier), true), \
                set_config('bootstrap.service', \(settings.service.name), true), \
                set_config('bootstrap.service_verifier', \(serviceVerifier), true), \
                set_config('bootstrap.group', \(Self.group), true)
                """)
            for statement in Self.statements { try connection.execute(statement) }
            // For tables that exist already; later tables get theirs from `commerce migrate up`.
            try ServicePrivileges.grant(connection)
        }
    }

    private static let statements = [roles, ownership, privileges]

    private static let roles = """
        DO $$
        DECLARE
            role record;
        BEGIN
            -- Concurrent runs wait for each other here: CREATE ROLE has no IF NOT EXISTS.
            PERFORM pg_advisory_xact_lock(hashtextextended('commerce bootstrap', 0));
            FOR role IN SELECT * FROM (VALUES
                (current_setting('bootstrap.owner'), current_setting('bootstrap.owner_verifier')),
                (current_setting('bootstrap.service'), current_setting('bootstrap.service_verifier'))) r (name, verifier)
            LOOP
                IF to_regrole(quote_ident(role.name)) IS NULL THEN EXECUTE format('CREATE ROLE %I', role.name); END IF;
                EXECUTE format('ALTER ROLE %I LOGIN PASSWORD %L', role.name, role.verifier);
            END LOOP;
            IF to_regrole(quote_ident(current_setting('bootstrap.group'))) IS NULL THEN
                EXECUTE format('CREATE ROLE %I NOLOGIN', current_setting('bootstrap.group'));
            END IF;
            EXECUTE format('GRANT %I TO %I', current_setting('bootstrap.group'), current_setting('bootstrap.service'));
        END $$
        """

    private static let ownership = """
        DO $$
        BEGIN
            -- A role that is not a superuser must be a member of another role to make it an owner.
            IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
                EXECUTE format('GRANT %I TO %I', current_setting('bootstrap.owner'), current_user);
            END IF;
            EXECUTE format('ALTER DATABASE %I OWNER TO %I', current_database(), current_setting('bootstrap.owner'));
            EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
            EXECUTE format('GRANT CREATE, USAGE ON SCHEMA public TO %I', current_setting('bootstrap.owner'));
            REVOKE CREATE ON SCHEMA public FROM PUBLIC;
        END $$
        """

    private static let privileges = """
        DO $$
        DECLARE
            application text := current_setting('bootstrap.group');
            owner text := current_setting('bootstrap.owner');
        BEGIN
            EXECUTE format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), application);
            EXECUTE format('GRANT USAGE ON SCHEMA public TO %I', application);
            -- Earlier releases granted temporary tables, for imports, and every later table.
            EXECUTE format('REVOKE TEMPORARY ON DATABASE %I FROM %I', current_database(), application);
            EXECUTE format('ALTER DEFAULT PRIVILEGES FOR ROLE %I IN SCHEMA public REVOKE ALL ON TABLES FROM %I', owner, application);
            EXECUTE format('ALTER DEFAULT PRIVILEGES FOR ROLE %I IN SCHEMA public REVOKE ALL ON SEQUENCES FROM %I', owner, application);
        END $$
        """
}
