"""All that knows Amplify: `target` and `decide` are pure, `client` is the door, `part` joins them for the loop."""
