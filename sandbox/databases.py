"""Databases and search domains, as moto's services have them, with what keeps them from being lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.kind import Backend, Kind, is_true

if TYPE_CHECKING:
    from sandbox.cloudformation.outside import Thing


def _make_instance(backend: Backend, thing: Thing) -> None:
    given = thing.properties
    backend.create_db_instance(
        {
            "db_instance_identifier": thing.name,
            "db_instance_class": given.get("DBInstanceClass", "db.t4g.micro"),
            "engine": given.get("Engine", "postgres"),
            "allocated_storage": given.get("AllocatedStorage"),
            "backup_retention_period": int(given.get("BackupRetentionPeriod", 1)),
            "deletion_protection": is_true(given.get("DeletionProtection")),
            "master_username": "sandbox",
            "master_user_password": "sandbox-password",
        }
    )


def _change_instance(backend: Backend, thing: Thing) -> None:
    database = backend.databases[thing.name]
    database.backup_retention_period = int(thing.properties.get("BackupRetentionPeriod", 1))
    database.deletion_protection = is_true(thing.properties.get("DeletionProtection"))


def _make_cluster(backend: Backend, thing: Thing) -> None:
    given = thing.properties
    backend.create_db_cluster(
        {
            "db_cluster_identifier": thing.name,
            "engine": given.get("Engine", "aurora-postgresql"),
            "backup_retention_period": int(given.get("BackupRetentionPeriod", 1)),
            "deletion_protection": is_true(given.get("DeletionProtection")),
            "master_username": "sandbox",
            "master_user_password": "sandbox-password",
        }
    )


def _change_cluster(backend: Backend, thing: Thing) -> None:
    cluster = backend.clusters[thing.name]
    cluster.backup_retention_period = int(thing.properties.get("BackupRetentionPeriod", 1))
    cluster.deletion_protection = is_true(thing.properties.get("DeletionProtection"))


def _make_domain(backend: Backend, thing: Thing) -> None:
    options = (
        "cluster_config", "ebs_options", "snapshot_options", "vpc_options", "cognito_options",
        "encryption_at_rest_options", "node_to_node_encryption_options", "advanced_options", "log_publishing_options",
        "domain_endpoint_options", "advanced_security_options", "auto_tune_options", "off_peak_window_options",
        "software_update_options",
    )  # fmt: skip
    backend.create_domain(
        domain_name=thing.name,
        engine_version=thing.properties.get("EngineVersion", "OpenSearch_2.17"),
        access_policies="",
        tag_list=[],
        is_es=False,
        elasticsearch_version=None,
        elasticsearch_cluster_config=None,
        **{name: {} for name in options},
    )


def _protected(thing: Thing) -> bool:
    return is_true(thing.properties.get("DeletionProtection"))


DATABASES = {
    "AWS::OpenSearchService::Domain": Kind(
        "opensearch",
        make=_make_domain,
        drop=lambda backend, name: backend.delete_domain(name),
        there=lambda backend, name: name in backend.domains,
    ),
    "AWS::RDS::DBCluster": Kind(
        "rds",
        make=_make_cluster,
        change=_change_cluster,
        drop=lambda backend, name: backend.clusters.pop(name),
        there=lambda backend, name: name in backend.clusters,
        protected=_protected,
    ),
    "AWS::RDS::DBInstance": Kind(
        "rds",
        make=_make_instance,
        change=_change_instance,
        drop=lambda backend, name: backend.databases.pop(name),
        there=lambda backend, name: name in backend.databases,
        protected=_protected,
    ),
}
