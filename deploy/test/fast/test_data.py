"""data.yaml: what protects the data, and that each password and secret is generated, encrypted and rotated."""

import json

import pytest

KEY = "<DataKey.Arn>"
LOG_KEY = "<<commerce-{}-LogKeyArn>>"


@pytest.fixture(scope="module", params=["staging", "production"])
def data(request, template):
    return template("data").deployed_to(request.param)


@pytest.fixture(scope="module")
def production(template):
    return template("data").deployed_to("production")


@pytest.fixture(scope="module")
def staging(template):
    return template("data").deployed_to("staging")


def test_postgres_16_for_encrypted_connections_only(data):
    database = data.properties("Database")
    assert database["Engine"] == "postgres"
    assert database["EngineVersion"].split(".")[0] == "16"
    assert database["AllowMajorVersionUpgrade"] is False
    parameters = data.only("AWS::RDS::DBParameterGroup")
    assert database["DBParameterGroupName"] == "<DatabaseParameters>"
    assert parameters["Family"] == "postgres16"
    assert parameters["Parameters"]["rds.force_ssl"] == "1"
    assert parameters["Parameters"]["password_encryption"] == "scram-sha-256"
    assert database["CACertificateIdentifier"] == "rds-ca-rsa2048-g1"


def test_slow_statements_are_logged_without_the_values_and_never_passwords(data):
    parameters = data.properties("DatabaseParameters")["Parameters"]
    assert parameters["log_min_duration_statement"] == "500"
    assert parameters["log_parameter_max_length"] == "0"
    assert parameters.get("log_statement", "none") == "none"
    assert "pg_stat_statements" in parameters["shared_preload_libraries"].split(",")
    assert parameters["idle_in_transaction_session_timeout"] == "60000"
    assert data.properties("Database")["EnableCloudwatchLogsExports"] == ["postgresql", "upgrade"]


def test_every_log_group_ends_after_30_days_and_is_encrypted(data):
    groups = data.of_type("AWS::Logs::LogGroup")
    names = {it["LogGroupName"] for it in groups.values()}
    environment = data.parameters["Environment"]
    # RDS writes to log groups with its own names. They are managed here only if the names are exactly these.
    for log in data.properties("Database")["EnableCloudwatchLogsExports"]:
        assert f"/aws/rds/instance/{data.properties('Database')['DBInstanceIdentifier']}/{log}" in names
    for it in groups.values():
        assert (it["RetentionInDays"], it["KmsKeyId"]) == (30, LOG_KEY.format(environment))


def test_rds_does_not_make_its_log_groups_first(template):
    assert set(template("data").resources["Database"]["DependsOn"]) == {"DatabaseLogs", "DatabaseUpgradeLogs"}


def test_production_survives_the_loss_of_a_zone(production, staging):
    assert production.properties("Database")["MultiAZ"] == "true"
    assert staging.properties("Database")["MultiAZ"] == "false"


def test_data_is_encrypted(data):
    database, cache = data.properties("Database"), data.properties("Cache")
    assert (database["StorageEncrypted"], database["KmsKeyId"]) == (True, KEY)
    assert database["StorageType"] == "gp3"
    assert database["PerformanceInsightsKMSKeyId"] == KEY
    assert (cache["AtRestEncryptionEnabled"], cache["KmsKeyId"]) == (True, KEY)
    assert data.properties("DataKey")["EnableKeyRotation"] is True


def test_storage_grows_by_itself(data):
    database = data.properties("Database")
    assert int(database["MaxAllocatedStorage"]) >= 1.1 * int(database["AllocatedStorage"])


@pytest.mark.parametrize(("environment", "days"), [("staging", 7), ("production", 35)])
def test_backups(template, environment, days):
    database = template("data").deployed_to(environment).properties("Database")
    assert int(database["BackupRetentionPeriod"]) == days
    assert database["DeleteAutomatedBackups"] is False
    assert database["CopyTagsToSnapshot"] is True
    limits = template("data").body["Parameters"]["BackupDays"]
    assert (limits["MinValue"], limits["MaxValue"]) == (7, 35)


