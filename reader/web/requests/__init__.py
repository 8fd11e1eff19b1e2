"""What a request states: preferences, language, client hints, origin."""
