// A shop in CDK. RELEASE says which one: good, or bad, which changes, adds and removes resources.

const cdk = require("aws-cdk-lib");
const dynamodb = require("aws-cdk-lib/aws-dynamodb");
const lambda = require("aws-cdk-lib/aws-lambda");
const sns = require("aws-cdk-lib/aws-sns");
const sqs = require("aws-cdk-lib/aws-sqs");

const bad = process.env.RELEASE === "bad";
const app = new cdk.App({ analyticsReporting: false });
const stack = new cdk.Stack(app, "CdkShop", { env: { account: "123456789012", region: "us-west-2" } });

new dynamodb.Table(stack, "Orders", { partitionKey: { name: "id", type: dynamodb.AttributeType.STRING } });
const jobs = new sqs.Queue(stack, "Jobs", { visibilityTimeout: cdk.Duration.seconds(bad ? 60 : 30) });
jobs.node.defaultChild.overrideLogicalId("Jobs");
new sns.Topic(stack, bad ? "Alerts" : "News");
new lambda.Function(stack, "Api", {
  runtime: lambda.Runtime.NODEJS_22_X,
  handler: "index.handler",
  code: lambda.Code.fromAsset(bad ? "bad" : "good"),
  environment: { JOBS: jobs.queueUrl },
});
cdk.Tags.of(stack).add("release", bad ? "2" : "1");