def test_the_database_cannot_be_lost_by_a_change_of_the_stack(template, data):
    assert data.properties("Database")["DeletionProtection"] == "true"
    for kept, policy in {"Database": "Snapshot", "DataKey": "Retain"}.items():
        assert template("data").resources[kept]["DeletionPolicy"] == policy
        assert template("data").resources[kept]["UpdateReplacePolicy"] == policy


def test_windows_do_not_meet(data):
    database, cache = data.properties("Database"), data.properties("Cache")
    assert database["PreferredBackupWindow"] == "02:00-03:00"
    assert database["PreferredMaintenanceWindow"] == "sun:03:30-sun:04:30"
    assert cache["SnapshotWindow"] == "01:00-02:00"
    assert cache["PreferredMaintenanceWindow"] == "tue:03:30-tue:04:30"


def test_database_and_cache_stand_in_the_database_subnets_behind_their_groups(data):
    environment = data.parameters["Environment"]
    database, cache = data.properties("Database"), data.properties("Cache")
    assert database["PubliclyAccessible"] is False
    assert database["VPCSecurityGroups"] == [f"<<commerce-{environment}-DatabaseSecurityGroupId>>"]
    assert cache["SecurityGroupIds"] == [f"<<commerce-{environment}-CacheSecurityGroupId>>"]
    assert (database["DBSubnetGroupName"], cache["CacheSubnetGroupName"]) == ("<DatabaseSubnets>", "<CacheSubnets>")
    assert (database["Port"], cache["Port"]) == ("5432", 6379)
    for group in ("DatabaseSubnets", "CacheSubnets"):
        subnets = data.properties(group)["SubnetIds"]
        assert all(it.startswith(f"<<commerce-{environment}-DatabaseSubnetIds>>") for it in subnets)


def test_database_is_watched(data):
    database = data.properties("Database")
    assert database["EnablePerformanceInsights"] is True
    assert (database["MonitoringInterval"], database["MonitoringRoleArn"]) == (60, "<DatabaseMonitoringRole.Arn>")


def test_copies_in_another_region(template, production):
    for name in production.properties("Database"):
        assert not name.startswith("AutomaticBackupReplication")
    key = "arn:aws:kms:eu-central-1:123456789012:key/1234"
    copied = template("data").deployed_to("production", BackupCopyRegion="eu-central-1", BackupCopyKmsKeyArn=key)
    database = copied.properties("Database")
    assert database["AutomaticBackupReplicationRegion"] == "eu-central-1"
    assert database["AutomaticBackupReplicationKmsKeyId"] == key
    assert int(database["AutomaticBackupReplicationRetentionPeriod"]) == 35


def test_a_new_stack_can_begin_with_a_snapshot(template):
    database = template("data").deployed_to("production", SnapshotIdentifier="before").properties("Database")
    assert database["DBSnapshotIdentifier"] == "before"
    # RDS takes these from the snapshot and refuses other values.
    assert not {"DBName", "MasterUsername", "KmsKeyId", "StorageEncrypted"} & set(database)
    assert "MasterUserPassword" in database


def test_cache(data):
    cache = data.properties("Cache")
    assert (cache["Engine"], cache["NumCacheClusters"]) == ("redis", 2)
    assert cache["AutomaticFailoverEnabled"] is True
    assert cache["MultiAZEnabled"] is True
    assert (cache["TransitEncryptionEnabled"], cache["TransitEncryptionMode"]) == (True, "required")
    assert cache["AuthToken"] == "{{resolve:secretsmanager:<CacheSecret>:SecretString:token}}"
    assert int(cache["SnapshotRetentionLimit"]) >= 1
    assert data.only("AWS::ElastiCache::ParameterGroup")["Properties"] == {"maxmemory-policy": "allkeys-lru"}
    assert cache["CacheParameterGroupName"] == "<CacheParameters>"
    logs = {
        it["LogType"]: it["DestinationDetails"]["CloudWatchLogsDetails"]["LogGroup"]
        for it in cache["LogDeliveryConfigurations"]
    }
    assert logs == {"slow-log": "<CacheSlowLogs>", "engine-log": "<CacheEngineLogs>"}


