"""The embedded AWS: a stateful, honest stand-in for the AWS services, Slack and the site, over real HTTP."""
