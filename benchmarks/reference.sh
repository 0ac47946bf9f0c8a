#!/usr/bin/env bash
# The rollback job as its reference page writes it, with the AWS CLI: its three steps, its own commands and queries.
# Added, so that it does the same work as the product: the wait for the frontend's build at the end of step 2.
set -euo pipefail # as GitHub's runner does (bash -e)

# Step 1: CloudFormation Stack Rollback
status=$(aws cloudformation describe-stacks --stack-name "$STACK" --query 'Stacks[0].StackStatus' --output text)
echo "stack: $status"
# "If stack is in UPDATE state, cancel the update": read kindly, for any other status than this one is refused by AWS.
if [[ $status == UPDATE_IN_PROGRESS ]]; then
  aws cloudformation cancel-update-stack --stack-name "$STACK"
fi
aws cloudformation wait stack-rollback-complete --stack-name "$STACK"

# Step 2: Amplify Deployment Revert
app=$(aws amplify list-apps --query "apps[?name=='$APP_NAME'].appId" --output text)
previous=$(aws amplify list-jobs --app-id "$app" --branch-name "$BRANCH" \
  --query 'jobSummaries[?status==`SUCCEED`] | [0].jobId' --output text)
job=$(aws amplify start-job --app-id "$app" --branch-name "$BRANCH" --job-type RETRY --job-id "$previous" \
  --query 'jobSummary.jobId' --output text)
echo "frontend: job $previous again, as job $job"
while :; do # added
  built=$(aws amplify get-job --app-id "$app" --branch-name "$BRANCH" --job-id "$job" \
    --query 'job.summary.status' --output text)
  case $built in
    SUCCEED) break ;;
    FAILED | CANCELLED) exit 1 ;;
  esac
  sleep "$POLL_INTERVAL"
done

# Step 3: Notification
curl -sf -H 'Content-Type: application/json' -d '{"text":"Rollback of '"$BRANCH"' done"}' "$SLACK_WEBHOOK_URL"