def test_every_secret_is_generated_and_encrypted(data):
    secrets = data.of_type("AWS::SecretsManager::Secret")
    assert set(secrets) == {"MasterSecret", "MigrationSecret", "ServiceSecret", "CacheSecret", "EncryptionSecret", "JwtSecret"}
    for name, it in secrets.items():
        assert it["KmsKeyId"] == KEY, name
        assert "SecretString" not in it, name
        generated = it["GenerateSecretString"]
        assert generated["PasswordLength"] >= 40, name
        assert generated["GenerateStringKey"] not in json.loads(generated["SecretStringTemplate"]), name
        assert it["Name"].startswith(f"commerce/{data.parameters['Environment']}/"), name


def test_keys_of_the_secrets(data):
    keys = {}
    for name, it in data.of_type("AWS::SecretsManager::Secret").items():
        generated = it["GenerateSecretString"]
        keys[name] = {**json.loads(generated["SecretStringTemplate"]), generated["GenerateStringKey"]: "*"}
    assert keys == {
        "MasterSecret": {"username": "commerce_admin", "password": "*"},
        "MigrationSecret": {"username": "commerce_owner", "password": "*"},
        "ServiceSecret": {"username": "commerce", "password": "*", "masterarn": "<MasterSecret>"},
        "CacheSecret": {"token": "*"},
        "EncryptionSecret": {"current": "*", "previous": ""},
        "JwtSecret": {"current": "*", "previous": ""},
    }


def test_what_is_sealed_stays_readable(template, data):
    """It is not rotated automatically, and it outlives the stack, as the database's snapshot and the key do."""
    rotated = {it["SecretId"] for it in data.of_type("AWS::SecretsManager::RotationSchedule").values()}
    assert rotated == {"<MasterSecretAttachment>", "<MigrationSecretAttachment>", "<ServiceSecretAttachment>", "<JwtSecret>"}
    for name in ("EncryptionSecret", "DataKey"):
        it = template("data").resources[name]
        assert (it["DeletionPolicy"], it["UpdateReplacePolicy"]) == ("Retain", "Retain"), name


@pytest.mark.parametrize("name", ["Database", "Cache"])
def test_database_and_cache_leave_a_last_snapshot(template, name):
    it = template("data").resources[name]
    assert (it["DeletionPolicy"], it["UpdateReplacePolicy"]) == ("Snapshot", "Snapshot")


def test_administrator_owner_and_service_are_three_roles(data):
    database = data.properties("Database")
    assert database["MasterUsername"] == "{{resolve:secretsmanager:<MasterSecret>:SecretString:username}}"
    assert database["MasterUserPassword"] == "{{resolve:secretsmanager:<MasterSecret>:SecretString:password}}"
    names = [
        json.loads(it["GenerateSecretString"]["SecretStringTemplate"])["username"]
        for name, it in data.of_type("AWS::SecretsManager::Secret").items()
        if name in ("MasterSecret", "MigrationSecret", "ServiceSecret")
    ]
    assert len(set(names)) == 3
    # The rotation makes a second role with this name, and PostgreSQL cuts names at 63 bytes.
    assert all(len(f"{it}_clone") <= 63 for it in names)


@pytest.mark.parametrize("name", ["Master", "Migration", "Service"])
def test_passwords_of_the_database_rotate_monthly(template, data, name):
    # The attachment adds the host that the rotation connects to.
    attachment = data.properties(f"{name}SecretAttachment")
    assert attachment == {
        "SecretId": f"<{name}Secret>", "TargetType": "AWS::RDS::DBInstance", "TargetId": "<Database>"}
    rotation = data.properties(f"{name}SecretRotation")
    assert rotation["SecretId"] == f"<{name}SecretAttachment>"
    assert int(rotation["RotationRules"]["AutomaticallyAfterDays"]) == 30
    # The roles do not exist before the bootstrap task has run.
    assert rotation["RotateImmediatelyOnUpdate"] is False
    environment = data.parameters["Environment"]
    function = rotation["HostedRotationLambda"]
    assert function["KmsKeyArn"] == KEY
    assert function["VpcSecurityGroupIds"] == f"<<commerce-{environment}-RotationSecurityGroupId>>"
    assert function["VpcSubnetIds"] == f"<<commerce-{environment}-PrivateSubnetIds>>"
    assert len(function["RotationLambdaName"]) <= 64
    assert template("data").body["Transform"] == "AWS::SecretsManager-2024-09-16"


