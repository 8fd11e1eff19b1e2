"""The parts of an article's page: body, pictures, players, corrections, structured data."""
