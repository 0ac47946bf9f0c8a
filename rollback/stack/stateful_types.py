"""Data: the resource types that hold something which deleting or replacing them would lose.

Sources: the types for which CloudFormation's guide on DeletionPolicy names a snapshot, what each type's own page in the
resource reference says of its deletion, and AWS's own resource schemas (as cfn-lint ships them), against which
`tests/stack/test_stateful_types.py` holds this list: whatever has a telling name (`TELLING`) or a property about
keeping data must stand in one of the tables here, so that a new type is not forgotten. Names are without `AWS::`.
"""

from __future__ import annotations

import re

TELLING = re.compile(
    "(Archive|Backup|Branch|Broker|Bucket|Cache|Catalog|CertificateAuthority|Cluster|Collection|DataLake|DataSet"
    "|DataTable|Database|Dataset|Datastore|Disk|Domain|EIP|FileShare|FileSystem|Graph|HostedZone|Index|Instance|Key"
    "|Keyspace|Ledger|LogGroup|LogStream|Memory|Namespace|Pool|Queue|Registry|Replica|ReplicationGroup|Repository"
    "|Secret|Snapshot|StackSet|Store|Stream|Table|User|Vault|Volume|Warehouse|WorkSpace|Workspace)$"
)
"""How the name of a type ends that may hold something. A type in none of the tables counts as one of users' data."""


def _types(names: str) -> frozenset[str]:
    return frozenset(f"AWS::{name}" for name in names.split())


USERS_DATA = _types("""
    APS::Workspace AmazonMQ::Broker AppStream::User AWSExternalAnthropic::Workspace
    Backup::LogicallyAirGappedBackupVault BedrockAgentCore::Dataset BedrockAgentCore::Memory
    Cases::Domain Cassandra::Keyspace Cassandra::Table Chime::AppInstance Chime::AppInstanceUser
    CleanRooms::IdMappingTable CleanRooms::IntermediateTable CleanRoomsML::TrainingDataset
    CloudFormation::Stack CloudFormation::StackSet CloudFront::KeyValueStore CloudHSM::Cluster
    CloudTrail::EventDataStore CodeCommit::Repository Cognito::IdentityPool Cognito::UserPool Cognito::UserPoolReplica
    Connect::DataTable Connect::Instance Connect::User CustomerProfiles::Domain DSQL::Cluster DataExchange::DataSet
    DataZone::Domain Detective::Graph DocDB::DBCluster DocDB::DBInstance DocDB::GlobalCluster DocDBElastic::Cluster
    DocDBElastic::ClusterSnapshot DynamoDB::Backup DynamoDB::GlobalTable DynamoDB::Table EC2::Instance EC2::Volume
    EFS::FileSystem EMR::Cluster EMR::WALWorkspace EKS::Cluster ElastiCache::CacheCluster
    ElastiCache::GlobalReplicationGroup ElastiCache::ReplicationGroup ElastiCache::ServerlessCache
    ElastiCache::ServerlessCacheSnapshot ElastiCache::Snapshot Elasticsearch::Domain
    FSx::Backup FSx::FileCache FSx::FileSystem FSx::Snapshot FSx::StorageVirtualMachine FSx::Volume Forecast::Dataset
    Grafana::Workspace HealthAgent::Domain HealthImaging::Datastore HealthLake::FHIRDatastore IdentityStore::User
    IoTAnalytics::Channel IoTAnalytics::Dataset IoTAnalytics::Datastore IoTSiteWise::Dataset IoTSiteWise::Workspace
    IoTTwinMaker::Workspace Kendra::Index KinesisVideo::Stream Lightsail::Bucket Lightsail::Database
    Lightsail::DatabaseSnapshot Lightsail::Disk Lightsail::DiskSnapshot Lightsail::Instance Lightsail::InstanceSnapshot
    Location::GeofenceCollection MSK::Cluster MSK::ServerlessCluster MSK::Topic
    MemoryDB::Cluster MemoryDB::MultiRegionCluster
    MemoryDB::Snapshot Neptune::DBCluster Neptune::DBInstance Neptune::GlobalCluster NeptuneGraph::Graph
    NeptuneGraph::GraphSnapshot ODB::CloudAutonomousVmCluster ODB::CloudVmCluster Omics::AnnotationStore
    Omics::ReferenceStore Omics::SequenceStore Omics::VariantStore OpenSearchServerless::Collection
    OpenSearchServerless::CollectionIndex OpenSearchServerless::Index OpenSearchService::Domain OpsWorks::Instance
    OpsWorks::Volume PCS::Cluster Personalize::Dataset Pinpoint::App QBusiness::Application QBusiness::Index
    QLDB::Ledger QuickSight::DataSet RDS::ClusterSnapshot RDS::DBCluster RDS::DBInstance RDS::DBShardGroup
    RDS::DBSnapshot RDS::GlobalCluster Redshift::Cluster Redshift::Snapshot RedshiftServerless::Namespace
    RedshiftServerless::Snapshot Rekognition::Collection Rekognition::Dataset S3::Bucket S3Express::DirectoryBucket
    S3Files::FileSystem S3Outposts::Bucket S3Tables::Namespace S3Tables::Table S3Tables::TableBucket S3Vectors::Index
    S3Vectors::VectorBucket SCN::Dataset SCN::Instance SDB::Domain SES::MailManagerArchive SSMIncidents::ReplicationSet
    SSO::Instance SageMaker::Domain SageMaker::FeatureGroup SageMaker::MlflowApp SageMaker::MlflowTrackingServer
    SageMaker::NotebookInstance SageMaker::Space SecurityLake::DataLake Serverless::SimpleTable
    StorageGateway::NFSFileShare StorageGateway::SMBFileShare StorageGateway::TapePool StorageGateway::Volume
    Timestream::Database Timestream::InfluxDBBackup Timestream::InfluxDBCluster Timestream::InfluxDBInstance
    Timestream::Table VerifiedPermissions::PolicyStore VoiceID::Domain WorkSpaces::Workspace
    WorkspacesInstances::Volume WorkspacesInstances::WorkspaceInstance
""")
"""What people or programs put into them can't be made again."""