def test_every_log_of_a_rotation_ends_and_is_encrypted(data):
    """AWS' functions would make their log groups at their first use, without expiry and key, unless they exist."""
    groups = {it["LogGroupName"]: it for it in data.of_type("AWS::Logs::LogGroup").values()}
    rotations = {
        name: it for name, it in data.resources.items() if it["Type"] == "AWS::SecretsManager::RotationSchedule" and "HostedRotationLambda" in it["Properties"]}
    assert len(rotations) == 3
    for name, it in rotations.items():
        group = groups["/aws/lambda/" + it["Properties"]["HostedRotationLambda"]["RotationLambdaName"]]
        assert group["RetentionInDays"] == 30
        assert group["KmsKeyId"].endswith("LogKeyArn>>")
        # Before the function, which would make it.
        depends = it["DependsOn"] if isinstance(it["DependsOn"], list) else [it["DependsOn"]]
        assert f"Rotate{name.removesuffix('SecretRotation')}Logs" in depends


def test_the_service_alternates_between_two_users(data):
    functions = {
        name: it["HostedRotationLambda"]
        for name, it in data.of_type("AWS::SecretsManager::RotationSchedule").items()
        if "HostedRotationLambda" in it
    }
    assert {name: it["RotationType"] for name, it in functions.items()} == {
        "MasterSecretRotation": "PostgreSQLSingleUser",
        "MigrationSecretRotation": "PostgreSQLSingleUser",
        "ServiceSecretRotation": "PostgreSQLMultiUser",
    }
    assert functions["ServiceSecretRotation"]["SuperuserSecretArn"] == "<MasterSecret>"
    assert functions["ServiceSecretRotation"]["SuperuserSecretKmsKeyArn"] == KEY


def test_the_signing_secret_rotates_every_90_days(data):
    rotation = data.properties("JwtSecretRotation")
    assert rotation["SecretId"] == "<JwtSecret>"
    assert int(rotation["RotationRules"]["AutomaticallyAfterDays"]) == 90
    assert rotation["RotationLambdaARN"] == "<JwtRotation.Arn>"
    permission = data.properties("JwtRotationPermission")
    assert permission["Principal"] == "secretsmanager.amazonaws.com"
    assert permission["SourceArn"] == "<JwtSecret>"
    assert permission["SourceAccount"] == "123456789012"


def test_the_signing_secrets_function_may_touch_no_other_secret(data):
    (policy,) = data.properties("JwtRotationRole")["Policies"]
    for it in policy["PolicyDocument"]["Statement"]:
        actions = it["Action"] if isinstance(it["Action"], list) else [it["Action"]]
        assert not any(action.endswith("*") for action in actions)
        if actions == ["secretsmanager:GetRandomPassword"]:
            continue
        if any(action.startswith("kms:") for action in actions):
            assert it["Resource"] == KEY
            assert it["Condition"] == {"StringEquals": {"kms:EncryptionContext:SecretARN": "<JwtSecret>"}}
        else:
            assert it["Resource"] == "<JwtSecret>"


def test_exports(template):
    names = (
        "DataKeyArn DatabaseEndpoint DatabasePort DatabaseName DatabaseInstanceId CacheEndpoint CachePort CacheGroupId "
        "MasterSecretArn MigrationSecretArn ServiceSecretArn CacheSecretArn EncryptionSecretArn JwtSecretArn"
    )
    assert template("data").exports() == {"${Project}-${Environment}-" + it for it in names.split()}
