"""What is known of instances in memory: state, attributes, collections, history."""