REMADE = {
    "messages on their way": _types("""
        CustomerProfiles::EventStream Events::Archive Kinesis::Stream KinesisFirehose::DeliveryStream SQS::Queue
    """),
    "logs": _types("Logs::LogGroup Logs::LogStream"),
    "settings and addresses that came with it": _types("""
        Amplify::Domain ApiGateway::ApiKey AppSync::ApiKey AppSync::ApiCache CleanRooms::ConfiguredTable
        Cognito::UserPoolClient Cognito::UserPoolDomain Cognito::UserPoolGroup Cognito::UserPoolResourceServer
        Cognito::UserPoolUser EC2::EIP
        ElastiCache::User EventSchemas::Registry Glue::Catalog Glue::Database Glue::Registry Glue::Table
        IAM::AccessKey IAM::User IVS::StreamKey Lightsail::Domain Location::APIKey MemoryDB::User Route53::HostedZone
        SMSVOICE::PhoneNumber SMSVOICE::Pool SMSVOICE::SenderId SSM::Parameter SecretsManager::Secret
        ServiceDiscovery::HttpNamespace ServiceDiscovery::PrivateDnsNamespace ServiceDiscovery::PublicDnsNamespace
        Transfer::Server Transfer::User
    """),
    "a key that AWS deletes only after a waiting period": _types("""
        ACMPCA::CertificateAuthority KMS::Key KMS::ReplicaKey PaymentCryptography::Key
    """),
    "builds and what they made": _types("""
        Amplify::App Amplify::Branch CodeArtifact::Domain CodeArtifact::Repository EC2::FpgaImage
        ECR::PublicRepository ECR::Repository
    """),
    "copies of what lies elsewhere": _types("DAX::Cluster DMS::ReplicationInstance Location::PlaceIndex"),
    "backups that AWS deletes only one by one, before it": _types("Backup::BackupVault"),
}
"""Stateful, but with no users' data in them, by what they hold: those that a deployment made may go with it."""

NOTHING_OF_THEIR_OWN = _types("""
    AIOps::InvestigationGroup APS::RuleGroupsNamespace AgentRegistry::Registry ApiGateway::UsagePlanKey
    AppConfig::ConfigurationProfile AppConfig::Environment AppSync::ChannelNamespace Athena::DataCatalog
    AutoScaling::AutoScalingGroup AutoScaling::WarmPool Batch::JobDefinition Batch::JobQueue
    Bedrock::AutomatedReasoningPolicy Bedrock::DataSource Chime::MediaPipelineKinesisVideoStreamPool
    CloudFront::PublicKey CloudFront::TrustStore CloudTrail::Dashboard CloudWatch::MetricStream
    CodeStar::GitHubRepository Connect::Queue Connect::SecurityKey Connect::Workspace DataBrew::Dataset
    Deadline::Queue DeviceFarm::DevicePool DevOpsGuru::ResourceCollection EC2::IPAMPool EC2::IPv4Pool
    EC2::LocalGatewayRouteTable
    EC2::RouteTable EC2::SqlHaStandbyDetectedInstance EC2::TransitGatewayMulticastDomain
    EC2::TransitGatewayPolicyTable EC2::TransitGatewayRouteTable EC2::VerifiedAccessInstance ECS::Cluster ECS::Gateway
    EKS::CertificateAuthority EMRContainers::VirtualCluster ElasticLoadBalancingV2::TrustStore
    EntityResolution::IdNamespace EventsV2::Subscriber GameLift::GameSessionQueue
    IVS::PublicKey IoT::Stream IoTFleetWise::SignalCatalog
    MSK::BatchScramSecret MediaConnect::FlowMediaStream MediaConvert::Queue MediaLive::Cluster
    NetworkFirewall::Firewall Omics::RunCache PCS::Queue Panorama::ApplicationInstance Pinpoint::EventStream
    PinpointEmail::DedicatedIpPool QLDB::Stream Rbin::Rule RedshiftServerless::Workgroup ResourceExplorer2::Index
    Route53::CidrCollection Route53::KeySigningKey Route53::TrafficPolicyInstance Route53RecoveryControl::Cluster
    S3::AccessGrantsInstance SCN::Namespace SES::DedicatedIpPool SES::MailManagerAddonInstance
    SMSVOICE::NotifyConfiguration SMSVOICE::ProtectConfiguration SMSVOICE::RcsAgent SageMaker::Cluster
    SageMaker::CodeRepository SecurityAgent::TargetDomain ServiceDiscovery::Instance Serverless::Function
    Serverless::LayerVersion Synthetics::Canary Transfer::HostKey WellArchitected::AgentProfile
    WorkSpaces::WorkspacesPool WorkSpacesWeb::TrustStore
""")
"""Telling names that hold nothing which a template would not bring back: settings, links, and computing."""
