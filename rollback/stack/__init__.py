"""All that knows CloudFormation: `states` and `decide` are pure, `client` is the door, `part` joins them."""
