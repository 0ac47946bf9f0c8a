"""Why a deployment failed, and what protects the data: alarms, logs, builds, backups. It only reads."""
