import Configuration
import PostgresClient

/// Makes an empty server's database ready for least privilege, as the server's administrator: a role that owns it and
/// migrates, a role that serves and may do with each table what ``ServiceRights`` says.
///
/// May be run again at any time: what is there stays, passwords are set to those given, rights are granted anew. Rights hang
/// on the group ``group``, so that a second login made beside the first, as rotation by alternating users makes it, gets them
/// by being a member.
package struct Bootstrap {
    /// The group that holds the service's rights. Nobody logs in as it.
    package static let group = "commerce_application"

    private let configuration: PostgresConfiguration
    private let settings: BootstrapSettings

    /// - Parameter configuration: how to reach the database as an administrator: a superuser, or one who may create roles
    ///   and databases and owns this database (RDS's master user).
    package init(_ configuration: PostgresConfiguration, settings: BootstrapSettings) {
        self.configuration = configuration
        self.settings = settings
    }

    /// Does it, all or nothing.
    /// - Throws: ``PostgresError``.
    package func run() throws {
        let connection = try BlockingConnection(configuration)
        try connection.execute("SET application_name = 'commerce bootstrap'; SET client_min_messages = warning")
        // The server gets what it stores of a password and not the password, which its log could show (RFC 5803).
        let ownerVerifier = try connection.passwordVerifier(settings.owner.password, for: settings.owner.name)
        let serviceVerifier = try connection.passwordVerifier(settings.service.password, for: settings.service.name)
        try connection.transaction {
            // DO takes no parameters, so they are settings of the transaction.
            try connection.query(
                """
                SELECT set_config('bootstrap.owner', \(settings.owner.name), true), \
                set_config('bootstrap.owner_verifier', \(ownerVerifier), true), \
                set_config('bootstrap.service', \(settings.service.name), true), \
                set_config('bootstrap.service_verifier', \(serviceVerifier), true), \
                set_config('bootstrap.group', \(Self.group), true)
                """)
            for statement in Self.statements { try connection.execute(statement) }
            // The tables there are already; those to come get theirs when they are made.
            try ServiceRights.grant(connection)
        }
    }

    private static let statements = [roles, ownership, rights]

    private static let roles = """
        DO $$
        DECLARE
            role record;
        BEGIN
            -- Two at once wait for each other here: CREATE ROLE knows no IF NOT EXISTS.
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
            -- Who is no superuser must belong to a role to give things to it and to act for it.
            IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
                EXECUTE format('GRANT %I TO %I', current_setting('bootstrap.owner'), current_user);
            END IF;
            EXECUTE format('ALTER DATABASE %I OWNER TO %I', current_database(), current_setting('bootstrap.owner'));
            EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
            EXECUTE format('GRANT CREATE, USAGE ON SCHEMA public TO %I', current_setting('bootstrap.owner'));
            REVOKE CREATE ON SCHEMA public FROM PUBLIC;
        END $$
        """

    private static let rights = """
        DO $$
        DECLARE
            application text := current_setting('bootstrap.group');
            owner text := current_setting('bootstrap.owner');
        BEGIN
            EXECUTE format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), application);
            EXECUTE format('GRANT USAGE ON SCHEMA public TO %I', application);
            -- What earlier releases granted: temporary tables, for imports, and every table to come.
            EXECUTE format('REVOKE TEMPORARY ON DATABASE %I FROM %I', current_database(), application);
            EXECUTE format('ALTER DEFAULT PRIVILEGES FOR ROLE %I IN SCHEMA public REVOKE ALL ON TABLES FROM %I', owner, application);
            EXECUTE format('ALTER DEFAULT PRIVILEGES FOR ROLE %I IN SCHEMA public REVOKE ALL ON SEQUENCES FROM %I', owner, application);
        END $$
        """
}
